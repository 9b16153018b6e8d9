"""Missing, damaged or unfit input ends in one line and status 2, and leaves nothing half-written."""

import hashlib
import json
import shutil

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

RING, DIGITS = "ring8-conventional-gan-0", "digits-conventional-gan-0"


def _files(folder):
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def _refused(run, folder, *argv):
    """The line of a command that refuses, having changed no file."""
    before = _files(folder)
    ended = run(*argv)
    assert ended.status == 2, ended.err
    assert ended.out == ""
    lines = ended.err.splitlines()
    assert len(lines) == 1, ended.err
    assert lines[0].startswith("error: ")
    assert _files(folder) == before
    return lines[0].removeprefix("error: ")


def _truncate(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _flip(path):
    data = bytearray(path.read_bytes())
    data[-1] ^= 0xFF
    path.write_bytes(data)


def _empty(path):
    path.write_bytes(b"")


def _noise(path):
    path.write_bytes(bytes(range(256)) * 4)


def _list(path):
    path.write_text("[]")


def _object(path):
    path.write_text("{}")


@pytest.mark.parametrize(
    ("argv", "missing", "maker"),
    [
        (("reference", "ring8"), "data/ring8/card.json", "prepare ring8"),
        (("reference", "digits"), "data/digits/train.npy", "prepare digits"),
        (("train", RING), "data/ring8/card.json", "prepare ring8"),
        (("train", RING), "data/ring8/train.npy", "prepare ring8"),
        (("evaluate", RING), f"cells/{RING}/weights.safetensors", f"train {RING}"),
        (("evaluate", RING), "references/ring8/card.json", "reference ring8"),
        (("evaluate", RING), "references/ring8/statistics.safetensors", "reference ring8"),
        (("evaluate", DIGITS), "references/digits/card.json", "reference digits"),
        (("probe", RING), f"cells/{RING}/weights.safetensors", f"train {RING}"),
        (("probe", RING), "data/ring8/card.json", "prepare ring8"),
        (("probe", RING), "data/ring8/held_out.npy", "prepare ring8"),
    ],
)
def test_missing_artifacts(argv, missing, maker, run, finished):
    (finished / missing).unlink(missing_ok=True)
    expected = f"{missing} is missing; run `ganmatrix {maker}` or `snakemake --cores` first"
    assert _refused(run, finished, *argv) == expected


DAMAGED = [
    (("train", RING), "data/ring8/card.json", (_truncate, _empty, _noise, _list, _object)),
    (("train", RING), "data/ring8/train.npy", (_truncate, _empty, _noise, _flip)),
    (("reference", "ring8"), "data/ring8/card.json", (_truncate, _empty, _list, _object)),
    (("reference", "digits"), "data/digits/train.npy", (_truncate, _empty, _noise)),
    (("evaluate", RING), f"cells/{RING}/weights.safetensors", (_truncate, _empty, _noise)),
    (("evaluate", RING), "references/ring8/statistics.safetensors", (_truncate, _empty, _noise)),
    (("evaluate", RING), "references/ring8/card.json", (_truncate, _empty, _list)),
    (("probe", RING), f"cells/{RING}/weights.safetensors", (_truncate, _empty, _noise)),
    (("probe", RING), "data/ring8/held_out.npy", (_truncate, _empty, _noise, _flip)),
    (("probe", RING), "data/ring8/card.json", (_truncate, _list)),
]


@pytest.mark.parametrize(
    ("argv", "path", "damage"),
    [(argv, path, damage) for argv, path, damages in DAMAGED for damage in damages],
)
def test_damaged_artifacts(argv, path, damage, run, finished):
    damage(finished / path)
    line = _refused(run, finished, *argv)
    assert line.startswith(f"{path} is corrupt (")
    assert "; delete it and run `ganmatrix " in line


def test_an_array_of_another_shape(run, finished):
    path = finished / "data/ring8/held_out.npy"
    np.save(path, np.zeros((3, 2), np.float32))
    card = finished / "data/ring8/card.json"
    content = json.loads(card.read_text())
    content["sha256"]["held_out"] = hashlib.sha256(path.read_bytes()).hexdigest()
    card.write_text(json.dumps(content))
    train = run("train", RING)
    assert train.status == 0, train.err
    assert "its shape is (3, 2), the card says (40, 2)" in _refused(run, finished, "probe", RING)


def test_an_array_of_objects_is_not_unpickled(run, finished):
    np.save(finished / "data/ring8/held_out.npy", np.array([{}], dtype=object), allow_pickle=True)
    assert "data/ring8/held_out.npy is corrupt" in _refused(run, finished, "probe", RING)


@pytest.mark.parametrize("verb", ["evaluate", "probe"])
def test_the_weights_of_another_cell(verb, run, finished):
    other = "ring8-conventional-gan-1"
    shutil.copytree(finished / "cells" / RING, finished / "cells" / other)
    line = _refused(run, finished, verb, other)
    assert line == (
        f"cells/{other}/weights.safetensors holds {RING}; delete it and run `ganmatrix train {other}` again"
    )


@pytest.mark.parametrize("verb", ["train", "evaluate", "probe"])
def test_cells_outside_the_grid(verb, run, finished):
    assert _refused(run, finished, verb, "ring8-conventional-gam-0") == (
        f"ring8-conventional-gam-0 is not in the grid; did you mean {RING}? (`ganmatrix cells` lists all 32)"
    )
    assert "is no cell id" in _refused(run, finished, verb, "../../etc/passwd")


@pytest.mark.parametrize("verb", ["prepare", "reference"])
def test_datasets_that_are_not_there(verb, run, finished):
    assert _refused(run, finished, verb, "digist") == (
        "params.yaml: DATASET: digist is not among `datasets` (choose from digits, photos, ring8); "
        "did you mean digits?"
    )


def _edit(folder, old, new):
    path = folder / "params.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_a_dataset_smaller_than_a_batch(run, finished):
    _edit(finished, "batch_size: 16", "batch_size: 101")
    assert _refused(run, finished, "train", RING) == (
        "params.yaml: recipes.ring8.batch_size is 101; expected <= datasets.ring8.train, 100"
    )


def test_a_warm_up_that_recurs_before_it_ends(run, finished):
    _edit(finished, "epsilon: 1/255, warm_up: 0", "epsilon: 1/255, warm_up: 6")
    assert _refused(run, finished, "train", "ring8-conventional-as_gan-0") == (
        "methods.as_gan on ring8: warm_up is 6 at the start of every epoch, but an epoch has 6 batches, "
        "so that "
        "the perturbation would never be on; lower warm_up, or set warm_up_recurs to false"
    )


def test_fewer_held_out_samples_than_probes(run, finished):
    _edit(finished, "probes:\n  samples: 16", "probes:\n  samples: 41")
    assert _refused(run, finished, "probe", RING) == (
        "probes.samples is 41, but ring8 has 40 held-out samples; expected <= 40"
    )


@pytest.mark.parametrize(
    ("device", "message"),
    [
        ("tpu", "--device is tpu; choose from auto, cpu, cuda, cuda:N"),
        ("meta", "--device is meta; choose from auto, cpu, cuda, cuda:N"),
        ("", "--device is ; choose from auto, cpu, cuda, cuda:N"),
        ("cuda:9999", "--device is cuda:9999; choose from|but this machine has"),
        ("cuda:x", "--device is cuda:x; choose from auto, cpu, cuda, cuda:N"),
    ],
)
@pytest.mark.parametrize("argv", [("train", RING), ("probe", RING), ("reference", "ring8")])
def test_devices_that_are_not_there(device, message, argv, run, finished):
    line = _refused(run, finished, *argv, "--device", device)
    assert any(part in line for part in message.split("|"))


@pytest.mark.parametrize("threads", ["0", "-1", "two", "1.5", ""])
def test_bad_thread_counts(threads, run, finished, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", threads)
    line = _refused(run, finished, "train", RING)
    assert line == f"OMP_NUM_THREADS is {threads!r}; expected a whole number from 1 to 1024"


@pytest.mark.parametrize(
    ("argv", "folder"),
    [
        (("prepare", "ring8"), "data/ring8"),
        (("reference", "ring8"), "references/ring8"),
        (("train", RING), f"cells/{RING}"),
    ],
)
def test_outputs_that_cannot_be_written(argv, folder, run, finished):
    if argv[0] != "prepare":
        shutil.rmtree(finished / folder)
        (finished / folder).touch()
    else:
        shutil.rmtree(finished / "data")
        (finished / "data").touch()
    ended = run(*argv)
    assert ended.status == 2
    last = ended.err.splitlines()[-1]
    assert last.startswith(f"error: {folder}/")
    assert "cannot be written: " in last
    assert "Traceback" not in ended.err


def test_a_reference_of_another_extractor(run, finished):
    assert run("reference", "digits").status == 0
    path = finished / "references/digits/card.json"
    made = path.read_text()
    for key in ("extractor", "weights_sha256", "input_size", "resizer", "neighbours"):
        card = json.loads(made)
        card["extractors"]["efficientnet_lite0"][key] = "other"
        path.write_text(json.dumps(card))
        line = _refused(run, finished, "evaluate", DIGITS)
        assert line.startswith(f"references/digits/card.json: efficientnet_lite0: {key} is other, but ")
        assert line.endswith(" is needed; run `ganmatrix reference digits` again")
    path.write_text(json.dumps(json.loads(made) | {"data_sha256": "other"}))
    line = _refused(run, finished, "evaluate", DIGITS)
    assert line.startswith("references/digits/card.json: data_sha256 is other, but ")


def test_data_prepared_anew_are_not_mixed_with_what_was_trained_on_others(run, finished):
    params = finished / "params.yaml"
    text = params.read_text()
    assert "seed: 0}" in text
    params.write_text(text.replace("seed: 0}", "seed: 1}"))
    assert run("prepare", "ring8").status == 0
    assert run("reference", "ring8").status == 0
    for verb in ("evaluate", "probe"):
        line = _refused(run, finished, verb, RING)
        assert line == f"{RING} was trained on other data than data/ring8/; train it again"


def test_weights_that_lack_a_tensor(run, finished):
    path = finished / f"cells/{RING}/weights.safetensors"
    with safe_open(path, "np") as file:
        metadata = file.metadata()
    tensors = load_file(path)
    tensors.pop(next(name for name in tensors if name.startswith("discriminator.")))
    save_file(tensors, path, metadata)
    assert f"{path.relative_to(finished)} is corrupt (" in _refused(run, finished, "evaluate", RING)


def test_a_reference_without_what_scoring_needs(run, finished):
    """Points scored against statistics that hold no modes."""
    save_file({"a": np.zeros(2)}, finished / "references/ring8/statistics.safetensors")
    assert "references/ring8/statistics.safetensors is corrupt (" in _refused(run, finished, "evaluate", RING)


@pytest.mark.parametrize("seconds", ["-1", "soon"])
def test_bad_options_are_refused_by_the_command_line(seconds, run, finished):
    ended = run("train", RING, "--checkpoint-seconds", seconds)
    assert ended.status == 2
    assert "--checkpoint-seconds" in ended.err
    assert "Traceback" not in ended.err


@pytest.mark.parametrize(
    ("cell", "array"),
    [(DIGITS, "efficientnet_lite0.radii"), (DIGITS, "efficientnet_lite0.mean"), (RING, "points")],
)
def test_statistics_that_are_not_finite(finished, run, cell: str, array: str) -> None:
    """No ball of radius NaN holds a fake: precision would be 0."""
    dataset = cell.split("-")[0]
    assert run("reference", dataset).status == 0
    path = finished / "references" / dataset / "statistics.safetensors"
    arrays = load_file(path)
    arrays[array].flat[0] = np.nan
    save_file(arrays, path)
    line = _refused(run, finished, "evaluate", cell)
    assert f"is corrupt (not finite: {array})" in line
