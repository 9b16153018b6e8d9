"""Results from elsewhere, from the params file to verdicts, beside our own runs and without any."""

import hashlib
import json
import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from ganmatrix.errors import UserError
from ganmatrix.plan import Plan, Task
from ganmatrix.stages import digest, report
from helpers import here
from helpers.fake_matrix import GRID, HOME, TEMPLATES, FakeMatrix
from helpers.refusal import refused
from helpers.stated import lines

EXAMPLE = Path("examples/outside_results.yaml")
HEADER = "dataset,architecture,method,seed,column,value,protocol"
TABLE = Path("imports/theirs.csv")
FID = "fid_efficientnet_lite0_ema"
OURS = {"samples": 1000, "checkpoint": "ema", "real_samples": 1437, "dtype": "float64"}
"""The protocol of FID in the made-up matrix."""


def _rows(method, values, protocol="", dataset="digits", column=FID):
    stated = f'"{json.dumps(protocol)}"'.replace('"', '""')[1:-1] if isinstance(protocol, dict) else protocol
    return [f"{dataset},conventional,{method},{s},{column},{v},{stated}" for s, v in enumerate(values)]


def _write(*rows, path=TABLE):
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join([HEADER, *rows]) + "\n")


def _claim(name, method, baseline, metric=FID):
    return (
        f"  {name}:\n{lines(4)}\n    metric: {metric}\n    method: {method}\n    baseline: {baseline}\n"
        "    direction: lower\n    effect: relative\n    smallest_effect: 0.1\n"
    )


SECTION = f"imports:\n  theirs: {{file: {TABLE}, source: their paper}}\n"
CLAIMS = "claims:\n" + _claim("better", "new", "old")
LOW, HIGH = [20.0, 21, 19, 20.5, 19.8, 20.2], [30.0, 31, 29, 30.5, 29.8, 30.2, 30.9]


@pytest.fixture
def study(tmp_path, monkeypatch):
    """A study of one table, in the current folder, with the project's templates."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(TEMPLATES, "reports/templates")
    Path("params.yaml").write_text(SECTION + CLAIMS)
    _write(*_rows("new", LOW), *_rows("old", HIGH))
    return tmp_path


def _plan():
    return Plan.load(Path("params.yaml"))


def test_a_verdict_of_a_table_alone_takes_seconds_and_no_torch(tmp_path):
    """Processor time, the least of up to three: other work on the machine can only add to it."""
    for file in (EXAMPLE, EXAMPLE.with_suffix(".csv")):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        shutil.copy(HOME / file, tmp_path / file)
    code = (
        "import sys; sys.argv = ['ganmatrix', 'judge', '--params', sys.argv[1]]\n"
        "from ganmatrix.cli import app\n"
        "app(standalone_mode=False)\n"
        "assert 'torch' not in sys.modules\n"
    )
    took = []
    while len(took) < 3 and min(took, default=9.0) >= 5:
        shutil.rmtree(tmp_path / "scales", ignore_errors=True)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        ended = subprocess.run(
            [sys.executable, "-c", code, str(EXAMPLE)],
            cwd=tmp_path,
            env=os.environ | {"COLUMNS": "200"},
            capture_output=True,
            check=True,
            text=True,
        )
        now = resource.getrusage(resource.RUSAGE_CHILDREN)
        took.append(now.ru_utime + now.ru_stime - before.ru_utime - before.ru_stime)
    assert min(took) < 5
    for said in ("reproduced", "contradicted", "n=16 and 20 runs, unpaired"):
        assert said in ended.stdout


def test_the_tables_say_what_was_imported(study, run):
    assert run("judge").status == 0
    matrix = pd.read_parquet("results/matrix.parquet")
    assert matrix["source"].tolist() == ["theirs"] * 13
    assert matrix["paired_within"].isna().all()
    assert matrix["run"].iloc[0] == "digits-conventional-new-0"
    assert matrix[FID].tolist() == LOW + HIGH
    claim = pd.read_parquet("results/claims.parquet").iloc[0]
    assert (claim["verdict"], claim["design"], claim["method_runs"]) == ("reproduced", "unpaired", 6)
    summary = json.loads(Path("results/summary.json").read_text())
    assert summary["imports"]["theirs"] == {
        "file": str(TABLE),
        "source": "their paper",
        "licence": None,
        "paired": False,
        "sha256": hashlib.sha256(TABLE.read_bytes()).hexdigest(),
        "runs": 13,
    }
    assert r"(6)$^{a}$" in Path("results/table.tex").read_text()
    assert "a: imported, their paper." in Path("results/table.tex").read_text()
    assert "theirs" in Path("results/matrix.csv").read_text()


def test_an_edit_of_the_table_makes_results_stale_for_both_engines(study, run):
    assert run("judge").status == 0
    digest.run(_plan())
    before, file = Path("results/matrix.csv").read_text(), Path("digests/assemble/assemble.json")
    told = file.read_text()
    assert _plan().state(Task("assemble")).is_current
    _write(*_rows("new", HIGH), *_rows("old", HIGH))
    state = _plan().state(Task("assemble"))
    assert (state.kind, state.reason) == ("stale", "imports.theirs changed")
    assert "imports.theirs changed" in run("status").out
    digest.run(_plan())
    assert file.read_text() != told
    assert run("judge").status == 0
    assert Path("results/matrix.csv").read_text() != before


def test_dvc_sees_the_folder_and_an_empty_grid(study):
    Path("dvc.yaml").write_text("stages: {}\n")
    digest.run(_plan())
    listed = json.loads(Path("pipeline/for_dvc.json").read_text())
    assert listed["grid"] == {"datasets": [], "architectures": [], "methods": []}
    assert all(Path(folder).is_dir() for folder in ("cells", "references", "transfers"))
    assert "      - imports\n" in (HOME / "dvc.yaml").read_text()


def test_a_bad_table_leaves_earlier_results_alone(study, run):
    assert run("judge").status == 0
    before = {path.name: path.read_bytes() for path in Path("results").iterdir()}
    _write(*_rows("new", ["20,5", "NaN"]), *_rows("old", HIGH))
    ended = run("judge")
    assert ended.status == 2
    line = ended.err.splitlines()[-1]
    assert line.startswith(f"error: {TABLE}: line 2 has 8 fields")
    assert line.endswith("(and 1 more; the verb `check` names all)")
    assert {path.name: path.read_bytes() for path in Path("results").iterdir()} == before
    ended = run("check")
    assert (ended.status, ended.err.count("error: ")) == (2, 2)


def test_check_counts_the_runs(study, run):
    ended = run("check")
    assert (ended.status, ended.err) == (0, "")
    assert "params.yaml: imports.theirs: 13 runs" in ended.out.splitlines()


def _large(path):
    with path.open("wb") as file:
        file.truncate(65 * 1024**2)


def _folder(path):
    path.unlink()
    path.mkdir()


FILES = {
    "missing": (Path.unlink, "imports.theirs.file", "does not exist; mend the path"),
    "folder": (_folder, "imports.theirs.file", "no file; mend the path"),
    "huge": (_large, str(TABLE), "expected at most"),
}


@pytest.mark.parametrize(("spoil", "key", "mend"), FILES.values(), ids=FILES)
def test_files_that_cannot_be_read(spoil, key, mend, study, run):
    spoil(TABLE)
    for verb in ("judge", "assemble"):
        ended = run(verb)
        assert ended.status == 2
        assert ended.err.startswith(f"error: {key}")
        assert mend in ended.err
    assert run("status").status == 0
    assert not Path("results").exists()


def test_a_file_that_nobody_watches_needs_its_digest(study, run):
    _write(*_rows("new", LOW), *_rows("old", HIGH), path=Path("far/away.csv"))
    found = hashlib.sha256(Path("far/away.csv").read_bytes()).hexdigest()
    section = SECTION.replace(str(TABLE), "far/away.csv")
    Path("params.yaml").write_text(section + CLAIMS)
    ended = run("judge")
    assert ended.status == 2
    assert f"imports.theirs.sha256 is missing; add `sha256: '{found}'`" in ended.err
    Path("params.yaml").write_text(section.replace("source", f"sha256: '{found}', source") + CLAIMS)
    assert run("judge").status == 0
    _write(*_rows("new", HIGH), *_rows("old", HIGH), path=Path("far/away.csv"))
    ended = run("judge")
    assert ended.status == 2
    assert "imports.theirs.sha256 is not that of far/away.csv" in ended.err


NAMES = {
    "of a claim": (("old", "od"), "claims.better.baseline", "did you mean old?"),
    "control": (("    direction", "    control: mid\n    direction"), "claims.better.control", "choose from"),
}


@pytest.mark.parametrize(("edit", "key", "mend"), NAMES.values(), ids=NAMES)
def test_methods_that_nobody_has(edit, key, mend, study, run):
    Path("params.yaml").write_text(SECTION + CLAIMS.replace(*edit))
    for verb in ("judge", "check"):
        ended = run(verb)
        assert ended.status == 2
        assert key in ended.err
        assert mend in ended.err


def test_two_imports_cannot_have_the_same_cell(study, run):
    _write(*_rows("new", LOW), path=Path("imports/others.csv"))
    more = "  others: {file: imports/others.csv, source: another paper}\n"
    Path("params.yaml").write_text(SECTION + more + CLAIMS)
    ended = run("judge")
    assert "imports.others: new on digits x conventional is of imports.theirs too" in ended.err
    assert run("check").err.count("error: ") == 1


def test_two_imports_that_state_no_protocol_share_no_column(study, run):
    _write(*_rows("mid", LOW), path=Path("imports/others.csv"))
    more = "  others: {file: imports/others.csv, source: another paper}\n"
    Path("params.yaml").write_text(SECTION + more + CLAIMS)
    ended = run("judge")
    assert ended.status == 2
    assert "has no protocol" in ended.err
    same = "protocol: 50k samples, source"
    Path("params.yaml").write_text((SECTION + more).replace("source", same) + CLAIMS)
    assert run("judge").status == 0


def test_pairs_if_the_import_says_so(study, run):
    Path("params.yaml").write_text(SECTION.replace("source", "paired: true, source") + CLAIMS)
    assert run("judge").status == 0
    claim = pd.read_parquet("results/claims.parquet").iloc[0]
    assert (claim["design"], claim["pairs"], claim["missing_pairs"]) == ("paired", 6, 1)
    assert pd.read_parquet("results/matrix.parquet")["paired_within"].unique().tolist() == ["theirs"]


def test_methods_that_share_no_setting_are_not_compared(study, run):
    _write(*_rows("new", LOW), *_rows("old", HIGH, dataset="stl10"))
    assert run("judge").status == 0
    claim = pd.read_parquet("results/claims.parquet").iloc[0]
    assert claim["verdict"] == "not tested"
    assert claim["reason"] == "new and old share no dataset and architecture"


def test_show_and_diff_name_the_source(study, run):
    assert run("judge").status == 0
    assert "imported (theirs, their paper): new, old" in run("show").out
    shutil.copytree("results", "before/results")
    shutil.copy("results.json", "before/results.json")
    assert run("diff", "before", ".").out.count("\n") == 1
    _write(*_rows("new", HIGH), *_rows("old", HIGH))
    assert run("judge").status == 0
    assert "better" in run("diff", "before", ".").out


def test_imported_divergence_counts(study, run):
    lost = ["1", "1", "1", "1", "1", "1"]
    _write(
        *_rows("new", ["0"] * 7, column="diverged"),
        *_rows("new", [*LOW, 20.1]),
        *_rows("old", lost, column="diverged"),
        "digits,conventional,old,6,diverged,0,",
        f"digits,conventional,old,6,{FID},30,",
    )
    claim = _claim("stays", "new", "old", "diverged").replace("relative", "difference").replace("0.1", "0")
    Path("params.yaml").write_text(f"{SECTION}claims:\n{claim}")
    assert run("judge").status == 0
    found = pd.read_parquet("results/claims.parquet").iloc[0]
    assert (found["verdict"], found["design"]) == ("reproduced", "unpaired")
    assert found["p_value"] == pytest.approx(7 / 3003)
    summary = json.loads(Path("results/summary.json").read_text())
    assert len(summary["diverged"]) == 6


def _mixed(tmp_path, monkeypatch, *rows, claims=""):
    monkeypatch.chdir(tmp_path)
    _write(*rows)
    grid = GRID.replace("[0, 1, 2]", "7")
    claims = "claims:\n" + _claim("own", "as_gan", "gan") + claims
    return FakeMatrix(tmp_path, grid=grid, claims=SECTION + claims).write()


def test_beside_our_runs_an_import_is_compared_unpaired_and_ours_stay_pairs(tmp_path, monkeypatch):
    theirs = _rows("theirs", [41.0, 39, 40, 42, 38, 41.5], OURS)
    fake = _mixed(tmp_path, monkeypatch, *theirs, claims=_claim("foreign", "theirs", "gan")).assemble()
    claims = fake.table("claims").set_index("claim")
    assert claims["design"].to_dict() == {"own": "paired", "foreign": "unpaired"}
    assert claims.loc["foreign", "scope"] == "digits x conventional; 6 runs of theirs and 7 of gan, unpaired"
    rows = [row for row in fake.summary["comparisons"] if row["column"] == FID]
    assert {row["method"]: row["difference"]["design"] for row in rows if row["dataset"] == "digits"} == {
        "as_gan": "paired",
        "theirs": "unpaired",
    }
    ranked = {row["column"]: row["mean_ranks"] for row in fake.summary["ranks"]}
    assert set(ranked[FID]) == {"gan", "as_gan"}
    own = FakeMatrix(tmp_path, grid=fake.grid, claims="claims:\n" + _claim("own", "as_gan", "gan")).write()
    alone = own.assemble().table("claims").set_index("claim").loc["own"]
    shared = ["effect", "low", "high", "pairs", "p_value", "scope"]
    assert alone[shared].to_dict() == claims.loc["own", shared].to_dict()
    assert {row["column"]: row["mean_ranks"] for row in own.summary["ranks"]} == ranked
    assert "source" not in own.table("matrix")


CLASHES = {
    "unstated": (_rows("theirs", LOW), "has no protocol, and so cannot stand beside"),
    "other": (_rows("theirs", LOW, OURS | {"samples": 9}), "under two protocols: samples is 1000 in digits-"),
}


@pytest.mark.parametrize(("rows", "problem"), CLASHES.values(), ids=CLASHES)
def test_a_column_of_ours_takes_no_values_of_another_protocol(rows, problem, tmp_path, monkeypatch):
    fake = _mixed(tmp_path, monkeypatch, *rows)
    with pytest.raises(UserError, match=problem) as error:
        fake.assemble()
    assert "of imports.theirs" in str(error.value)
    assert "give its dataset another name" in str(error.value)


def test_a_cell_of_the_grid_cannot_be_imported(tmp_path, monkeypatch):
    fake = _mixed(tmp_path, monkeypatch, *_rows("gan", LOW, OURS))
    line = refused(fake.assemble, key="imports.theirs", mend="give the method in the file another name")
    assert "gan" in line


def test_reports_say_whose_the_runs_are(study, run, monkeypatch):
    assert run("judge").status == 0
    monkeypatch.setattr(report, "_execute", here.execute)
    plan = _plan()
    pages = {name: report.render(name, plan, plan.layout) for name in plan.reports}
    whose = "imported (theirs): their paper"
    assert whose in pages["results_matrix"]
    assert "6 and 7 runs, unpaired" in pages["claims"]
    assert "Imported, not measured here" in pages["claims"]
    assert "imported, not made here: 13 from their paper (theirs)" in pages["index"]
    assert not any("run `ganmatrix train" in page for page in pages.values())


def test_reports_show_imports_beside_our_runs(tmp_path, monkeypatch):
    theirs = [*_rows("theirs", LOW, OURS), *_rows("far", LOW, dataset="stl10")]
    fake = _mixed(tmp_path, monkeypatch, *theirs, claims=_claim("foreign", "theirs", "gan"))
    plan = fake.assemble().plan
    monkeypatch.setattr(report, "_execute", here.execute)
    pages = {name: report.render(name, plan, plan.layout) for name in plan.reports}
    for name in ("index", "claims", "results_matrix", "stability"):
        assert "theirs" in pages[name]
    assert 'data-cell="stl10-conventional-far"' in pages["results_matrix"]
    assert 'data-cell="digits-conventional-as_gan"' in pages["results_matrix"]
    assert "n = 7 pairs" in pages["claims"]
    assert "n = 6 and 7 runs, unpaired" in pages["claims"]
