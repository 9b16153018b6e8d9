"""Which stages may be committed: all of whose outputs, and all that they were made from, are good."""

from pathlib import Path

import pytest

from ganmatrix.errors import UserError
from ganmatrix.params import load
from ganmatrix.stages import adopt, engines, record

HEADER = "output_file\tdate\trule\tlog-file(s)\tstatus\tplan"
CELL = "ring8-conventional-gan-0"
DEFAULT = load(Path(__file__).parents[2] / "params.yaml")


def _row(path, rule, log="logs/a.log", status="ok", plan="no update"):
    return f"{path}\tnow\t{rule}\t{log}\t{status}\t{plan}"


def _table(**changes):
    """A pipeline of one cell where everything is good but what `changes` says of a rule's rows."""
    outputs = [
        ("data/ring8/train.npy", "prepare"),
        ("data/ring8/card.json", "prepare"),
        ("references/ring8/card.json", "reference"),
        (f"cells/{CELL}/weights.safetensors", "train"),
        (f"cells/{CELL}/run.json", "train"),
        (f"checksums/ring8/{CELL}.sha256", "train"),
        (f"cells/{CELL}/metrics.json", "evaluate"),
        (f"cells/{CELL}/probes.json", "probe"),
        (f"cells/{CELL}/attacks.png", "probe"),
        ("transfers/ring8.parquet", "transfer"),
        ("results/matrix.parquet", "assemble"),
        ("reports/index.html", "report"),
    ]
    rows = [_row(path, rule, **changes.get(rule, {})) for path, rule in outputs]
    return "\n".join(["Building DAG of jobs...", HEADER, *rows])


STAGES = {
    "prepare@ring8",
    "reference@ring8",
    f"train@{CELL}",
    f"evaluate@{CELL}",
    f"probe@{CELL}",
    "transfer@ring8",
    "assemble",
    "report@index",
}


READS = {
    "prepare@ring8": set(),
    "reference@ring8": {"prepare@ring8"},
    f"train@{CELL}": {"prepare@ring8"},
    f"evaluate@{CELL}": {"prepare@ring8", "reference@ring8", f"train@{CELL}"},
    f"probe@{CELL}": {"prepare@ring8", f"train@{CELL}"},
    "transfer@ring8": {"prepare@ring8", f"train@{CELL}"},
    "assemble": {f"train@{CELL}", f"evaluate@{CELL}", f"probe@{CELL}", "transfer@ring8"},
    "report@index": {"assemble"},
}


def _good(table):
    return engines.closed({name for name, good in engines.up_to_date(table).items() if good}, READS)


def test_all_good():
    assert engines.up_to_date(_table()) == dict.fromkeys(STAGES, True)


BAD = [{"plan": "update pending"}, {"status": "params changed"}, {"log": "-"}, {"status": "missing"}]


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize(
    ("rule", "left"),
    [
        ("prepare", set()),
        ("reference", {"prepare@ring8", f"train@{CELL}", f"probe@{CELL}", "transfer@ring8"}),
        ("train", {"prepare@ring8", "reference@ring8"}),
        ("probe", STAGES - {f"probe@{CELL}", "assemble", "report@index"}),
        ("transfer", STAGES - {"transfer@ring8", "assemble", "report@index"}),
        ("assemble", STAGES - {"assemble", "report@index"}),
        ("report", STAGES - {"report@index"}),
    ],
)
def test_a_bad_stage_takes_with_it_what_was_made_from_it(rule, left, bad):
    assert _good(_table(**{rule: bad})) == left


def test_one_bad_output_of_several_spoils_its_stage():
    table = _table().replace(
        _row("data/ring8/card.json", "prepare"), _row("data/ring8/card.json", "prepare", "-")
    )
    assert _good(table) == set()


def test_names_of_stages():
    assert engines.stage_name("train", Path(f"scales/a/cells/{CELL}/run.json")) == f"train@{CELL}"
    checksum = Path(f"checksums/ring8/{CELL}.sha256")
    assert engines.stage_name("train", checksum) == f"train@{CELL}"
    assert engines.stage_name("transfer", Path("transfers/ring8.parquet")) == "transfer@ring8"
    assert engines.stage_name("report", Path("reports/results_matrix.html")) == "report@results_matrix"


def test_other_params_are_not_recorded(project):
    other = project().parent / "other.yaml"
    assert record.run(other, *DEFAULT).startswith("not recorded in DVC: dvc.yaml describes params.yaml")
    assert adopt.run(other).startswith("nothing to adopt: dvc.yaml describes params.yaml")


def test_an_engine_that_fails_is_one_line(project):
    with pytest.raises(UserError, match=r"^`snakemake --summary[^`]*` failed: \S") as error:
        record.run(project(), *DEFAULT)
    assert "\n" not in str(error.value)
