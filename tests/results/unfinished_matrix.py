"""The made-up matrix, half there, as a run that was stopped or a change of params leaves one."""

import json
from pathlib import Path

from fake_matrix import FakeMatrix, claim

CLAIMS = "\n".join(
    [
        "claims:",
        claim("better_fid", "fid_efficientnet_lite0_ema", "lower", 0.1, effect="relative"),
        claim("more_modes", "modes_ema", "higher", 0.1),
        claim("steadier", "diverged", "lower", 0),
        claim("of_fargan", "modes_ema", "higher", 0.1, method="fargan"),
    ]
)
GRID = """datasets: [ring8, digits]
  architectures: [conventional]
  methods: [gan, as_gan, fargan]
  seeds: [0, 1, 2]"""
UNTRAINED = {
    "ring8-conventional-as_gan-1",
    *(f"{d}-conventional-fargan-{s}" for d in ("ring8", "digits") for s in range(3)),
}
UNSCORED, STALE, UNPROBED = (f"digits-conventional-gan-{seed}" for seed in range(3))


def unfinished(root: Path) -> FakeMatrix:
    """Of 18 cells 7 not trained, 2 not scored, 1 not probed; no dataset's attacks tried on what is."""
    fake = FakeMatrix(
        root, grid=GRID, claims=CLAIMS, effects={("as_gan", "fid_efficientnet_lite0"): 0.5}
    ).write()
    for cell in UNTRAINED:
        for file in fake.layout.cell(cell).folder.iterdir():
            file.unlink()
    fake.layout.cell(UNSCORED).metrics.unlink()
    fake.layout.cell(UNPROBED).probes.unlink()
    path = fake.layout.cell(STALE).metrics
    path.write_text(json.dumps(json.loads(path.read_text()) | {"weights_sha256": "0" * 64}))
    fake.layout.transfers("digits").unlink()
    return fake
