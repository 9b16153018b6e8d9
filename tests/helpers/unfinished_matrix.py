"""The made-up matrix, half there, as a run that was stopped or a change of params leaves one."""

import json
from pathlib import Path

from helpers.fake_matrix import FakeMatrix, claim

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
    """Of 18 runs 7 not trained, 2 not scored, 1 not probed; no attacks tried, since no seed is whole."""
    absent = {*(("train", run) for run in UNTRAINED), ("evaluate", UNSCORED), ("probe", UNPROBED)}
    effects = {("as_gan", "fid_efficientnet_lite0"): 0.5}
    fake = FakeMatrix(root, grid=GRID, claims=CLAIMS, effects=effects, absent=frozenset(absent)).write()
    cell, _, seed = STALE.rpartition("-")
    path = fake.layout.manifest("evaluate", cell)
    manifest = json.loads(path.read_text())
    manifest["runs"][seed]["made_from"]["inputs"]["weights"] = "0" * 64
    path.write_text(json.dumps(manifest))
    return fake
