"""What stages depend on besides files, as small files: written only where they change."""

import json

import pytest

from ganmatrix import imports
from ganmatrix.errors import UserError
from ganmatrix.plan import STAGES, Plan, Task
from ganmatrix.stages import digest
from ganmatrix.store.layout import SEEDED

CELL = "ring8-conventional-as_gan"


def _texts(folder):
    return {
        path.relative_to(folder / "digests"): path.read_text() for path in folder.rglob("digests/*/*.json")
    }


def _changed(folder, run):
    """The stages and targets whose digests another `ganmatrix digest` writes anew."""
    before = _texts(folder)
    assert run("digest").status == 0
    after = _texts(folder)
    return {
        str(path.with_suffix(""))
        for path in before.keys() | after.keys()
        if before.get(path) != after.get(path)
    }


@pytest.fixture
def noted(project, run):
    """A small project after `ganmatrix digest`."""
    folder = project().parent
    assert run("digest").status == 0
    return folder


def test_there_is_one_for_every_stage_and_target(noted):
    plan = Plan.load(noted / "params.yaml")
    found = _texts(noted)
    assert {path.parent.name for path in found} == set(STAGES) - {"report"}
    assert len(found) == len(plan.tasks()) == 2 + 2 + 3 * 16 + 2 + 1
    for path, text in found.items():
        content = json.loads(text)
        seeds, cells = path.parent.name in SEEDED, path.parent.name == "transfer"
        assert set(content) == {"params", "code", *["seeds"] * seeds, *["cells"] * cells}
        assert "seeds" not in content or content["seeds"] == [0, 1]
    assert list(json.loads(found[next(p for p in found if p.match(f"train/{CELL}.json"))])["params"]) == [
        "architectures.conventional",
        "methods.as_gan",
        "recipes.ring8",
    ]


def test_a_second_time_nothing_is_written(noted, run):
    before = {path: path.stat().st_mtime_ns for path in noted.rglob("digests/*/*.json")}
    ended = run("digest")
    assert ended.out == f"{len(before)} digests, 0 of them new\n"
    assert {path: path.stat().st_mtime_ns for path in noted.rglob("digests/*/*.json")} == before


def test_an_edit_touches_the_stages_that_use_the_value_and_no_other(noted, run, project):
    cells = [
        f"{data}-{family}-as_gan" for data in ("ring8", "digits") for family in ("conventional", "resnet_sn")
    ]
    project(("epsilon: 1/255", "epsilon: 7/255"))
    assert _changed(noted, run) == {f"train/{cell}" for cell in cells}
    project()
    assert _changed(noted, run) == {f"train/{cell}" for cell in cells}
    project(("radius: 0.8", "radius: 0.7"))
    assert _changed(noted, run) == {"prepare/ring8", "assemble/assemble"}


def test_the_order_of_keys_and_defaults_written_out_do_not_count(noted, run, project):
    project(
        ("{kind: gan, loss: non_saturating}", "{repeats: 1, loss: non_saturating, kind: gan}"),
        ("epsilon: 1/255, warm_up: 0", "warm_up: 0, epsilon: 1/255"),
    )
    assert _changed(noted, run) == set()


def test_the_members_that_are_used_count_as_code_and_no_others(noted, run, monkeypatch):
    def edited(name):
        original = imports._file_digest
        with monkeypatch.context() as patch:
            patch.setattr(
                imports,
                "_file_digest",
                lambda path: "another" if path == imports.PACKAGE / name else original(path),
            )
            imports.digest.cache_clear()
            changed = _changed(noted, run)
        imports.digest.cache_clear()
        assert _changed(noted, run) == changed
        return changed

    plan = Plan.load(noted / "params.yaml")
    cells = [cell for cell in plan.cells if cell.endswith("-dat")]
    stages = ("train", "evaluate", "probe")
    assert edited("methods/dat.py") == {f"{stage}/{cell}" for stage in stages for cell in cells} | {
        "transfer/ring8",
        "transfer/digits",
    }
    assert edited("methods/unrolled.py") == set()
    assert edited("datasets/points.py") == {"prepare/ring8"}
    assert edited("training/trainer.py") == {f"train/{cell}" for cell in plan.cells}
    assert edited("terminal/tables.py") == edited("store/locks.py") == set()


def test_digests_of_what_left_the_grid_go(noted, run, project):
    project(("methods: [gan, as_gan, dat, fargan]", "methods: [gan, as_gan]"))
    assert run("digest").status == 0
    plan = Plan.load(noted / "params.yaml")
    assert set(noted.rglob("digests/*/*.json")) == {
        noted / plan.layout.digest(task.stage, task.target) for task in plan.tasks()
    }


def test_other_params_have_digests_of_their_own(noted, run):
    (noted / "params.yaml").rename(noted / "tiny.yaml")
    assert run("digest", "--params", "tiny.yaml").status == 0
    assert (noted / f"scales/tiny/digests/train/{CELL}.json").is_file()


def test_code_that_lies_elsewhere_is_not_vouched_for(noted):
    (noted / "src/ganmatrix").mkdir(parents=True)
    before = _texts(noted)
    with pytest.raises(UserError, match=r"^the code that runs is .*: set PYTHONPATH to "):
        digest.run(Plan.load(noted / "params.yaml"))
    assert _texts(noted) == before
    (noted / "src/ganmatrix").rmdir()
    (noted / "src/ganmatrix").symlink_to(imports.PACKAGE)
    assert digest.run(Plan.load(noted / "params.yaml")).endswith(" 0 of them new")


def test_what_the_engines_compare_is_what_the_manifests_say(finished):
    plan = Plan.load(finished / "params.yaml")
    task = Task("train", "ring8-conventional-gan")
    made_from = plan.read(task).entries[0].made_from
    assert plan.digest(task) == {"params": made_from.params, "code": made_from.code, "seeds": [0, 1]}
