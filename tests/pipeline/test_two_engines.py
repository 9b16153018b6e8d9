"""The smoke matrix through both engines: each leaves the other nothing to do, and stays right."""

import os
import re
from pathlib import Path

import pytest
from engines import DIGESTS, MADE, OUTPUTS, STAGES, Project

CELL_STAGES = ("train", "evaluate", "probe")
TRANSFERS = {"transfer ring8", "transfer digits"}
PAGES = ("index", "claims", "results_matrix", "robustness", "stability")
REPORTS = {"assemble", *(f"report {page}" for page in PAGES)}
GATHERING = TRANSFERS | REPORTS


def of_method(method: str, stages: tuple[str, ...] = CELL_STAGES) -> set[str]:
    """The method's jobs in the smoke matrix."""
    return {f"{stage} {data}-conventional-{method}-0" for stage in stages for data in ("ring8", "digits")}


def test_after_snakemake_neither_engine_has_anything_to_do(smoke: Project) -> None:
    assert smoke.snakemake_has_nothing_to_do()
    assert smoke.dvc_is_clean()
    changed = smoke.succeed("git", "status", "--porcelain").split("\n")
    assert [line for line in changed if line] == ["?? dvc.lock"]


def test_dvc_restores_what_was_deleted_and_repeats_nothing(made: Project) -> None:
    before = made.digests()
    made.delete_outputs()
    made.dvc("checkout", "--quiet")
    assert made.digests() == before
    assert made.snakemake_has_nothing_to_do()
    lock = (made.root / "dvc.lock").read_bytes()
    assert "didn't change, skipping" in made.dvc("repro")
    assert made.digests() == before
    assert (made.root / "dvc.lock").read_bytes() == lock


def test_recording_twice_changes_nothing(made: Project) -> None:
    before, lock = made.digests(), (made.root / "dvc.lock").read_bytes()
    assert made.record() == made.record() == f"recorded {STAGES} stages in DVC"
    assert made.digests() == before
    assert (made.root / "dvc.lock").read_bytes() == lock
    assert made.snakemake_has_nothing_to_do()


def test_unrecorded_results_are_recorded_later(made: Project) -> None:
    """Snakemake's onsuccess does not run when there is nothing to do; the verb does the same."""
    (made.root / "dvc.lock").unlink()
    assert made.snakemake("--cores", "1").status == 0
    assert not (made.root / "dvc.lock").exists()
    made.record()
    assert made.dvc_is_clean()
    # As DVC writes it: every stage with its own params.
    assert not re.search(r"(?m): [&*]id\d+$", (made.root / "dvc.lock").read_text())


def test_logs_and_benchmarks_may_be_deleted(made: Project) -> None:
    for folder in ("logs", "benchmarks", "scratch"):
        for file in (made.root / folder).rglob("*"):
            if file.is_file():
                file.unlink()
    assert made.snakemake_has_nothing_to_do()
    assert made.dvc_is_clean()


def test_bytecode_beside_the_sources_is_no_change(made: Project) -> None:
    cache = made.root / "src" / "ganmatrix" / "training" / "__pycache__"
    cache.mkdir(exist_ok=True)
    (cache / "trainer.cpython-311.pyc").write_bytes(os.urandom(8))
    assert made.dvc_is_clean()
    assert made.snakemake_has_nothing_to_do()


def test_a_hyperparameter_outdates_exactly_its_method_s_cells(made: Project) -> None:
    made.replace("params.yaml", "epsilon: 1/255", "epsilon: 2/255")
    assert made.outdated_in_snakemake() == of_method("as_gan") | GATHERING
    # DVC names what changed itself, the digest of the value; what follows from it shows once that has run.
    assert made.outdated_in_dvc() == {"digest methods as_gan"}
    trained = of_method("as_gan", CELL_STAGES)
    assert made.record().startswith(f"recorded {STAGES - len(trained) - len(GATHERING)} stages in DVC; ")
    assert made.outdated_in_dvc() == of_method("as_gan", ("train",))


def test_evaluation_outdates_no_transfer(made: Project) -> None:
    made.replace("params.yaml", "kid_subsets: 4", "kid_subsets: 3")
    evaluated = of_method("gan", ("evaluate",)) | of_method("as_gan", ("evaluate",))
    assert made.outdated_in_snakemake() == evaluated | REPORTS
    assert made.outdated_in_dvc() == {"digest evaluation"}
    made.dvc("repro", "digest-evaluation")
    assert made.outdated_in_dvc() == evaluated


def test_scores_made_anew_outdate_no_transfer(made: Project) -> None:
    """DVC's `assemble` takes the folder `cells`, which holds scores; its `transfer` does not."""
    for path in made.root.glob("cells/*/metrics.json"):
        path.write_text(path.read_text() + "\n")
    assert TRANSFERS.isdisjoint(made.outdated_in_dvc())


def test_a_recipe_outdates_the_transfers_of_its_dataset_alone(made: Project) -> None:
    made.replace("params.yaml", "digits: *short", "digits: {<<: *short, generator_steps: 11}")
    cells = {f"{stage} digits-conventional-{m}-0" for stage in CELL_STAGES for m in ("gan", "as_gan")}
    assert made.outdated_in_snakemake() == cells | REPORTS | {"transfer digits"}
    assert made.outdated_in_dvc() == {"digest recipes digits"}
    made.dvc("repro", "digest-recipes@digits")
    assert made.outdated_in_dvc() == {name for name in cells if name.startswith("train")}


def test_other_weights_outdate_the_transfers_of_their_dataset_alone(made: Project) -> None:
    """As `dvc repro` sees it once `train` has run again."""
    path = made.root / "checksums" / "digits" / "digits-conventional-gan-0.sha256"
    path.unlink()
    path.write_text("another\n")
    assert TRANSFERS & made.outdated_in_dvc() == {"transfer digits"}


def test_a_smaller_grid_outdates_transfers_and_a_larger_one_of_other_datasets_does_not(made: Project) -> None:
    made.replace("params.yaml", "datasets: [ring8, digits]", "datasets: [ring8]")
    assert made.outdated_in_snakemake() == REPORTS
    assert made.outdated_in_dvc() == {"assemble"}
    made.replace("params.yaml", "methods: [gan, as_gan]", "methods: [gan]")
    assert made.outdated_in_snakemake() == REPORTS | {"transfer ring8"}
    assert made.outdated_in_dvc() == {"assemble", "transfer ring8"}
    ran = made.snakemake("--cores", "2")
    assert ran.status == 0, ran.text
    # What the cells that left have made stays, and disturbs neither engine.
    assert (made.root / "checksums" / "ring8" / "ring8-conventional-as_gan-0.sha256").is_file()
    assert made.dvc_is_clean()
    assert made.snakemake_has_nothing_to_do()


@pytest.mark.parametrize(
    ("file", "verbs"),
    [
        ("probes/noise.py", ("probe", "transfer")),
        ("evaluation/kid.py", ("reference", "evaluate")),
        ("training/trainer.py", ("train",)),
    ],
)
def test_code_of_a_layer_outdates_exactly_the_stages_that_reach_it(
    made: Project, file: str, verbs: tuple[str, ...]
) -> None:
    source = made.root / "src" / "ganmatrix" / file
    source.write_text(f"{source.read_text()}# changed\n")
    cells = CELL_STAGES if "train" in verbs else tuple(set(verbs) & set(CELL_STAGES))
    later = of_method("gan", cells) | of_method("as_gan", cells) | REPORTS
    later |= {"reference ring8", "reference digits"} if "reference" in verbs else TRANSFERS
    assert made.outdated_in_snakemake() == later
    # What DVC compares is the digest of a stage's code; its cells show once that has been made again.
    assert made.outdated_in_dvc() == {f"digest {verb}" for verb in verbs}


def test_only_finished_stages_are_recorded(made: Project) -> None:
    (made.root / "dvc.lock").unlink()
    folder = made.root / "cells" / "digits-conventional-gan-0"
    (folder / "probes.json").unlink()
    assert made.record().startswith(f"recorded {STAGES - 1 - len(REPORTS)} stages in DVC; 7 are unfinished")
    assert made.outdated_in_dvc() == {"probe digits-conventional-gan-0"} | REPORTS


def test_results_of_older_params_are_never_vouched_for(made: Project) -> None:
    """Also not where Snakemake has no notes on them, and so would call them good."""
    for file in (made.root / ".snakemake" / "metadata").rglob("*"):
        if file.is_file():
            file.unlink()
    made.replace("params.yaml", "epsilon: 1/255", "epsilon: 2/255")
    made.record()
    assert made.outdated_in_dvc() == of_method("as_gan", ("train",))


def test_a_fresh_clone_adopts_checked_out_results(made: Project, fresh: Project) -> None:
    """A clone has dvc.lock and a cache, but neither Snakemake's notes nor the order of times."""
    (fresh.root / "dvc.lock").write_bytes((made.root / "dvc.lock").read_bytes())
    (made.root / ".dvc" / "cache").rename(fresh.root / ".dvc" / "cache")
    fresh.dvc("checkout", "--quiet")
    assert fresh.dvc_is_clean()
    # What is not as dvc.lock says is left to Snakemake, with all that was made of it.
    spoilt = fresh.root / "cells" / "ring8-conventional-gan-0" / "probes.json"
    spoilt.write_text(spoilt.read_text() + " ")
    left = 1 + len(REPORTS)
    assert fresh.adopt() == (
        f"DVC vouches for {STAGES - left} stages, {MADE - left} of them new to Snakemake; not for {left}, "
        "because of probe@ring8-conventional-gan-0 (`dvc status` says why)"
    )
    spoilt.unlink()
    fresh.dvc("checkout", "--quiet")
    assert "note: dvc.lock has changed" not in fresh.snakemake("-n").text
    assert fresh.adopt() == f"DVC vouches for {STAGES} stages, {left} of them new to Snakemake"
    assert fresh.snakemake_has_nothing_to_do()
    fresh.replace("params.yaml", "epsilon: 1/255", "epsilon: 2/255")
    assert fresh.outdated_in_snakemake() == of_method("as_gan") | GATHERING


@pytest.mark.cluster
def test_an_older_revision_comes_back_whole(made: Project) -> None:
    """Params, data, checkpoints and results of then; and of now, when one returns."""
    user = ("-c", "user.name=test", "-c", "user.email=test@localhost")
    then = made.digests()
    made.succeed("git", "add", "--all")
    made.succeed("git", *user, "commit", "--quiet", "--message", "then")
    made.replace("params.yaml", "epsilon: 1/255", "epsilon: 2/255")
    ran = made.snakemake("--cores", "2")
    assert ran.status == 0, ran.text
    now = made.digests()
    changed = {name for name in then if then[name] != now[name]}
    assert "cells/ring8-conventional-as_gan-0/weights.safetensors" in changed
    assert not any("-gan-0" in name for name in changed)
    made.succeed("git", "add", "--all")
    made.succeed("git", *user, "commit", "--quiet", "--message", "now")
    for revision, expected in (("HEAD~1", then), ("HEAD@{1}", now)):
        made.succeed("git", "checkout", "--quiet", revision)
        made.dvc("checkout", "--quiet")
        assert made.digests() == expected
        assert made.dvc_is_clean()
        made.adopt()
        assert made.snakemake_has_nothing_to_do()


def test_one_cell_alone(fresh: Project) -> None:
    cell = "ring8-conventional-gan-0"
    ran = fresh.snakemake("--cores", "2", f"cells/{cell}/metrics.json")
    assert ran.status == 0, ran.text
    assert f"recorded {DIGESTS + 4} stages in DVC; {MADE - 4} are unfinished or out of date" in ran.text
    left = {"prepare ring8", "reference ring8", f"train {cell}", f"evaluate {cell}"}
    assert left.isdisjoint(fresh.outdated_in_dvc())
    assert {path.name for path in (fresh.root / "cells").iterdir()} == {cell}


@pytest.mark.slow
def test_dvc_repro_makes_the_same_bytes_and_snakemake_takes_them(smoke: Project, fresh: Project) -> None:
    fresh.dvc("repro")
    ours, theirs = smoke.digests(), fresh.digests()
    assert set(ours) == set(theirs)
    exact = {
        name
        for name in ours
        if name.startswith(("data/", "references/", "cells/", "checksums/", "transfers/"))
    }
    exact -= {name for name in exact if name.endswith("run.json")}
    assert {name for name in exact if ours[name] != theirs[name]} == set()
    assert fresh.snakemake_has_nothing_to_do()
    assert fresh.dvc_is_clean()


@pytest.mark.slow
def test_dvc_repro_after_a_change_is_taken_by_snakemake(made: Project) -> None:
    made.replace("params.yaml", "epsilon: 1/255", "epsilon: 2/255")
    made.dvc("repro")
    assert made.dvc_is_clean()
    made.adopt()
    assert made.snakemake_has_nothing_to_do()
    assert made.dvc_is_clean()


def test_outputs_lie_where_the_ignore_file_says(smoke: Project) -> None:
    for folder in (*OUTPUTS, "logs", "benchmarks"):
        assert Path(smoke.root / folder).is_dir()
        assert smoke.run("git", "check-ignore", "--quiet", f"{folder}/anything").status == 0
