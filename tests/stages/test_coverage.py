"""Whole small runs whose coverage is not that of a mixture: a Swiss roll, and stacked digits."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.numpy import load_file, save

from ganmatrix.evaluation import digits_cnn
from ganmatrix.evaluation.open_reference import OpenReference
from ganmatrix.store.layout import Layout
from ganmatrix.store.opening import part
from helpers.processes import made
from helpers.publishing import rewrite

ROLL, STACKS = "roll-conventional-gan", "stacks-conventional-gan"
PARAMS = """\
grid: {datasets: [roll, stacks], architectures: [conventional], methods: [gan], seeds: [0]}
datasets:
  roll: {kind: swiss_roll, noise: 0.02, train: 100, held_out: 40}
  stacks: {kind: stacked_digits, resolution: 16, train: 400, held_out: 200}
architectures:
  conventional:
    kind: conventional
    points: {latent: 4, width: 8, depth: 2}
    images: {latent: 4, generator_width: 4, discriminator_width: 4}
methods:
  gan: {kind: gan}
recipes:
  roll: &short
    batch_size: 16
    generator_steps: 10
    optimizer: {kind: adam, generator_lr: 1e-3, discriminator_lr: 1e-3}
    ema_half_life: 5
    log_every: 5
    snapshots: [4]
  stacks: *short
evaluation:
  extractors: [{kind: efficientnet_lite0, input_size: 32}, {kind: digits_cnn}]
  checkpoints: [init, best, ema]
  points: {samples: 200}
  images: {samples: 50, neighbours: 5, kid_subsets: 2, kid_subset_size: 20}
  digits: {stacked_samples: 1000}
  curves: {samples: 100}
probes:
  samples: 16
  point_strengths: [0, 0.02]
  image_strengths: [0, 2/255]
  pgd_steps: 2
  corruption_severities: [1, 5]
claims: {}
"""


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory, carry_out: Callable[..., None]) -> Path:
    folder = tmp_path_factory.mktemp("coverage")
    (folder / "params.yaml").write_text(PARAMS)
    commands = [
        (verb, name)
        for dataset, cell in (("roll", ROLL), ("stacks", STACKS))
        for verb, name in (
            ("prepare", dataset),
            ("reference", dataset),
            ("train", cell),
            ("evaluate", cell),
            ("probe", cell),
            ("transfer", dataset),
        )
    ]
    carry_out(folder, *commands, ("assemble",))
    return folder


@pytest.fixture
def project(measured: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy to damage, as the current folder."""
    folder = tmp_path / "project"
    shutil.copytree(measured, folder)
    monkeypatch.chdir(folder)
    return folder


def _metrics(folder: Path, cell: str):
    return json.loads((folder / f"cells/{cell}/evaluate/0/metrics.json").read_text())


def _entries(folder: Path, cell: str):
    return _metrics(folder, cell)["entries"]


def test_points_without_modes_have_distances(measured):
    entries = _entries(measured, ROLL)
    for checkpoint in ("init", "ema"):
        assert entries[f"energy_distance_{checkpoint}"]["value"] > 0
        assert entries[f"energy_distance_{checkpoint}"]["protocol"]["real_samples"] == 100
        assert 0 <= entries[f"data_copying_{checkpoint}"]["value"] <= 1
        assert f"modes_{checkpoint}" not in entries


def test_scores_are_followed_over_training(measured):
    for cell, names in (
        (ROLL, ["energy_distance"]),
        (STACKS, ["fid_efficientnet_lite0", "fid_digits_cnn"]),
    ):
        entries = _entries(measured, cell)
        for name in names:
            metric, _, extractor = name.partition("_") if name.startswith("fid") else (name, "", "")
            qualified = f"_{extractor}_ema" if extractor else "_ema"
            curve = entries[f"{metric}_over_steps{qualified}"]["curve"]
            assert curve["at"] == [0, 4, 10]
            assert len(curve["value"]) == 3
            assert f"steps_to_{name}_ema" in entries


def test_the_best_of_those_kept_has_columns_of_its_own(measured):
    for cell in (ROLL, STACKS):
        document = _metrics(measured, cell)
        assert document["best_step"] in (4, 10)
        best = {name: entry for name, entry in document["entries"].items() if name.endswith("_best")}
        assert best
        assert all("selection" in entry["protocol"] for entry in best.values() if entry["value"] is not None)
        if document["best_step"] == 10:
            for name, entry in best.items():
                assert entry["value"] == document["entries"][name.replace("_best", "_ema")]["value"]


def test_stacked_digits_are_read(measured):
    entries = _entries(measured, STACKS)
    card = json.loads((measured / "references/stacks/card.json").read_text())
    known = card["extractors"]["digits_cnn"]
    assert known["held_out_accuracy"] >= 0.97
    for checkpoint in ("init", "ema"):
        assert 1 <= entries[f"modes_{checkpoint}"]["value"] <= 1000
        assert 0 < entries[f"reverse_kl_{checkpoint}"]["value"] < 6.91
        for extractor in ("efficientnet_lite0", "digits_cnn"):
            assert f"fid_{extractor}_{checkpoint}" in entries
        protocol = entries[f"modes_{checkpoint}"]["protocol"]
        assert protocol["fake_samples"] == protocol["modes"] == 1000
        for key in ("extractor", "weights_sha256", "held_out_accuracy"):
            assert protocol[key] == known[key]


def test_samples_of_stacked_digits_have_labels(project, run):
    for kind in ("png", "npz"):
        ended = run("sample", STACKS, "--out", kind, "--format", kind, "--count", "70")
        assert ended.status == 0, ended.err
        assert "labels: digits_cnn, which reads " in ended.out
    labels = json.loads(Path("png/sample.json").read_text())["labels"]
    assert len(labels) == 70
    assert all(0 <= label < 1000 for label in labels)
    with np.load("npz/samples.npz") as arrays:
        assert arrays["labels"].tolist() == labels
        reader = OpenReference(part(Layout(), "reference", "stacks")).reader()
        images = torch.from_numpy(arrays["samples"]).permute(0, 3, 1, 2)
    digits = [digits_cnn.read(reader.network, images[:, channel]) for channel in range(3)]
    assert (100 * digits[0] + 10 * digits[1] + digits[2]).tolist() == labels


def test_both_share_the_columns_of_the_matrix(measured):
    matrix = pd.read_parquet(measured / "results/matrix.parquet").set_index("run")
    assert matrix["modes_ema"].isna().to_dict() == {f"{ROLL}-0": True, f"{STACKS}-0": False}
    assert matrix["energy_distance_ema"].isna().to_dict() == {f"{ROLL}-0": False, f"{STACKS}-0": True}
    summary = json.loads((measured / "results/summary.json").read_text())
    # Like FID on points, modes of a roll are no gap.
    assert summary["missing"] == []
    assert "modes_ema" in summary["protocols"]["stacks"]
    assert "modes_ema" not in summary["protocols"]["roll"]


@pytest.mark.parametrize(
    ("verb", "where"), [("reference", "references/{}"), ("evaluate", "cells/{}/evaluate")]
)
def test_the_same_bytes_again(verb, where, project, run):
    for dataset, cell in (("roll", ROLL), ("stacks", STACKS)):
        name = dataset if verb == "reference" else cell
        before = made(project, where.format(name))
        assert before
        shutil.rmtree(project / where.format(name))
        assert run(verb, name).status == 0
        assert made(project, where.format(name)) == before


def test_a_classifier_that_reads_too_little_is_refused(project, run, monkeypatch):
    monkeypatch.setattr(digits_cnn, "EPOCHS", 1)
    shutil.rmtree(project / "references/stacks")
    ended = run("reference", "stacks")
    assert ended.status == 2
    line = ended.err.splitlines()[-1]
    assert line.startswith("error: datasets.stacks: a classifier trained on its digits reads ")
    assert line.endswith("; enlarge its training set, or leave digits_cnn out of evaluation.extractors")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda arrays: arrays.pop("digits_cnn.weights.out.bias"), "it lacks digits_cnn.weights.out.bias"),
        (lambda arrays: arrays.pop("digits_cnn.held_out_accuracy"), "it lacks digits_cnn.held_out_accuracy"),
        (
            lambda arrays: arrays.update(
                {"digits_cnn.weights.out.bias": arrays["digits_cnn.weights.out.bias"][:3]}
            ),
            "its classifier's weights differ in name or shape",
        ),
    ],
)
def test_a_damaged_classifier_is_refused(damage, message, project, run):
    path = project / "references/stacks/statistics.safetensors"
    arrays = load_file(path)
    damage(arrays)
    rewrite(Layout(), "reference", "stacks", None, path.name, save(arrays))
    ended = run("evaluate", STACKS)
    assert ended.status == 2
    assert f"is damaged ({message}); run `ganmatrix reference stacks`" in ended.err


def test_points_whose_card_is_silent_on_modes_have_none(project, run):
    card = json.loads((project / "data/roll/card.json").read_text())
    assert card.pop("modes") is None
    rewrite(Layout(), "prepare", "roll", None, "card.json", json.dumps(card).encode())
    before = (project / "references/roll/statistics.safetensors").read_bytes()
    assert run("reference", "roll").status == 0
    assert (project / "references/roll/statistics.safetensors").read_bytes() == before
