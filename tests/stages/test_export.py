"""`ganmatrix export`: the program draws the generator's own samples where this package is not."""

import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from ganmatrix.methods import method as methods
from ganmatrix.networks import pair as networks
from ganmatrix.params.architectures import Architecture
from ganmatrix.params.kinds import adapter
from ganmatrix.params.methods import Method
from ganmatrix.stages.export import write_program
from ganmatrix.store.folders import new_folder
from ganmatrix.training.weights import unpack
from helpers.refusal import refused

RING, DIGITS = "ring8-conventional-gan", "digits-conventional-gan"

ELSEWHERE = """
import hashlib, sys
sys.modules["ganmatrix"] = None  # so that an import of it fails
import torch
torch.set_num_threads(1)
generator = torch.export.load("generator.pt2").module()
samples = generator(torch.linspace(-2, 2, 48).reshape(12, 4))
assert not [name for name in sys.modules if name.startswith("ganmatrix.")]
assert not samples.requires_grad
print(hashlib.sha256(samples.numpy().tobytes()).hexdigest())
"""


@pytest.mark.parametrize(("cell", "checkpoint"), [(RING, "ema"), (DIGITS, "last")])
def test_it_draws_the_same_samples_without_this_package(cell, checkpoint, run, finished):
    ended = run("export", cell, "--out", "out", "--checkpoint", checkpoint)
    assert ended.status == 0, ended.err
    done = subprocess.run(
        [sys.executable, "-I", "-c", ELSEWHERE], cwd="out", capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    trained = unpack(Path(f"cells/{cell}/train/0/weights.safetensors").read_bytes())
    with torch.no_grad():
        samples = trained.generator(checkpoint)(torch.linspace(-2, 2, 48).reshape(12, 4))
    assert done.stdout.strip() == hashlib.sha256(samples.numpy().tobytes()).hexdigest()


def test_weights_card_and_record_belong_together(run, finished):
    assert run("export", RING, "--out", "out", "--seed", "1").status == 0
    trained = unpack(Path(f"cells/{RING}/train/1/weights.safetensors").read_bytes())
    state = trained.generator("ema").state_dict()
    stored = load_file("out/generator.safetensors")
    assert state.keys() == stored.keys()
    assert all(torch.equal(state[name], stored[name]) for name in state)
    record = json.loads(Path("out/export.json").read_text())
    assert record["weights_sha256"] == trained.sha256
    assert record["largest_difference"] == 0
    for name, each in record["files"].items():
        assert hashlib.sha256(Path("out", name).read_bytes()).hexdigest() == each["sha256"]
    card = Path("out/model_card.md").read_text()
    assert all(record["files"][name]["sha256"] in card for name in ("generator.pt2", "generator.safetensors"))
    assert "| `energy_distance_ema` |" in card
    assert "pipeline_tag" not in card
    lines = re.search(r"```python\n(.*?)```", card, re.DOTALL)[1].splitlines()
    assert len(lines) == 3


def test_the_card_s_three_lines_work(run, finished, monkeypatch):
    assert run("export", DIGITS, "--out", "out").status == 0
    card = Path("out/model_card.md").read_text()
    assert "pipeline_tag: unconditional-image-generation" in card
    assert '"licence": "CC BY 4.0"' in card
    assert "`ganmatrix evaluate digits-conventional-gan` is not current" in card
    monkeypatch.chdir("out")
    found: dict[str, torch.Tensor] = {}
    exec(re.search(r"```python\n(.*?)```", card, re.DOTALL)[1], found)
    assert found["images"].shape == (16, 1, 16, 16)


def test_the_same_run_gives_the_same_bytes(run, finished):
    for out in ("one", "two"):
        assert run("export", RING, "--out", out).status == 0
    names = {path.name for path in Path("one").iterdir()}
    assert names == {"generator.pt2", "generator.safetensors", "model_card.md", "export.json"}
    assert all(Path("one", name).read_bytes() == Path("two", name).read_bytes() for name in names)


SMALL = {"latent": 5, "generator_width": 4, "discriminator_width": 4}
IMAGES = {
    "conventional": {"normalisation": "spectral", "attention": 4},
    "resnet_sn": {"attention": 4},
    "as_gan_resnet": {"layout": "same", "spectral": True},
}
METHODS = (
    {"kind": "co_gan"},
    {"kind": "ali"},
    {"kind": "gan", "techniques": [{"kind": "virtual_batch_norm", "reference": 4}]},
)
KINDS = [
    *((kind, {"kind": "gan"}, shape) for kind in IMAGES for shape in ((2,), (3, 16, 16))),
    *(("conventional", method, shape) for method in METHODS for shape in ((2,), (3, 16, 16))),
]


@pytest.mark.parametrize(("family", "method", "shape"), KINDS)
def test_every_kind_of_generator_becomes_a_program(family, method, shape, tmp_path):
    side = 32 if family == "as_gan_resnet" else 16
    shape = shape if len(shape) == 1 else (3, side, side)
    points = {"latent": 5, "width": 8, "depth": 2}
    sections = {"kind": family, "points": points, "images": SMALL | IMAGES[family]}
    params = adapter(Architecture).validate_python(sections)
    torch.manual_seed(0)
    played = methods.build(adapter(Method).validate_python(method))
    pair = played.networks(lambda each: networks.build(params, each), shape)
    for module in pair.generator.modules():
        if hasattr(module, "gamma"):
            nn.init.constant_(module.gamma, 0.5)
    latents = torch.randn(64, pair.latent)
    assert write_program(tmp_path / "a.pt2", pair.generator.eval(), latents, "x") == 0


class _Stubborn(nn.Module):
    def forward(self, z):
        return z + 1 if z.sum().item() > 0 else z


class _Random(nn.Module):
    def forward(self, z):
        return z + torch.rand_like(z)


@pytest.mark.parametrize("network", [_Stubborn(), _Random()])
def test_a_network_that_is_no_program_is_refused(network, tmp_path):
    latents = torch.randn(64, 3, generator=torch.Generator().manual_seed(0))

    def write() -> None:
        with new_folder(tmp_path / "out", "record.json") as folder:
            write_program(folder / "a.pt2", network, latents, "digits-x-y-0")

    refused(write, key="digits-x-y-0", mend="take samples instead")
    assert list(tmp_path.iterdir()) == []
