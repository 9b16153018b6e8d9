"""What training counts of its operations, and that counting leaves no trace."""

import shutil

import pytest

from ganmatrix.stages import train
from helpers.processes import made

RING = "ring8-conventional-gan"


def _trained(folder):
    return made(folder, "cells", RING, "train")


def _again(folder, run):
    shutil.rmtree(folder / "cells" / RING)
    assert run("train", RING).status == 0
    return _trained(folder)


def test_every_seed_has_the_count_by_hand(finished):
    """MLPs 4-8-8-2 and 2-8-8-1 on batches of 16: 4g + 8d, without gradients at G's and D's inputs."""
    g, d = (32, 64, 16), (16, 64, 8)
    by_hand = 16 * (4 * sum(g) - g[0] + 8 * sum(d) - 2 * d[0]) / 1e6
    records = [_trained(finished)[f"{seed}/run.json"] for seed in (0, 1)]
    assert [record["operations_per_step"] for record in records] == [pytest.approx(by_hand)] * 2


def test_a_run_is_the_same_without_the_count(finished, run, monkeypatch):
    expected = _trained(finished)
    with monkeypatch.context() as patch:
        patch.setattr(train.operations, "per_step", lambda trainer: 0.0)
        found = _again(finished, run)
    for seed in (0, 1):
        for name in ("weights.safetensors", "history.parquet", "samples.png"):
            assert found[f"{seed}/{name}"] == expected[f"{seed}/{name}"]
        counted = expected[f"{seed}/run.json"]["operations_per_step"]
        assert found[f"{seed}/run.json"] | {"operations_per_step": counted} == expected[f"{seed}/run.json"]


def test_two_threads_count_the_same(finished, run, monkeypatch):
    expected = _trained(finished)["0/run.json"]["operations_per_step"]
    with monkeypatch.context() as patch:
        patch.setenv("GANMATRIX_THREADS", "2")
        assert _again(finished, run)["0/run.json"]["operations_per_step"] == expected
    train.torch.set_num_threads(1)


def test_the_count_is_of_the_networks_as_they_are_when_they_are_to_be_compiled(finished, run, monkeypatch):
    """Fused kernels would be missed."""
    compiled = []
    path = finished / "params.yaml"
    text = path.read_text().replace("log_every: 5\n", "log_every: 5\n    compile: true\n")
    path.write_text(text.replace("methods: [gan, as_gan, dat, fargan]", "methods: [gan]"))
    with monkeypatch.context() as patch:
        patch.setattr(train.torch, "compile", lambda network: compiled.append(network) or network)
        patch.setattr(train.operations, "per_step", lambda trainer: float(len(compiled)))
        found = _again(finished, run)
    assert compiled
    assert found["0/run.json"]["operations_per_step"] == 0
