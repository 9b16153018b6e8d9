"""`status`: what is current, what is stale because of what, and what is missing, from manifests alone."""

import json
import shutil
from collections import Counter
from pathlib import Path

import pytest

from helpers.denying import deny

GAN, AS_GAN = "ring8-conventional-gan", "ring8-conventional-as_gan"
STAGES = ("prepare", "reference", "train", "evaluate", "probe", "transfer", "assemble", "report")
COUNTS = dict(zip(STAGES, (1, 1, 4, 4, 4, 2, 1, 1), strict=True))
"""How many parts each stage of the grid has: two cells and two seeds on one dataset, and one report."""


def _edit(folder, old, new):
    path = folder / "params.yaml"
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))


def _rows(run, *options):
    ended = run("status", "--json", *options)
    assert (ended.status, ended.err) == (0, "")
    return json.loads(ended.out)


def _of(rows, state):
    """What is in a state, with its seed."""
    return {(f"{row['stage']} {row['target']}".strip(), row["seed"]) for row in rows if row["state"] == state}


def _seeds(*tasks):
    return {(task, seed) for task in tasks for seed in (0, 1)}


def _reasons(run, *options):
    """The lines below the table of counts."""
    ended = run("status", *options)
    assert (ended.status, ended.err) == (0, "")
    return ended.out.splitlines()[1 + len(STAGES) :]


def test_after_a_finished_run_all_is_current(run, whole):
    lines = run("status").out.splitlines()
    assert lines[0].split() == ["current", "stale", "missing"]
    assert [line.split() for line in lines[1:]] == [
        [stage, str(count), "0", "0"] for stage, count in COUNTS.items()
    ]
    assert Counter(row["stage"] for row in _rows(run)) == COUNTS
    assert _of(_rows(run, "--files"), "current") == _of(_rows(run), "current")


@pytest.mark.parametrize(
    ("old", "new", "key", "tasks"),
    [
        (
            "pgd_steps: 2",
            "pgd_steps: 3",
            "probes",
            _seeds(f"probe {GAN}", f"probe {AS_GAN}", "transfer ring8"),
        ),
        (
            "epsilon: 1/255",
            "epsilon: 2/255",
            "methods.as_gan",
            _seeds(*(f"{verb} {AS_GAN}" for verb in ("train", "evaluate", "probe")), "transfer ring8"),
        ),
        (
            "high_quality_radius: 3.0",
            "high_quality_radius: 4.0",
            "evaluation.points",
            {("reference ring8", None)} | _seeds(f"evaluate {GAN}", f"evaluate {AS_GAN}"),
        ),
    ],
)
def test_what_rests_on_an_edited_value_is_stale_because_of_it(old, new, key, tasks, run, whole):
    _edit(whole, old, new)
    rows = _rows(run)
    later = {("assemble", None), ("report index", None)}
    assert _of(rows, "stale") == tasks | later
    assert _of(rows, "missing") == set()
    assert {row["reason"] for row in rows if row["state"] == "stale"} == {f"{key} changed"}
    [line] = _reasons(run)
    assert line.startswith(f"stale: {key} changed: ")
    names = {name.partition(" (")[0] for name in line.removeprefix(f"stale: {key} changed: ").split(", ")}
    assert {task for task, _ in tasks | later} <= names
    _edit(whole, new, old)
    assert _of(_rows(run), "current") == _of(rows, "current") | tasks | later


def test_a_seed_more_is_missing_and_what_is_made_of_all_seeds_is_stale(run, whole):
    before = _of(_rows(run), "current")
    _edit(whole, "seeds: [0, 1]", "seeds: 3")
    rows = _rows(run)
    cellwise = {f"{verb} {cell}" for verb in ("train", "evaluate", "probe") for cell in (GAN, AS_GAN)}
    assert _of(rows, "missing") == {(task, 2) for task in (*cellwise, "transfer ring8")}
    assert _of(rows, "stale") == {("assemble", None), ("report index", None)}
    assert _of(rows, "current") == before - _of(rows, "stale")
    assert _reasons(run) == [f"stale: train {GAN}, seed 2 is missing: assemble, report index"]


def test_only_with_files_it_finds_a_damaged_file(run, whole):
    damaged = f"cells/{GAN}/train/1/history.parquet"
    data = bytearray((whole / damaged).read_bytes())
    data[len(data) // 2] ^= 1
    (whole / damaged).write_bytes(data)
    assert _of(_rows(run), "stale") == set()
    rows = _rows(run, "--files")
    assert _of(rows, "stale") == {(f"train {GAN}", 1)}
    assert _of(rows, "missing") == set()
    [line] = _reasons(run, "--files")
    assert line.startswith(f"stale: {damaged} is damaged")
    assert line.endswith(f": train {GAN} (seed 1)")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "is damaged (no JSON)"),
        ('{"manifest": 99}', "is of a newer version (99, known is 1)"),
        ('{"manifest": 1, "stage": "train", "target": "x-y-z"}', "belongs to train x-y-z"),
        (None, "is a link"),
    ],
)
def test_a_manifest_that_cannot_be_used_is_named_with_its_fault(text, reason, run, whole):
    path = whole / "cells" / GAN / "evaluate.json"
    path.unlink()
    path.symlink_to("train.json") if text is None else path.write_text(text)
    rows = _rows(run)
    assert _of(rows, "stale") == _seeds(f"evaluate {GAN}") | {("assemble", None), ("report index", None)}
    [line] = _reasons(run)
    assert line.startswith(
        f"stale: cells/{GAN}/evaluate.json {reason}: evaluate {GAN} (seeds 0, 1), assemble"
    )


def test_templates_that_cannot_be_listed_are_not_none(run, whole, monkeypatch):
    deny(monkeypatch, Path, "iterdir", Path("reports/templates"))
    ended = run("status")
    assert (ended.status, ended.out) == (2, "")
    assert ended.err == ("error: reports/templates cannot be read: Permission denied; mend its permissions\n")


@pytest.mark.parametrize("name", ["index-Copy1", "My report", "$(touch P)", "Index"])
def test_the_name_of_a_report_is_checked(name, run, whole):
    shutil.copy("reports/templates/index.ipynb", f"reports/templates/{name}.ipynb")
    ended = run("status")
    assert (ended.status, ended.out) == (2, "")
    assert f"{name}.ipynb: the name of a report has a-z, 0-9 and _ only; rename it or move it" in ended.err


def test_json_agrees_with_the_table(run, whole):
    _edit(whole, "pgd_steps: 2", "pgd_steps: 3")
    _edit(whole, "seeds: [0, 1]", "seeds: [0, 1, 2]")
    (whole / "references/ring8.json").unlink()
    table = run("status").out.splitlines()[1 : 1 + len(STAGES)]
    counts = {
        (stage, state): int(count)
        for stage, *numbers in map(str.split, table)
        for state, count in zip(("current", "stale", "missing"), numbers, strict=True)
    }
    rows = _rows(run)
    found = Counter((row["stage"], row["state"]) for row in rows)
    assert counts == {key: found[key] for key in counts}
    assert {state for (_, state), count in counts.items() if count} == {"current", "stale", "missing"}
    assert all(row.keys() == {"stage", "target", "seed", "state", "reason"} for row in rows)
    assert all((row["state"] == "current") == (row["reason"] == "") for row in rows)


def test_another_params_file_is_looked_up_in_its_own_folder(run, whole):
    before = _rows(run)
    shutil.copy("params.yaml", "tiny.yaml")
    tiny = ("--params", "tiny.yaml")
    rows = _rows(run, *tiny)
    assert {row["state"] for row in rows} == {"missing"}
    assert any("run `ganmatrix prepare ring8 --params tiny.yaml`" in row["reason"] for row in rows)
    for name in ("data", "references", "cells", "transfers", "results"):
        (whole / "scales/tiny").mkdir(parents=True, exist_ok=True)
        shutil.move(name, f"scales/tiny/{name}")
        if (manifest := whole / f"{name}.json").exists():
            shutil.move(manifest, whole / "scales/tiny")
    rows = _rows(run, *tiny)
    assert _of(rows, "current") == _of(before, "current") - {("report index", None)}
    assert {row["state"] for row in _rows(run) if row["stage"] != "report"} == {"missing"}
