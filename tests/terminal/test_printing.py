"""`ganmatrix show` and `ganmatrix diff` on made-up results, in a pipe of 80 columns."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ganmatrix.cli import main
from ganmatrix.store import tables
from ganmatrix.store.layout import Layout
from ganmatrix.store.opening import part
from helpers.assembled_matrix import CLAIMS, assembled
from helpers.fake_matrix import GRID, FakeMatrix
from helpers.publishing import rewrite

FID = "fid_efficientnet_lite0_ema"
EIGHT = GRID.replace("[0, 1, 2]", "8")
"""Seeds enough to decide each of three claims."""
PRINTED = Path(__file__).parent / "printed"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """`a`: three claims. `b`: one cell diverged, FID halved by one method."""
    root = tmp_path_factory.mktemp("results")
    halved = {("as_gan", "fid_efficientnet_lite0"): 0.5}
    for name, planted in (
        ("a", {}),
        ("b", {"effects": halved, "diverged": {"ring8-conventional-gan-1": 240}}),
    ):
        (root / name).mkdir()
        assembled(FakeMatrix(root / name, grid=EIGHT, claims=CLAIMS, **planted))
    shutil.copy(root / "a" / "params.yaml", root)
    return root


@pytest.fixture
def run(folder, monkeypatch, capsys):
    """Runs a command there; its status and what it prints, without the blanks that fill lines."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", "80")
    for name in ("FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)

    def command(*arguments, status=0):
        monkeypatch.setattr(sys, "argv", ["ganmatrix", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        assert (ended.value.code or 0) == status, printed.err
        lines = (printed.err if status else printed.out).rstrip().splitlines()
        return "\n".join(line.rstrip() for line in lines)

    return command


@pytest.fixture
def moved(folder, tmp_path):
    """Results `a` with another matrix, as a function of it makes it."""

    def changed(edit):
        root = tmp_path / "moved"
        shutil.copytree(folder / "a", root)
        layout = Layout(root)
        rows, header = part(layout, "assemble").table("matrix.parquet")
        edit(rows)
        rewrite(layout, "assemble", "", None, "matrix.parquet", tables.pack(rows, header))
        return str(root)

    return changed


def printed(name):
    return (PRINTED / f"{name}.txt").read_text().rstrip("\n")


@pytest.mark.parametrize("part", ["matrix", "claims"])
def test_each_part(run, part):
    assert run("show", part, "--results", "b") == printed(part)


def test_the_matrix_and_the_claims(run):
    assert run("show", "--results", "b") == f"{printed('matrix')}\n\n{printed('claims')}"


def test_one_part_and_one_column(run):
    shown = run("show", "matrix", "--results", "b", "--column", "modes_init", "--method", "as_gan")
    assert "ring8: Modes covered (before training)" in shown
    assert "digits" not in shown
    assert " gan " not in shown


def test_runs_say_how_they_ended(run):
    shown = run("show", "runs", "--results", "b", "--dataset", "ring8")
    assert "ring8-conventional-gan-0      completed " in shown
    assert "ring8-conventional-gan-1      diverged at step" in shown
    assert "digits" not in shown


def test_a_narrow_terminal_folds_and_loses_nothing(run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "30")
    shown = run("show", "matrix", "--results", "b", "--column", FID)
    assert max(map(len, shown.splitlines())) <= 30
    assert "".join(shown.split()).count("20.4]") == 1


def test_json_is_for_other_programs(run):
    shown = json.loads(run("show", "--results", "b", "--json"))
    row = next(r for r in shown["matrix"] if (r["method"], r["column"]) == ("gan", "modes_ema"))
    assert (row["n"], row["missing"], row["diverged"]) == (7, 1, 1)
    assert [claim["verdict"] for claim in shown["claims"]] == ["reproduced", "inconclusive", "not tested"]
    runs = json.loads(run("show", "runs", "--results", "b", "--json", "--column", "fid"))["runs"]
    assert len(runs) == 32
    assert runs[1]["outcome_step"] == 240
    assert runs[0][FID] is None


def test_what_has_changed(run):
    assert run("diff", "a", "b") == printed("diff")


def test_a_score_that_is_gone_is_named(run, moved):
    def lost(frame):
        frame[FID] = float("nan")

    shown = run("diff", "a", moved(lost))
    assert f"Scores of which no value is left, 1: digits: {FID}" in " ".join(shown.split())
    assert "Undecided: 2, no seed has a value any more." in shown


def test_the_same_in_one_line(run):
    assert run("diff", "a", "a/results") == "a and a/results agree in all 32 runs."


def test_a_chosen_column_lists_what_may_be_chance(run, moved):
    def shaken(frame):
        seed = frame["seed"]
        frame[FID] += (0.5 * (seed == 0) - 0.4 * (seed == 1)).where(frame["method"] == "gan", 0)
        frame["modes_ema"] += frame["method"] == "gan"

    other = moved(shaken)
    counted = run("diff", "a", other)
    assert "0 beyond noise, 1 could be chance, 1 undecided" in counted
    assert "Undecided: 1, no spread between seeds to judge by." in counted
    assert "--column NAME lists these" in counted
    listed = run("diff", "a", other, "--column", "fid", "--column", "modes")
    assert f"Mean of {FID}\n" in listed
    assert "Mean of modes_ema\n" in listed
    found = json.loads(run("diff", "a", other, "--json"))
    assert {each["shift"]["finding"] for each in found["shifts"]} == {"equal", "undecided", "could be chance"}


def test_results_that_are_not_current_say_so(folder, tmp_path):
    def show():
        command = [Path(sys.executable).with_name("ganmatrix"), "show", "matrix"]
        return subprocess.run(command, cwd=tmp_path / "a", capture_output=True, check=True, text=True)

    shutil.copytree(folder / "a", tmp_path / "a")
    before = show()
    assert before.stderr == ""
    params = tmp_path / "a" / "params.yaml"
    text = params.read_text()
    params.write_text(text.replace("seeds: 8", "seeds: 7"))
    now = show()
    assert (
        now.stderr
        == "these results are not current: grid changed; `snakemake --cores all` makes them again\n"
    )
    assert now.stdout == before.stdout


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("show",), "results.json is missing; run `ganmatrix assemble`"),
        (("show", "--results", "nowhere"), "nowhere is neither a folder nor a git revision here"),
        (("show", "--results", "b", "--column", "fidd"), "no such column or measure; did you mean fid?"),
        (("show", "--results", "b", "--method", "gann"), "(choose from gan, as_gan); did you mean gan?"),
        (("diff", "a", "nowhere"), "nowhere is neither a folder nor a git revision here"),
        (("diff", "a/cells", "b"), "is missing; run `ganmatrix assemble --params FILE` or `snakemake "),
        (("diff", "a", "b", "--column", "x"), "--column x: these results have no such column"),
    ],
)
def test_bad_input_is_one_line_and_status_2(run, arguments, line):
    printed = run(*arguments, status=2)
    assert line in printed
    assert printed.startswith("error: ")
    assert "\n" not in printed


@pytest.mark.parametrize(
    ("file", "content", "line"),
    [
        ("summary.json", b"{", "results/summary.json is damaged ("),
        ("summary.json", b"{}", "its summary has no runs; another version of ganmatrix assembled it"),
        ("matrix.parquet", b"", "results/matrix.parquet is damaged ("),
    ],
)
def test_damaged_results(run, folder, tmp_path, file, content, line):
    shutil.copytree(folder / "a", tmp_path / "damaged")
    if content == b"{}":
        rewrite(Layout(tmp_path / "damaged"), "assemble", "", None, file, content)
    else:
        (tmp_path / "damaged/results" / file).write_bytes(content)
    assert line in run("diff", str(tmp_path / "damaged"), "a", status=2)


def test_values_that_depend_on_other_runs_are_named(run, tmp_path, folder):
    grid = EIGHT.replace("[gan, as_gan]", "[gan, as_gan, dat]")
    assembled(FakeMatrix(tmp_path, grid=grid, claims=CLAIMS, rates={("dat", "gan"): 3.0}))
    shown = " ".join(run("diff", "a", str(tmp_path)).split())
    assert "New runs, 16: ring8-conventional-dat: 0, 1, 2" in shown
    assert "Changed runs" not in shown
    assert "0 beyond noise, 0 could be chance, 0 undecided" in shown
    assert (
        "Not compared, because other runs stand behind it: digits: transfer_received of 16 runs; "
        "ring8: transfer_received of 16 runs"
    ) in shown


def test_results_without_claims(run, tmp_path):
    assembled(FakeMatrix(tmp_path))
    assert run("show", "claims", "--results", str(tmp_path)) == "No claims are listed."
    assert json.loads(run("show", "claims", "--results", str(tmp_path), "--json")) == {"claims": []}


def test_showing_imports_neither_torch_nor_matplotlib(folder):
    program = (
        "import sys; sys.argv[1:] = ['show', '--results', 'b']\n"
        "from ganmatrix.cli import app\n"
        "try: app()\n"
        "finally: assert {'torch', 'matplotlib', 'dvc'}.isdisjoint(sys.modules)"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False, text=True)
    assert done.returncode == 0, done.stderr
    assert "\x1b" not in done.stdout


def test_an_effect_without_an_interval_keeps_its_unit(run, tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    grid = GRID.replace("[0, 1, 2]", "[0]")
    halved = {("as_gan", "fid_efficientnet_lite0"): 0.5}
    assembled(FakeMatrix(tmp_path, grid=grid, claims=CLAIMS, effects=halved))
    shown = " ".join(run("show", "claims", "--results", str(tmp_path)).split())
    assert "% of gan's, no interval, n=1" in shown
