"""Missing, damaged or unfit input ends in one line and status 2, and leaves nothing half-written."""

import json
import shutil

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file, save, save_file

from ganmatrix.store.layout import Layout
from helpers.processes import everything
from helpers.publishing import rewrite
from helpers.refusal import names

RING, DIGITS = "ring8-conventional-gan", "digits-conventional-gan"
FOLDERS = {"reference": "references/{}", "train": "cells/{}/train", "evaluate": "cells/{}/evaluate"}
FOLDERS |= {"probe": "cells/{}/probe", "transfer": "transfers/{}"}


def _refused(run, folder, *argv):
    """The line of a command that refuses, having changed no file."""
    before = everything(folder)
    ended = run(*argv)
    assert ended.status == 2, ended.err
    assert ended.out == ""
    lines = [line for line in ended.err.splitlines() if not line.endswith("; making it again")]
    assert len(lines) == 1, ended.err
    assert lines[0].startswith("error: ")
    assert everything(folder) == before
    assert not list((folder / "cells").rglob(".*"))
    return lines[0].removeprefix("error: ")


def _forget(folder, verb, target):
    """Have a verb make its files anew."""
    made = folder / FOLDERS[verb].format(target)
    shutil.rmtree(made, ignore_errors=True)
    made.with_name(f"{made.name}.json").unlink(missing_ok=True)


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


def _remove(path):
    path.unlink()


WEIGHTS = f"cells/{RING}/train/0/weights.safetensors"
STATISTICS = "references/ring8/statistics.safetensors"
FILES = [
    (("reference", "ring8"), "data/ring8/card.json", "prepare ring8"),
    (("reference", "digits"), "data/digits/train.npy", "prepare digits"),
    (("train", RING), "data/ring8/card.json", "prepare ring8"),
    (("train", RING), "data/ring8/train.npy", "prepare ring8"),
    (("evaluate", RING), WEIGHTS, f"train {RING}"),
    (("evaluate", RING), "references/ring8/card.json", "reference ring8"),
    (("evaluate", RING), STATISTICS, "reference ring8"),
    (("probe", RING), WEIGHTS, f"train {RING}"),
    (("probe", RING), "data/ring8/card.json", "prepare ring8"),
    (("probe", RING), "data/ring8/held_out.npy", "prepare ring8"),
]


DAMAGED = [(damage, *FILES[0]) for damage in (_truncate, _empty, _noise, _list)]
"""Of one file: any other content is told by its checksum, whatever reads it."""


@pytest.mark.parametrize(
    ("damage", "argv", "path", "maker"),
    [*((damage, *file) for file in FILES for damage in (_remove, _flip)), *DAMAGED],
)
def test_files_that_are_not_what_was_made(argv, path, maker, damage, run, finished):
    _forget(finished, *argv)
    damage(finished / path)
    line = _refused(run, finished, *argv)
    assert line.startswith(f"{path} is {'missing' if damage is _remove else 'damaged ('}")
    assert f"; run `ganmatrix {maker}` " in line
    if damage is _flip:
        assert run(*maker.split()).status == 0
        assert run(*argv).status == 0


MANIFESTS = [
    (("reference", "ring8"), "data/ring8.json", "prepare ring8"),
    (("train", RING), "data/ring8.json", "prepare ring8"),
    (("evaluate", RING), f"cells/{RING}/train.json", f"train {RING}"),
    (("evaluate", RING), "references/ring8.json", "reference ring8"),
    (("probe", RING), f"cells/{RING}/train.json", f"train {RING}"),
    (("transfer", "ring8"), f"cells/{RING}/train.json", f"train {RING}"),
]


@pytest.mark.parametrize("damage", [_remove, _truncate, _empty, _noise, _list, _object])
@pytest.mark.parametrize(("argv", "path", "maker"), MANIFESTS)
def test_manifests_that_are_none(argv, path, maker, damage, run, finished):
    """What is made from files that nothing vouches for is not made, and is not current either."""
    if argv[0] == "transfer":
        params = finished / "params.yaml"
        text = params.read_text().replace("[conventional, resnet_sn]", "[conventional]")
        params.write_text(text.replace("methods: [gan, as_gan, dat, fargan]", "methods: [gan]"))
    damage(finished / path)
    line = _refused(run, finished, *argv)
    assert line.startswith(f"{path} is ")
    mend = f"; run `ganmatrix {maker}` or `snakemake --cores all` first"
    assert line.endswith(mend if damage is _remove else f"; remove it and run `ganmatrix {maker}`")


def test_seeds_that_were_not_trained(run, finished):
    (finished / f"cells/{RING}/train/1.json").unlink()
    path = finished / f"cells/{RING}/train.json"
    content = json.loads(path.read_text())
    del content["runs"]["1"]
    path.write_text(json.dumps(content))
    line = _refused(run, finished, "probe", RING)
    mend = f"run `ganmatrix train {RING}` or `snakemake --cores all` first"
    assert line == f"cells/{RING}/train.json lacks seed 1; {mend}"
    assert run("probe", RING, "--seeds", "0").out == f"probe {RING}: up to date\n"


@pytest.mark.parametrize("verb", ["evaluate", "probe"])
def test_weights_that_were_swapped_between_seeds(verb, run, finished):
    _forget(finished, verb, RING)
    train = finished / f"cells/{RING}/train"
    weights = [train / f"{seed}/weights.safetensors" for seed in (0, 1)]
    contents = [path.read_bytes() for path in weights]
    for path, content in zip(weights, reversed(contents), strict=True):
        path.write_bytes(content)
    assert _refused(run, finished, verb, RING).startswith(f"{WEIGHTS} is damaged (its bytes are not those ")


@pytest.mark.parametrize("verb", ["evaluate", "probe"])
def test_the_training_of_another_cell(verb, run, finished):
    other = "ring8-conventional-as_gan"
    shutil.copytree(finished / "cells" / RING, finished / "cells" / other)
    line = _refused(run, finished, verb, other)
    names(line, key=f"cells/{other}/train.json", mend=f"remove it and run `ganmatrix train {other}`")
    for path in (finished / "cells" / other).rglob("*.json"):
        path.write_text(path.read_text().replace(RING, other))
    shutil.rmtree(finished / "cells" / other / verb)
    line = _refused(run, finished, verb, other)
    assert line.startswith(f"cells/{other}/train.json, seed 0 is not current: ")


def test_weights_that_say_they_are_another_runs(run, finished):
    """Though their manifest vouches for them."""
    content = (finished / f"cells/{RING}/train/1/weights.safetensors").read_bytes()
    rewrite(Layout(), "train", RING, 0, "weights.safetensors", content)
    line = _refused(run, finished, "probe", RING)
    assert line.startswith(f"{WEIGHTS} is damaged (it holds {RING}-1); run `ganmatrix train {RING}`")


@pytest.mark.parametrize("verb", ["train", "evaluate", "probe"])
def test_cells_outside_the_grid(verb, run, finished):
    line = _refused(run, finished, verb, "ring8-conventional-gam")
    names(line, key="'ring8-conventional-gam'", mend=f"did you mean {RING}? (`ganmatrix cells` lists all 16)")
    assert "is not in the grid; give its seed with --seeds" in _refused(run, finished, verb, f"{RING}-0")
    assert "is not in the grid; did you mean " in _refused(run, finished, verb, "../../etc/passwd")


@pytest.mark.parametrize("verb", ["prepare", "reference", "transfer"])
def test_datasets_that_are_not_there(verb, run, finished):
    line = _refused(run, finished, verb, "digist")
    assert "digist is not among `datasets` (choose from digits, photos, ring8); did you mean digits?" in line
    if verb != "prepare":
        assert (
            _refused(run, finished, verb, "photos")
            == "photos is not in grid.datasets, which has ring8, digits"
        )


@pytest.mark.parametrize("verb", ["prepare", "reference", "train", "evaluate", "probe", "transfer", "report"])
def test_targets_that_are_left_out(verb, run, finished, monkeypatch):
    monkeypatch.delenv("DVC_STAGE", raising=False)
    assert f" is missing; `ganmatrix {verb} --help` says what it is" in _refused(run, finished, verb)
    monkeypatch.setenv("DVC_STAGE", "another@ring8")
    assert f" is missing; `ganmatrix {verb} --help` says what it is" in _refused(run, finished, verb)


def test_dvc_says_what_its_stage_is_for(run, finished, monkeypatch):
    """So that no name of params.yaml reaches a shell before it was validated."""
    for stage, verb, line in (
        (f"train@{RING}", "train", f"train {RING}: up to date\n"),
        ("prepare@ring8", "prepare", "prepare ring8: up to date\n"),
    ):
        monkeypatch.setenv("DVC_STAGE", stage)
        assert run(verb).out == line
    monkeypatch.setenv("DVC_STAGE", "prepare@$(touch evil)")
    assert "is not among `datasets`" in _refused(run, finished, "prepare")


def _edit(folder, old, new):
    path = folder / "params.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_a_dataset_smaller_than_a_batch(run, finished):
    _edit(finished, "batch_size: 16", "batch_size: 101")
    line = _refused(run, finished, "train", RING)
    assert names(
        line, key="params.yaml: recipes.ring8.batch_size", mend="expected <= datasets.ring8.train, 100"
    )


def test_a_warm_up_that_recurs_before_it_ends(run, finished):
    _edit(finished, "epsilon: 1/255, warm_up: 0", "epsilon: 1/255, warm_up: 6")
    line = _refused(run, finished, "train", "ring8-conventional-as_gan")
    assert names(line, key="methods.as_gan on ring8", mend="lower warm_up, or set warm_up_recurs to false")


def _make_anew(finished, argv):
    """Have the verb find something to do."""
    if argv[0] == "prepare":
        (finished / "data" / argv[1] / "card.json").unlink()
    else:
        _forget(finished, *argv)


@pytest.mark.parametrize(
    "argv", [("prepare", "ring8"), ("reference", "ring8"), ("train", RING), ("probe", RING)]
)
def test_fewer_held_out_samples_than_probes(argv, run, finished):
    """No verb works for results that cannot come, from the first on."""
    _edit(finished, "probes:\n  samples: 16", "probes:\n  samples: 41")
    _make_anew(finished, argv)
    assert names(_refused(run, finished, *argv), key="probes.samples", mend="expected <= 40")


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
@pytest.mark.parametrize(
    "argv", [("train", RING), ("evaluate", RING), ("probe", RING), ("reference", "ring8")]
)
def test_devices_that_are_not_there(device, message, argv, run, finished):
    _forget(finished, *argv)
    line = _refused(run, finished, *argv, "--device", device)
    assert any(part in line for part in message.split("|"))


@pytest.mark.parametrize("name", ["OMP_NUM_THREADS", "GANMATRIX_THREADS"])
@pytest.mark.parametrize("threads", ["0", "-1", "two", "1.5", ""])
def test_bad_thread_counts(threads, name, run, finished, monkeypatch):
    monkeypatch.setenv(name, threads)
    line = _refused(run, finished, "train", RING)
    assert names(line, key=name, mend="expected a whole number from 1 to 1024")


@pytest.mark.parametrize(
    ("argv", "folder"),
    [
        (("prepare", "ring8"), "data"),
        (("reference", "ring8"), "references/ring8"),
        (("train", RING), f"cells/{RING}"),
        (("train", RING), f"cells/{RING}/train"),
        (("train", RING), f"cells/{RING}/train/0"),
        (("train", RING), "scratch"),
    ],
)
def test_a_file_in_the_place_of_a_folder(argv, folder, run, finished):
    if argv[0] != "prepare":
        _forget(finished, *argv)
    shutil.rmtree(finished / folder, ignore_errors=True)
    (finished / folder).parent.mkdir(parents=True, exist_ok=True)
    (finished / folder).touch()
    ended = run(*argv)
    assert ended.status == 2
    assert "Traceback" not in ended.err
    last = ended.err.splitlines()[-1]
    assert last.startswith(f"error: {folder}")
    assert "; mend " in last or "; remove " in last
    (finished / folder).unlink()
    assert run(*argv).status == 0


def _digits_measured(run):
    assert run("reference", "digits").status == 0


def test_a_reference_of_another_extractor(run, finished):
    _digits_measured(run)
    made = (finished / "references/digits/card.json").read_text()
    for key in ("extractor", "weights_sha256", "input_size", "resizer", "neighbours"):
        card = json.loads(made)
        card["extractors"]["efficientnet_lite0"][key] = "other"
        rewrite(Layout(), "reference", "digits", None, "card.json", json.dumps(card).encode())
        line = _refused(run, finished, "evaluate", DIGITS, "--seeds", "0")
        assert line.startswith(f"references/digits/card.json: efficientnet_lite0: {key} is other, but ")
        assert line.endswith(" is needed; remove it and run `ganmatrix reference digits`")


def test_data_prepared_anew_are_not_mixed_with_what_was_trained_on_others(run, finished):
    _edit(finished, "seed: 0}", "seed: 1}")
    problem = "is not current: datasets.ring8 changed; run `ganmatrix prepare ring8`"
    for argv in (("reference", "ring8"), ("train", RING), ("evaluate", RING), ("probe", RING)):
        assert problem in _refused(run, finished, *argv)
    assert run("prepare", "ring8").status == 0
    assert run("reference", "ring8").status == 0
    for verb in ("evaluate", "probe"):
        line = _refused(run, finished, verb, RING)
        assert line.startswith(
            f"cells/{RING}/train.json, seed 0 is not current: data changed; run `ganmatrix train "
        )
    assert run("train", RING).status == 0
    assert run("evaluate", RING).status == 0


def test_weights_that_lack_a_tensor(run, finished):
    path = finished / WEIGHTS
    with safe_open(path, "np") as file:
        metadata = file.metadata()
    tensors = load_file(path)
    tensors.pop(next(name for name in tensors if name.startswith("discriminator.")))
    save_file(tensors, finished / "other.safetensors", metadata)
    content = (finished / "other.safetensors").read_bytes()
    rewrite(Layout(), "train", RING, 0, "weights.safetensors", content)
    assert _refused(run, finished, "evaluate", RING).startswith(f"{WEIGHTS} is damaged (")


def test_a_reference_without_what_scoring_needs(run, finished):
    """Points scored against statistics that hold no modes."""
    rewrite(Layout(), "reference", "ring8", None, "statistics.safetensors", save({"a": np.zeros(2)}))
    assert _refused(run, finished, "evaluate", RING).startswith(f"{STATISTICS} is damaged (it lacks ")


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
    arrays = load_file(finished / "references" / dataset / "statistics.safetensors")
    arrays[array].flat[0] = np.nan
    rewrite(Layout(), "reference", dataset, None, "statistics.safetensors", save(arrays))
    line = _refused(run, finished, "evaluate", cell, "--seeds", "0")
    assert f"is damaged (not finite: {array})" in line


@pytest.mark.parametrize("name", ["tiny params.yaml", "ä.yaml"])
def test_params_files_whose_name_is_no_folders(name, run, finished):
    (finished / "params.yaml").rename(finished / name)
    assert "so its name may have letters, digits" in _refused(
        run, finished, "prepare", "ring8", "--params", name
    )
