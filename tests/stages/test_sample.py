"""`ganmatrix sample`: what it draws, what it writes, and what it refuses."""

import hashlib
import io
import json
import math
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save

from ganmatrix.store.layout import WEIGHTS, Layout
from ganmatrix.training import optimisers
from ganmatrix.training.trained import sample_latents
from ganmatrix.training.weights import HEADER, unpack
from helpers.publishing import rewrite
from helpers.refusal import names

RING, DIGITS = "ring8-conventional-gan", "digits-conventional-gan"


def _drawn(run, out: str, *argv: str) -> Path:
    ended = run("sample", *argv, "--out", out)
    assert ended.status == 0, ended.err
    return Path(out)


def _bytes(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def _arrays(folder: Path) -> dict[str, np.ndarray]:
    with np.load(folder / "samples.npz", allow_pickle=False) as found:
        return dict(found)


def _weights(cell: str) -> bytes:
    return Path(f"cells/{cell}/train/0/weights.safetensors").read_bytes()


def test_images_are_those_of_the_averaged_generator(run, finished):
    folder = _drawn(run, "out", DIGITS, "--count", "70")
    trained = unpack(_weights(DIGITS))
    stream = sample_latents(trained.header.run, 0, trained.latent)
    with torch.no_grad():
        images = torch.cat([trained.generator("ema")(next(stream)) for _ in range(2)])
    assert {path.name for path in folder.glob("*.png")} == {f"{n:05}.png" for n in range(70)}
    for number in (0, 63, 64, 69):
        shown = np.array(Image.open(folder / f"{number:05}.png"), dtype=np.float64)
        assert np.abs(shown - (images[number, 0].numpy() + 1) * 127.5).max() <= 0.5


@pytest.mark.parametrize(
    ("cell", "kind", "shape", "dtype"),
    [(DIGITS, "npz", (70, 16, 16, 1), np.uint8), (RING, "npz", (70, 2), np.float32)],
)
def test_arrays_have_samples_first_and_channels_last(cell, kind, shape, dtype, run, finished):
    arrays = _arrays(_drawn(run, "out", cell, "--count", "70", "--format", kind))
    assert set(arrays) == {"samples"}
    assert (arrays["samples"].shape, arrays["samples"].dtype) == (shape, dtype)


def test_every_format_has_the_same_numbers(run, finished):
    pixels = _arrays(_drawn(run, "a", DIGITS, "--format", "npz", "--count", "5"))["samples"]
    shown = _drawn(run, "b", DIGITS, "--count", "5")
    assert all((np.array(Image.open(shown / f"{n:05}.png")) == pixels[n, :, :, 0]).all() for n in range(5))
    points = _arrays(_drawn(run, "c", RING, "--count", "5"))["samples"]
    table = np.genfromtxt(
        _drawn(run, "d", RING, "--count", "5", "--format", "csv") / "samples.csv", delimiter=","
    )
    assert (table[1:].astype(np.float32) == points).all()


@pytest.mark.parametrize("cell", [DIGITS, RING])
def test_the_same_order_gives_the_same_bytes_and_a_larger_one_begins_with_them(cell, run, finished):
    few = _drawn(
        run, "few", cell, "--count", "3", "--format", "npz", "--grid" if cell == RING else "--seed=0"
    )
    again = _drawn(
        run, "again", cell, "--count", "3", "--format", "npz", "--grid" if cell == RING else "--seed=0"
    )
    assert _bytes(few) == _bytes(again)
    many = _drawn(run, "many", cell, "--count", "131", "--format", "npz")
    assert (_arrays(many)["samples"][:3] == _arrays(few)["samples"]).all()


@pytest.mark.parametrize(
    "other", [("--latent-seed", "1"), ("--seed", "1"), ("--checkpoint", "last"), ("--checkpoint", "init")]
)
def test_another_stream_run_or_checkpoint_gives_other_samples(other, run, finished):
    one, two = (_arrays(_drawn(run, out, RING, *argv)) for out, argv in (("one", ()), ("two", other)))
    assert (one["samples"] != two["samples"]).any(axis=1).all()


def test_the_best_checkpoint_is_the_one_that_was_scored(run, finished):
    record = json.loads((_drawn(run, "out", RING, "--checkpoint", "best") / "sample.json").read_text())
    metrics = json.loads(Path(f"cells/{RING}/evaluate/0/metrics.json").read_text())
    assert record["generator_step"] == metrics["best_step"]


def test_the_record_identifies_weights_latents_and_files(run, finished):
    folder = _drawn(run, "out", DIGITS, "--count", "9", "--grid", "--latent-seed", "4")
    record = json.loads((folder / "sample.json").read_text())
    assert record["weights_sha256"] == hashlib.sha256(_weights(DIGITS)).hexdigest()
    facts = ("run", "checkpoint", "count", "latent_seed", "labels", "format")
    assert [record[key] for key in facts] == [f"{DIGITS}-0", "ema", 9, 4, None, "png"]
    files = _bytes(folder)
    del files["sample.json"]
    assert {name: each["sha256"] for name, each in record["files"].items()} == {
        name: hashlib.sha256(data).hexdigest() for name, data in files.items()
    }
    assert Image.open(io.BytesIO(files["grid.png"])).size == (8 * 51 - 3, 1 * 51 - 3)


def test_digits_without_a_reference_have_no_labels_and_the_command_says_so(run, finished):
    ended = run("sample", DIGITS, "--out", "out", "--count", "2")
    assert "labels: none, because `ganmatrix reference digits` is not current" in ended.out


def test_what_it_wrote_before_is_replaced_and_what_a_kill_left_is_removed(run, finished):
    _drawn(run, "deep/er/out", DIGITS, "--count", "9")
    Path("deep/er/.out.12345678").mkdir()
    _drawn(run, "deep/er/out", RING)
    assert set(_bytes(Path("deep/er/out"))) == {"samples.npz", "sample.json"}
    assert [path.name for path in Path("deep/er").iterdir()] == ["out"]


def _full() -> None:
    Path("out").mkdir()
    Path("out/mine.txt").write_text("mine")


def _beside_samples() -> None:
    Path("out").mkdir()
    Path("out/sample.json").write_text(json.dumps({"files": {"a.png": {}}}))
    Path("out/b.png").write_text("mine")


@pytest.mark.parametrize(
    "there",
    [
        _full,
        _beside_samples,
        lambda: Path("out").write_text("mine"),
        lambda: Path("out").symlink_to("elsewhere"),
        lambda: (Path("empty").mkdir(), Path("out").symlink_to("empty")),
    ],
)
def test_what_others_put_there_is_left_alone(there, run, finished):
    there()
    before = sorted(map(str, finished.rglob("*")))
    ended = run("sample", RING, "--out", "out")
    assert ended.status == 2
    names(ended.err.removesuffix("\n"), key=f"{finished}/out", mend="--out")
    assert sorted(map(str, finished.rglob("*"))) == before


@pytest.mark.parametrize(
    ("argv", "key", "mend"),
    [
        ((RING, "--seed", "7"), "--seed", "choose from 0, 1"),
        ((RING, "--format", "png"), "--format", "npz or csv"),
        ((DIGITS, "--format", "csv"), "--format", "png or npz"),
        ((DIGITS, "--grid", "--count", "7"), "--grid", "--count 8"),
        (("ring8-conventional-gn",), "'ring8-conventional-gn'", "did you mean"),
        (("ring8-conventional-dat",), "cells/ring8-conventional-dat/train.json", "run `ganmatrix train"),
        ((DIGITS, "--seed", "1"), f"cells/{DIGITS}/train.json", "run `ganmatrix train"),
        ((DIGITS, "--checkpoint", "best"), f"cells/{DIGITS}/evaluate.json", "run `ganmatrix evaluate"),
        ((RING, "--device", "tpu"), "--device", "choose from"),
    ],
)
def test_an_order_that_cannot_be_met_is_one_line(argv, key, mend, run, finished):
    ended = run("sample", *argv, "--out", "out")
    assert ended.status == 2
    names(ended.err.removesuffix("\n"), key=key, mend=mend)
    assert not Path("out").exists()


@pytest.mark.parametrize("count", ["0", "-1", "100001", "many", "1e3"])
def test_a_count_out_of_bounds_is_misuse(count, run, finished):
    ended = run("sample", RING, "--out", "out", "--count", count)
    assert ended.status == 2
    assert "Traceback" not in ended.err
    assert not Path("out").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_named(run, finished):
    Path("locked").mkdir(mode=0o500)
    ended = run("sample", RING, "--out", "locked/out")
    assert ended.status == 2
    names(ended.err.removesuffix("\n"), key=f"{finished}/locked/out", mend="mend it")


def test_a_path_through_a_file_is_one_line(run, finished):
    before = Path("params.yaml").read_bytes()
    ended = run("sample", RING, "--out", "params.yaml/out")
    assert ended.status == 2
    assert Path("params.yaml").read_bytes() == before
    names(ended.err.removesuffix("\n"), key=f"{finished}/params.yaml/out", mend="mend it")


@pytest.mark.parametrize("verb", ["sample", "export"])
def test_a_diverged_run_has_only_its_untrained_generator(verb, run, finished, monkeypatch):
    monkeypatch.setattr(optimisers, "rate_factor", lambda recipe, step: math.inf if step == 6 else 1.0)
    shutil.rmtree(finished / f"cells/{RING}")
    assert run("train", RING, "--seeds", "0").status == 0
    ended = run(verb, RING, "--out", "out")
    assert ended.status == 2
    names(ended.err.removesuffix("\n"), key=f"{RING}-0", mend="--checkpoint init")
    assert not Path("out").exists()
    assert run(verb, RING, "--out", "out", "--checkpoint", "init").status == 0


def _with_weights(value: float) -> None:
    """Every weight of the averaged generator has this value, and the manifest vouches for it."""
    trained = unpack(_weights(RING))
    changed = {
        name: torch.full_like(tensor, value) if name.startswith("generator_ema.") else tensor
        for name, tensor in trained.tensors.items()
    }
    data = _weights(RING)
    text = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])["__metadata__"][HEADER]
    rewrite(Layout(), "train", RING, 0, WEIGHTS, save(changed, {HEADER: text}))


@pytest.mark.parametrize("verb", ["sample", "export"])
@pytest.mark.parametrize("value", [math.nan, math.inf, 3e38])
def test_numbers_that_are_not_finite_are_refused(verb, value, run, finished):
    _with_weights(value)
    ended = run(verb, RING, "--out", "out")
    assert ended.status == 2
    names(ended.err.removesuffix("\n"), key=f"{RING}-0", mend="--checkpoint")
    assert not Path("out").exists()
    assert not list(finished.glob(".out*"))


@pytest.mark.parametrize("verb", ["sample", "export"])
def test_weights_that_their_manifest_does_not_list_are_refused(verb, run, finished):
    path = finished / f"cells/{RING}/train/0/weights.safetensors"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    ended = run(verb, RING, "--out", "out")
    names(
        ended.err.removesuffix("\n"),
        key=f"cells/{RING}/train/0/weights.safetensors",
        mend="run `ganmatrix train",
    )
    assert not Path("out").exists()
