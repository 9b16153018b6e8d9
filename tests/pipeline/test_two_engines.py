"""The smoke matrix through both engines: what one has made the other does not make again.

What counts as made is what the verbs publish, noted by the projects' command (engines.py).
"""

import json
import os
import shutil
from pathlib import Path

import pandas as pd
import pytest

from helpers.engines import NOTHING, OUTPUTS, STAGES, Project

pytestmark = pytest.mark.cluster

CELL = "ring8-conventional-gan"
COSTS = ["wall_seconds", "cpu_seconds", "images_per_second"]
RUN = ("weights.safetensors", "history.parquet", "samples.png", "run.json")


def points_alone(project: Project, seeds: str) -> None:
    """Have the grid hold the points alone, with these seeds."""
    project.replace("params.yaml", "datasets: [ring8, digits]", "datasets: [ring8]")
    project.replace("params.yaml", "seeds: [0, 1]", f"seeds: {seeds}")


def of_seeds(*seeds: int) -> list[str]:
    """What is made of new seeds of the points, without results and pages."""
    cells = [f"cells/ring8-conventional-{method}/{stage}" for method in ("gan", "as_gan") for stage in STEPS]
    return sorted(f"{folder}/{seed}.json" for folder in (*cells, "transfers/ring8") for seed in seeds)


STEPS = ("train", "evaluate", "probe")
RESULTS = ["results.json"]


def test_after_snakemake_neither_engine_has_anything_to_do(smoke: Project) -> None:
    assert smoke.snakemake_has_nothing_to_do()
    assert smoke.dvc_is_clean()
    assert smoke.states() == set()
    changed = smoke.succeed("git", "status", "--porcelain").split("\n")
    assert [line for line in changed if line] == ["?? dvc.lock"]
    assert len(smoke.published()) == len(set(smoke.published())) == 2 + 2 + 3 * 4 * 2 + 2 * 2 + 1 + 5


def test_outputs_lie_where_the_ignore_file_says(smoke: Project) -> None:
    for folder in (*OUTPUTS, "logs", "scratch"):
        assert (smoke.root / folder).is_dir()
        assert smoke.run("git", "check-ignore", "--quiet", f"{folder}/anything").status == 0
    assert not [
        path for path in (smoke.root / "scratch").rglob("*") if path.is_file() and path.stat().st_size > 99
    ]


def test_dvc_stores_every_file_that_is_made(smoke: Project) -> None:
    """Results are listed one by one in dvc.yaml."""
    listed = json.loads(smoke.dvc("ls", ".", "--dvc-only", "--recursive", "--json"))
    stored = {each["path"] for each in listed}
    assert stored == set(smoke.digests())


def test_dvc_restores_what_was_deleted_and_nothing_is_left_to_do(made: Project) -> None:
    before, lock = made.digests(), (made.root / "dvc.lock").read_bytes()
    made.delete_outputs()
    assert made.states()
    made.dvc("checkout", "--quiet")
    assert made.digests() == before
    assert made.states() == set()
    assert made.snakemake_has_nothing_to_do()
    assert made.made_by("dvc", "repro") == []
    assert made.digests() == before
    assert (made.root / "dvc.lock").read_bytes() == lock


def test_recording_twice_changes_nothing(made: Project) -> None:
    before, lock = made.digests(), (made.root / "dvc.lock").read_bytes()
    (made.root / "dvc.lock").unlink()
    assert made.record() == made.record() == f"recorded {STAGES} stages in DVC"
    assert made.digests() == before
    assert (made.root / "dvc.lock").read_bytes() == lock
    assert made.snakemake_has_nothing_to_do()


class TestAgreement:
    """What one engine, a checkout or a pull has brought here, the other takes as it is."""

    def test_after_snakemake_dvc_makes_nothing(self, made: Project) -> None:
        """Nor where DVC knows of nothing and has to ask every verb."""
        before = made.digests()
        assert made.made_by("dvc", "repro") == []
        lock = (made.root / "dvc.lock").read_bytes()
        (made.root / "dvc.lock").unlink()
        assert made.made_by("dvc", "repro") == []
        assert (made.root / "dvc.lock").read_bytes() == lock
        assert made.digests() == before
        assert made.snakemake_has_nothing_to_do()

    def test_after_dvc_snakemake_makes_nothing_and_the_bytes_are_the_same(
        self, smoke: Project, fresh: Project
    ) -> None:
        assert fresh.made_by("dvc", "repro") == sorted(set(smoke.published()))
        assert fresh.dvc_is_clean()
        assert fresh.made() == smoke.made()
        before = fresh.digests()
        assert fresh.made_by("snakemake", "--cores", "2") == []
        assert fresh.digests() == before
        assert fresh.snakemake_has_nothing_to_do()
        assert fresh.dvc_is_clean()
        ours, theirs = (
            pd.read_parquet(project.root / "results" / "matrix.parquet").drop(columns=COSTS)
            for project in (smoke, fresh)
        )
        pd.testing.assert_frame_equal(ours, theirs, check_exact=True)

    @pytest.mark.parametrize(
        "engines",
        [
            (("snakemake", "--cores", "2", "results.json"), ("dvc", "repro", "assemble")),
            (("dvc", "repro", "assemble"), ("snakemake", "--cores", "2", "results.json")),
        ],
        ids=["snakemake", "dvc"],
    )
    def test_new_seeds_are_made_once_and_no_others(
        self, engines: tuple[tuple[str, ...], tuple[str, ...]], made: Project
    ) -> None:
        points_alone(made, "[0, 1]")
        before = made.made()
        points = {name for name in before if "/ring8" in name}
        made.replace("params.yaml", "seeds: [0, 1]", "seeds: 4")
        first, second = engines
        assert made.made_by(*first) == sorted([*of_seeds(2, 3), *RESULTS])
        after = made.made()
        kept = {name for name in before if not name.startswith("digests/")}
        changed = {name for name in kept if after.get(name) != before[name]}
        assert changed == {
            name
            for name in points
            if name.endswith((*(f"/{stage}.json" for stage in STEPS), "transfers/ring8.json"))
        }
        assert made.made_by(*second) == []
        assert made.made() == after

    def test_a_clone_pulls_and_has_nothing_to_make(self, made: Project, tmp_path: Path) -> None:
        made.dvc("remote", "add", "--default", "shared", str(tmp_path / "remote"))
        made.commit()
        made.dvc("push", "--quiet")
        clone = made.clone(tmp_path / "clone")
        clone.dvc("pull", "--quiet")
        assert clone.digests() == made.digests()
        assert clone.states() == set()
        assert clone.dvc_is_clean()
        assert clone.made_by("snakemake", "--cores", "2") == []
        assert clone.snakemake_has_nothing_to_do()
        assert clone.dvc_is_clean()
        assert clone.made_by("dvc", "repro") == []
        assert clone.digests() == made.digests()

    def test_what_a_change_has_remade_in_one_engine_the_other_takes(self, made: Project) -> None:
        """And an older revision comes back whole: params, data, weights and results."""
        then = made.digests()
        made.commit("then")
        points_alone(made, "[0]")
        made.replace("params.yaml", "epsilon: 1/255", "epsilon: 2/255")
        remade = made.made_by("dvc", "repro", "assemble")
        cell = "cells/ring8-conventional-as_gan"
        assert remade == sorted(
            [*(f"{cell}/{stage}/0.json" for stage in STEPS), "transfers/ring8/0.json", *RESULTS]
        )
        assert made.made_by("snakemake", "--cores", "2", "results.json") == []
        made.commit("now")
        now = made.digests()
        pages = {state for state in made.states() if state.startswith("report")}
        for revision, expected, left in (("HEAD~1", then, set()), ("HEAD@{1}", now, pages)):
            made.succeed("git", "checkout", "--quiet", revision)
            made.dvc("checkout", "--quiet")
            assert {name: made.digests().get(name) for name in expected} == expected
            assert made.states() == left
            assert made.outdated_in_dvc() == left


def test_unrecorded_results_are_recorded_later(made: Project) -> None:
    """Snakemake's onsuccess does not run when there is nothing to do; the verb does the same."""
    (made.root / "dvc.lock").unlink()
    assert NOTHING in made.snakemake("--cores", "1").text
    assert not (made.root / "dvc.lock").exists()
    made.record()
    assert made.dvc_is_clean()


def test_logs_and_scratch_may_be_deleted(made: Project) -> None:
    for folder in ("logs", "scratch"):
        shutil.rmtree(made.root / folder)
    cache = made.root / "src" / "ganmatrix" / "training" / "__pycache__"
    cache.mkdir(exist_ok=True)
    (cache / "trainer.cpython-311.pyc").write_bytes(os.urandom(8))
    assert made.states("--files") == set()
    assert made.snakemake_has_nothing_to_do()
    assert made.dvc_is_clean()


def test_only_what_is_whole_is_recorded(made: Project) -> None:
    (made.root / "dvc.lock").unlink()
    (made.root / "cells" / CELL / "probe.json").unlink()
    left = {f"probe {CELL}", "assemble", *(state for state in made.states() if state.startswith("report"))}
    assert made.states() == left
    assert made.record().startswith(
        f"recorded {STAGES - len(left)} stages in DVC; {len(left)} are unfinished"
    )
    assert made.outdated_in_dvc() == left
    # Its notes are there, so the verb has no more to do than to write the manifest again.
    assert made.made_by("dvc", "repro") == []
    assert made.states() == set()
    assert made.dvc_is_clean()


def test_results_of_older_params_are_never_recorded(made: Project) -> None:
    made.replace("params.yaml", "epsilon: 1/255", "epsilon: 8/255")
    ran = made.snakemake("--cores", "1", "--touch")
    assert ran.status == 2
    left = made.states()
    assert {"train ring8-conventional-as_gan", "train digits-conventional-as_gan"} <= left
    assert made.record().startswith(
        f"recorded {STAGES - len(left)} stages in DVC; {len(left)} are unfinished"
    )
    assert {f"train {data}-conventional-as_gan" for data in ("ring8", "digits")} <= made.outdated_in_dvc()


def test_one_cell_alone(fresh: Project) -> None:
    made = fresh.made_by("snakemake", "--cores", "2", f"cells/{CELL}/evaluate.json")
    cell = [f"cells/{CELL}/{stage}/{seed}.json" for stage in ("train", "evaluate") for seed in (0, 1)]
    assert made == sorted(["data/ring8.json", "references/ring8.json", *cell])
    assert {path.name for path in (fresh.root / "cells").iterdir()} == {CELL}
    recorded = {"prepare ring8", "reference ring8", f"train {CELL}", f"evaluate {CELL}"}
    assert recorded.isdisjoint(fresh.outdated_in_dvc())
    assert len(fresh.outdated_in_dvc()) == STAGES - len(recorded)
