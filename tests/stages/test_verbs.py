"""What each verb writes and says, in one small project."""

import hashlib
import json
import math
import os
import re
import shutil
import stat

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from safetensors.numpy import load_file

from ganmatrix.cell import expand
from ganmatrix.evaluation.efficientnet_lite0 import EfficientNetLite0
from ganmatrix.evaluation.point_scores import point_reference
from ganmatrix.params import load
from ganmatrix.stages import reference as reference_stage
from ganmatrix.training import optimisers
from ganmatrix.training.trained import latents
from ganmatrix.training.weights import unpack
from helpers.refusal import names

RING, DIGITS = "ring8-conventional-gan", "digits-conventional-gan"
VERBS = [
    "prepare",
    "reference",
    "train",
    "evaluate",
    "probe",
    "transfer",
    "assemble",
    "report",
    "preview",
    "digest",
    "record",
    "status",
    "show",
    "diff",
    "score",
    "cells",
    "schema",
    "sample",
    "export",
    "bundle",
    "verify",
]


def test_help_lists_every_verb(run):
    ended = run("--help")
    assert ended.status == 0
    assert all(re.search(rf"^  {verb} ", ended.out, re.M) for verb in VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help(verb, run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ended = run(verb, "--help")
    assert ended.status == 0
    assert ended.out.startswith("Usage: ")
    assert list(tmp_path.iterdir()) == []


def test_the_version(run):
    assert re.fullmatch(r"\d+\.\d+\.\d+\S*\n", run("--version").out)


@pytest.mark.parametrize("argv", [(), ("trane",), ("train", RING, "--steps", "3"), ("cells", "x")])
def test_misuse_is_status_2_without_a_traceback(argv, run, project):
    ended = run(*argv)
    assert ended.status == 2
    assert "Usage: " in ended.err + ended.out
    assert "Traceback" not in ended.err


@pytest.mark.parametrize(
    ("argv", "parts"),
    [
        (("train",), ["CELL is missing"]),
        (("prepare",), ["DATASET is missing"]),
        (("report",), ["NAME is missing"]),
        (("train", f"{RING}-0"), ["is not in the grid", "--seeds"]),
        (("train", "ring8-conventional-gn"), ["did you mean ring8-conventional-gan?"]),
        (("train", RING, "--seeds", "7"), ["--seeds names 7", "grid.seeds"]),
        (("train", RING, "--seeds", "0;1"), ["--seeds is '0;1'", "4,5"]),
        (("evaluate", RING, "--seeds", ""), ["--seeds is ''"]),
    ],
)
def test_a_bad_target_is_one_line(argv, parts, run, finished):
    ended = run(*argv)
    assert ended.status == 2
    assert ended.err.startswith("error: ")
    assert ended.err.count("\n") == 1
    assert all(part in ended.err for part in parts), ended.err


def test_cells_lists_the_grid(run, project):
    params, _ = load(project())
    assert run("cells").out.split() == [cell.id for cell in expand(params)]


SEEDS = ("0", "1")
MADE = [
    (
        ("prepare", "ring8"),
        "data/ring8",
        ["train.npy", "train_labels.npy", "held_out.npy", "held_out_labels.npy", "card.json"],
    ),
    (("reference", "ring8"), "references/ring8", ["statistics.safetensors", "card.json"]),
    (
        ("train", RING),
        f"cells/{RING}/train",
        ["weights.safetensors", "history.parquet", "samples.png", "run.json"],
    ),
    (("evaluate", RING), f"cells/{RING}/evaluate", ["metrics.json", "neighbours.png"]),
    (("probe", RING), f"cells/{RING}/probe", ["probes.json", "attacks.png"]),
]


def _files(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and "scratch" not in path.parts
    }


@pytest.mark.parametrize(("argv", "place", "names"), MADE)
def test_a_verb_whose_work_is_done_says_so_and_changes_nothing(argv, place, names, run, finished):
    seeded = argv[0] not in ("prepare", "reference")
    folders = [f"{place}/{seed}" for seed in SEEDS] if seeded else [place]
    for folder in folders:
        assert {path.name for path in (finished / folder).iterdir()} == set(names)
        for path in (finished / folder).iterdir():
            assert stat.S_IMODE(path.stat().st_mode) & 0o444 == 0o444
    before = _files(finished)
    ended = run(*argv)
    assert ended.out == f"{' '.join(argv)}: up to date\n"
    assert ended.err == ""
    assert _files(finished) == before


@pytest.mark.parametrize(("argv", "place", "names"), MADE)
def test_what_is_made_again_has_the_same_bytes(argv, place, names, run, finished):
    before = _files(finished)
    (finished / f"{place}.json").unlink()
    shutil.rmtree(finished / place)
    ended = run(*argv)
    assert ended.status == 0, ended.err
    assert ended.out.startswith(f"{' '.join(argv)}: made ")
    assert ended.out.count("\n") == 1
    after = _files(finished)
    runs = {name for name in before if name.endswith("run.json")}
    assert {name: after[name] for name in before if name not in runs} == {
        name: before[name] for name in before if name not in runs
    }
    assert after.keys() == before.keys()
    assert not list(finished.rglob(".*"))


def test_files_are_published_as_the_umask_says(finished, run):
    shutil.rmtree(finished / "data/ring8")
    before = os.umask(0o027)
    try:
        assert run("prepare", "ring8").status == 0
    finally:
        os.umask(before)
    for path in (finished / "data/ring8.json", *(finished / "data/ring8").iterdir()):
        assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_other_params_files_work_in_a_folder_of_their_own(run, finished):
    shutil.copy("params.yaml", "tiny.yaml")
    before = _files(finished)
    assert run("prepare", "ring8", "--params", "tiny.yaml").status == 0
    ended = run("probe", RING, "--params", "tiny.yaml")
    assert ended.err.startswith(
        f"error: scales/tiny/cells/{RING}/train.json is missing; "
        f"run `ganmatrix train {RING} --params tiny.yaml` or "
    )
    line = run("show", "--params", "tiny.yaml").err.removesuffix("\n")
    names(line, key="scales/tiny/results.json", mend="run `ganmatrix assemble --params tiny.yaml`")
    assert "(`ganmatrix cells --params tiny.yaml` lists" in run("train", "x", "--params", "tiny.yaml").err
    after = _files(finished)
    data = {name: before[name] for name in before if name.startswith(("data/ring8/", "data/ring8."))}
    assert len(data) == 6
    assert after == before | {f"scales/tiny/{name}": content for name, content in data.items()}
    for where in ("./params.yaml", str(finished / "params.yaml")):
        assert run("prepare", "ring8", "--params", where).out == "prepare ring8: up to date\n"


def test_the_card_describes_the_arrays(finished):
    card = json.loads((finished / "data/digits/card.json").read_text())
    train = np.load(finished / "data/digits/train.npy")
    assert card["counts"] == {"train": 97, "held_out": 1700}
    assert card["shape"] == [1, 16, 16]
    assert list(train.shape) == [97, 1, 16, 16]
    assert card["mean"] == pytest.approx([train.mean()])
    assert card["std"] == pytest.approx([train.std()])


def test_the_manifest_vouches_for_the_arrays(finished):
    listed = json.loads((finished / "data/digits.json").read_text())["files"]
    assert set(listed) == {path.name for path in (finished / "data/digits").iterdir()}
    for name, entry in listed.items():
        data = (finished / "data/digits" / name).read_bytes()
        assert entry == {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}


def test_the_run_record(finished):
    folder = finished / "cells" / RING / "train/0"
    run = json.loads((folder / "run.json").read_text())["reproducible"]
    data = (folder / "weights.safetensors").read_bytes()
    assert run["weights_sha256"] == hashlib.sha256(data).hexdigest()
    assert (run["outcome"], run["outcome_reason"], run["outcome_step"]) == ("completed", None, None)
    loss = {"kind": "non_saturating", "real_label": 1.0, "real_weight": 0.5}
    assert run["params"]["method"] == {
        "kind": "gan",
        "loss": loss,
        "techniques": [],
        "repeats": 1,
        "streams": "shared",
    }
    assert run["params"]["recipe"]["discriminator_steps"] == 1
    assert run["networks"] == {"generator": "mlp2x8", "discriminator": "mlp2x8"}
    assert run["parameters"]["discriminator"] == (2 * 8 + 8) + (8 * 8 + 8) + (8 + 1)
    trained = unpack(data)
    assert trained.header.generator_steps == 20
    history = pd.read_parquet(folder / "history.parquet")
    assert history["step"].tolist() == [5, 10, 15, 20]
    assert history.notna().all(axis=None)


def test_samples_are_pictures_of_the_average(finished):
    picture = Image.open(finished / "cells" / DIGITS / "train/0/samples.png")
    assert picture.size == (8 * 51 - 3, 8 * 51 - 3)
    assert picture.mode == "L"
    trained = unpack((finished / "cells" / DIGITS / "train/0/weights.safetensors").read_bytes())
    z = latents(trained.header.run, 64, trained.latent, torch.device("cpu"))
    with torch.no_grad():
        image = trained.generator("ema")(z)[9, 0]
    # The second row's second image, each pixel drawn three times as large, behind a gutter.
    shown = torch.from_numpy(np.array(picture))[51:99, 51:99]
    assert (
        shown.float() - ((image + 1) * 127.5).repeat_interleave(3, 0).repeat_interleave(3, 1)
    ).abs().max() <= 0.51


def test_fortran_ordered_statistics_come_back_unscrambled(finished, run, monkeypatch):
    """safetensors writes an array's memory as it lies, whatever its order."""
    planted = np.asfortranarray(np.arange(6.0).reshape(3, 2))
    monkeypatch.setattr(
        reference_stage,
        "point_reference",
        lambda *known: point_reference(*known) | {"centres": planted, "std": np.array(0.1)},
    )
    shutil.rmtree(finished / "references/ring8")
    assert run("reference", "ring8").status == 0
    found = load_file(finished / "references/ring8/statistics.safetensors")
    assert (found["centres"] == planted).all()


def test_the_reference_s_card_has_what_reals_and_noise_score(finished, run):
    assert run("reference", "digits").status == 0
    for dataset, column, samples in (
        ("ring8", "energy_distance", 40),
        ("digits", "fid_efficientnet_lite0", 50),
    ):
        found = json.loads((finished / f"references/{dataset}/card.json").read_text())["floors"]
        floor, noise = found["held_out"][column], found["noise"][column]
        assert 0 < floor["value"] < noise["value"] / 2
        for entry in (floor, noise):
            assert entry["protocol"]["fake_samples"] == samples
            assert entry["protocol"]["real_split"] == "train"
    assert 0 < found["halves"][column]["value"] < noise["value"] / 2
    assert found["noise"]["precision_efficientnet_lite0"]["value"] < 0.5


def test_an_extractor_that_ignores_the_picture_is_refused(finished, run, monkeypatch):
    def blind(self, pixels):
        return torch.ones(len(pixels), 1280), torch.full((len(pixels), 1000), 1e-3)

    monkeypatch.setattr(EfficientNetLite0, "forward", blind)
    ended = run("reference", "digits")
    assert ended.status == 2
    line = "error: evaluation.extractors: efficientnet_lite0 at 32 pixels cannot tell noise from digits: "
    assert ended.err.splitlines()[-1].startswith(line)
    assert not (finished / "references/digits").exists()


def test_images_are_measured_and_scored(finished, run):
    for argv in (("reference", "digits"), ("evaluate", DIGITS, "--seeds", "0")):
        ended = run(*argv)
        assert ended.status == 0, ended.err
    metrics = json.loads((finished / f"cells/{DIGITS}/evaluate/0/metrics.json").read_text())
    assert metrics["run"] == f"{DIGITS}-0"
    assert {"fid_efficientnet_lite0_init", "fid_efficientnet_lite0_ema"} <= metrics["entries"].keys()
    for entry in metrics["entries"].values():
        assert (entry["value"] is None) == ("reason" in entry)
        assert bool(entry["protocol"]) or entry["value"] is None
    stored = load_file(finished / "references/digits/statistics.safetensors")
    reference = {name.removeprefix("efficientnet_lite0."): array for name, array in stored.items()}
    assert reference["mean"] == pytest.approx(reference["features"].mean(axis=0), rel=1e-4, abs=1e-4)
    root = reference["covariance_root"]
    covariance = np.cov(reference["features"].astype(np.float64), rowvar=False)
    product = root @ root.T if root.shape[0] == covariance.shape[0] else root.T @ root
    assert np.abs(product - covariance).max() < 1e-6 * np.abs(covariance).max()


@pytest.mark.parametrize("dataset", ["ring8", "digits"])
def test_a_diverged_run_is_a_result(dataset, finished, run, monkeypatch):
    # D leaves the numbers in step 7, so that G's loss is none in the same step; steps are read by fives.
    monkeypatch.setattr(optimisers, "rate_factor", lambda recipe, step: math.inf if step == 6 else 1.0)
    cell = f"{dataset}-conventional-gan"
    shutil.rmtree(finished / f"cells/{cell}")
    ended = run("train", cell, "--seeds", "0")
    assert ended.status == 0, ended.err
    assert ended.out == f"train {cell}: made seed 0\n"
    run_record = json.loads((finished / f"cells/{cell}/train/0/run.json").read_text())["reproducible"]
    assert run_record["outcome"] == "diverged"
    assert run_record["outcome_reason"] == "non_finite_loss"
    assert run_record["outcome_step"] == 7
    assert run_record["generator_steps"] == 10
    commands = [("evaluate", cell, "--seeds", "0"), ("probe", cell, "--seeds", "0")]
    for command in [("reference", dataset), *commands] if dataset == "digits" else commands:
        ended = run(*command)
        assert ended.status == 0, ended.err
    probes = json.loads((finished / f"cells/{cell}/probe/0/probes.json").read_text())["entries"]
    metrics = json.loads((finished / f"cells/{cell}/evaluate/0/metrics.json").read_text())["entries"]
    diverged = f"training diverged: {run_record['outcome_reason']}"
    assert probes
    assert all(entry["value"] is None for entry in probes.values())
    reasons = {entry["reason"] for entry in probes.values() if entry.get("applies", True)}
    assert reasons == {diverged}
    # Points have no pixels, whether training diverged or not.
    absent = {name for name, entry in probes.items() if not entry.get("applies", True)}
    assert any(name.startswith("corruption") for name in absent) == (dataset == "ring8")
    assert any(name.startswith("ensemble_") for name in absent)
    followed = ("_over_steps_", "steps_to_")
    curves = {name: entry for name, entry in metrics.items() if any(part in name for part in followed)}
    assert curves
    assert all(entry["value"] is None and entry["reason"] == diverged for entry in curves.values())
    ema = {name: entry for name, entry in metrics.items() if name.endswith("_ema") and name not in curves}
    assert ema
    assert all(entry["value"] is None and entry["reason"] == diverged for entry in ema.values())
    # As initialised the generator is sound; what is undefined for it has a reason of its own.
    init = {name: entry for name, entry in metrics.items() if name.endswith("_init")}
    assert len(init) == len(ema)
    assert any(entry["value"] is not None for entry in init.values())
    assert all("diverged" not in entry.get("reason", "") for entry in init.values())
