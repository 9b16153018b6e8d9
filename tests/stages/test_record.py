"""`record`: what may be committed is current, with every file as its manifest lists it."""

import json
from pathlib import Path

import pytest

from ganmatrix.errors import UserError
from ganmatrix.plan import Plan, Task
from ganmatrix.stages import record
from ganmatrix.store.layout import FOR_DVC


def _left_out(folder):
    plan = Plan.load(folder / "params.yaml")
    return {str(task) for task in plan.tasks() if not record.is_whole(plan, task)}


def test_all_of_a_finished_grid_may_be(whole):
    assert _left_out(whole) == set()


CELL = "ring8-conventional-gan"
LATER = {"assemble", "report index"}


@pytest.mark.parametrize(
    ("damaged", "left_out"),
    [
        (f"cells/{CELL}/train/1/history.parquet", {f"train {CELL}"}),
        (f"cells/{CELL}/evaluate/0/metrics.json", {f"evaluate {CELL}"}),
        ("references/ring8/statistics.safetensors", {"reference ring8"}),
        ("results/matrix.parquet", {"assemble"}),
        ("reports/index.html", {"report index"}),
        ("data/ring8/card.json", {"prepare ring8"}),
    ],
)
def test_one_damaged_file_spoils_its_stage(whole, damaged, left_out):
    path = whole / damaged
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    assert _left_out(whole) == left_out


def test_what_was_made_of_other_params_is_left_out_with_all_that_rests_on_it(whole):
    text = (whole / "params.yaml").read_text()
    assert "pgd_steps: 2" in text
    (whole / "params.yaml").write_text(text.replace("pgd_steps: 2", "pgd_steps: 3"))
    probes = {f"probe {CELL}", "probe ring8-conventional-as_gan"}
    assert _left_out(whole) == {*probes, "transfer ring8", *LATER}


def test_a_seed_that_is_to_come_leaves_its_cells_out(whole):
    text = (whole / "params.yaml").read_text()
    assert "seeds: [0, 1]" in text
    (whole / "params.yaml").write_text(text.replace("seeds: [0, 1]", "seeds: 3"))
    cells = {
        f"{stage} {cell}"
        for stage in ("train", "evaluate", "probe")
        for cell in Plan.load(whole / "params.yaml").cells
    }
    assert _left_out(whole) == {*cells, "transfer ring8", *LATER}


def test_names_of_stages():
    assert record.stage_name(Task("train", CELL)) == f"train@{CELL}"
    assert record.stage_name(Task("assemble")) == "assemble"


def test_other_params_are_not_recorded(whole):
    other = whole / "other.yaml"
    other.write_text((whole / "params.yaml").read_text())
    line = record.run(other, Plan.load(other))
    assert line.startswith("not recorded in DVC: dvc.yaml describes params.yaml")


def test_where_dvc_fails_its_words_are_one_line(whole):
    Path("dvc.yaml").write_text("stages: {report: {cmd: 'true'}}")
    with pytest.raises(UserError, match=r"^DVC cannot record: ") as error:
        record.run(Path("params.yaml"), Plan.load(Path("params.yaml")))
    assert "\n" not in str(error.value)


def test_dvc_is_told_of_the_reports_and_variants(whole):
    """`record` writes the list that dvc.yaml reads, where there is a dvc.yaml."""
    assert not FOR_DVC.exists()
    Path("dvc.yaml").write_text("stages: {report: {cmd: 'true'}}")
    with pytest.raises(UserError, match="DVC cannot record"):
        record.run(Path("params.yaml"), Plan.load(Path("params.yaml")))
    assert json.loads(FOR_DVC.read_text()) == {"reports": ["index"], "variants": {}}
