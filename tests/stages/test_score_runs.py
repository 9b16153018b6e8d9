"""`ganmatrix score --rows`: folders of samples by seed become a table that a study imports."""

from pathlib import Path

import pytest

import ganmatrix
from ganmatrix.params.imported import Import
from ganmatrix.results.import_table import read
from helpers.archives import encoded, picture
from helpers.refusal import names

TABLE = Path("imports/theirs.csv")
OPTIONS = ("--rows", str(TABLE), "--input-size", "32", "--metric", "fid", "--metric", "kid")
SEEDS = (0, 3, 12)


def images(folder: Path, numbers: range) -> None:
    folder.mkdir(parents=True)
    for i in numbers:
        (folder / f"{i:03d}.png").write_bytes(encoded(picture(i)))


@pytest.fixture
def sets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three seeds of 16 images each, and real ones, in the working folder."""
    monkeypatch.chdir(tmp_path)
    for place, seed in enumerate(SEEDS):
        images(Path(f"samples/seed_{seed}/png"), range(16 * place, 16 * place + 16))
    images(Path("real"), range(100, 116))
    Path("imports").mkdir()
    return tmp_path


def test_rows_are_the_scores_that_each_folder_has_alone(run, sets):
    ended = run("score", "samples/seed_{seed}/png", "real", *OPTIONS, "--cell", "mine-theirs-plain")
    assert ended.status == 0, ended.err
    found = read("theirs", Import(file=str(TABLE), source="them"), TABLE.read_bytes())
    assert found.problems == []
    assert {(row.method, row.seed, row.column) for row in found.rows} == {
        ("plain", seed, f"{metric}_efficientnet_lite0_last") for seed in SEEDS for metric in ("fid", "kid")
    }
    for row in found.rows:
        alone = ganmatrix.score(f"samples/seed_{row.seed}/png", "real", input_size=32).entries
        entry = alone[row.column.partition("_")[0]]
        assert row.value == pytest.approx(entry["value"], rel=1e-12)
        assert row.protocol == entry["protocol"] | {"checkpoint": "last"}


def test_a_second_method_joins_the_table_and_the_first_is_not_written_twice(run, sets):
    command = ("score", "samples/seed_{seed}/png", "real", *OPTIONS)
    assert run(*command, "--cell", "mine-theirs-plain").status == 0
    before = TABLE.read_bytes()
    assert run(*command, "--cell", "mine-theirs-new", "--checkpoint", "ema").status == 0
    after = TABLE.read_bytes()
    assert after.startswith(before)
    assert after.count(b"mine,theirs,new,3,fid_efficientnet_lite0_ema,") == 1
    again = run(*command, "--cell", "mine-theirs-new")
    assert again.status == 2
    assert names(again.err.rstrip("\n"), key="--rows", mend="rows of mine-theirs-new; remove them")
    assert TABLE.read_bytes() == after


def _two_of_a_seed() -> None:
    images(Path("samples/seed_03/png"), range(200, 216))


def _single_image() -> None:
    for path in sorted(Path("samples/seed_12/png").iterdir())[1:]:
        path.unlink()


def _another_table() -> None:
    TABLE.write_text("a,b\n1,2\n")


def _nothing() -> None:
    pass


@pytest.mark.parametrize(
    ("damage", "fake", "cell", "key", "mend"),
    [
        (_nothing, "samples", "mine-theirs-plain", "--rows", "one {seed} in FAKE"),
        (_nothing, "samples/{seed}/{seed}", "mine-theirs-plain", "--rows", "one {seed} in FAKE"),
        (
            _nothing,
            "samples/run{seed}",
            "mine-theirs-plain",
            "nothing is called",
            "one folder or file a seed",
        ),
        (_nothing, "absent/{seed}", "mine-theirs-plain", "absent", "No such file"),
        (_nothing, "samples/seed_{seed}/png", "mine-theirs", "--cell", "DATASET-ARCHITECTURE-METHOD"),
        (_nothing, "samples/seed_{seed}/png", "mine-theirs-Pl ain", "--cell", "names of a-z"),
        (_nothing, "samples/seed_{seed}/png", None, "--rows", "and --cell go together"),
        (_two_of_a_seed, "samples/seed_{seed}/png", "mine-theirs-plain", "samples/seed_03/png", "remove one"),
        (_single_image, "samples/seed_{seed}/png", "mine-theirs-plain", "samples/seed_12/png", "at least 2"),
        (_another_table, "samples/seed_{seed}/png", "mine-theirs-plain", "--rows", "give it another name"),
    ],
)
def test_bad_input_is_one_line_and_leaves_the_table(run, sets, damage, fake, cell, key, mend):
    damage()
    before = TABLE.read_bytes() if TABLE.exists() else None
    ended = run("score", fake, "real", *OPTIONS, *(("--cell", cell) if cell else ()))
    assert ended.status == 2
    assert names(ended.err.rstrip("\n"), key=key, mend=mend)
    assert (TABLE.read_bytes() if TABLE.exists() else None) == before
    assert [path.name for path in Path("imports").iterdir()] == ([TABLE.name] if before else [])
