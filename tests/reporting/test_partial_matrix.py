"""A preview of any part of a grid: every page comes, says what it lacks, and is right about what is there."""

import pytest

from ganmatrix.terminal import matrix
from ganmatrix.terminal.claims import claims
from ganmatrix.terminal.reading import read_in
from ganmatrix.terminal.selection import Selection
from helpers.assembled_matrix import CLAIMS
from helpers.fake_matrix import FakeMatrix
from helpers.here import execute

RUNS = [
    (dataset, method, seed)
    for dataset in ("ring8", "digits")
    for method in ("gan", "as_gan")
    for seed in (0, 1, 2)
]
FIRST = ("digits", "as_gan", 1)
ALONE = frozenset({FIRST})
NONE = frozenset()
ALL = frozenset(RUNS)
OF_DIGITS, OF_RING = (frozenset(run for run in RUNS if run[0] == name) for name in ("digits", "ring8"))
ONE_SEED = frozenset(run for run in RUNS if run[2] == 1)

PARTS = {
    "one run is trained": (ALONE, NONE, NONE),
    "one run is scored, not probed": (ALONE, ALONE, NONE),
    "one run is probed, not scored": (ALONE, NONE, ALONE),
    "all are trained, no more": (ALL, NONE, NONE),
    "digits only": (OF_DIGITS, OF_DIGITS, OF_DIGITS),
    "points only": (OF_RING, OF_RING, OF_RING),
    "one seed of three": (ONE_SEED, ONE_SEED, ONE_SEED),
    "one of all is scored": (ALL, ALONE, NONE),
}
"""The runs that are trained, scored and probed."""


def _id(run):
    dataset, method, seed = run
    return f"{dataset}-conventional-{method}-{seed}"


def _partial(root, trained, scored, probed, **more):
    stages = {"train": trained, "evaluate": scored, "probe": probed}
    absent = {(stage, _id(run)) for stage, there in stages.items() for run in RUNS if run not in there}
    return FakeMatrix(root, claims=CLAIMS, absent=frozenset(absent), **more).write()


def _pages(fake):
    """What the templates show."""
    folder = {"folder": str(fake.root), "root": str(fake.root), "params": ""}
    notebooks = {name: execute(fake.plan.template(name), folder) for name in fake.plan.reports}
    return {
        name: "\n".join(
            output.data["text/html"] for cell in found.cells for output in cell.get("outputs", ())
        )
        for name, found in notebooks.items()
    }


@pytest.mark.parametrize("part", PARTS)
def test_every_page_comes_of_any_part_of_a_grid(part, tmp_path):
    trained, scored, probed = PARTS[part]
    fake = _partial(tmp_path, trained, scored, probed).assemble(tolerant=True)
    summary = fake.summary
    assert summary["runs"] == {
        "total": 12,
        "completed": len(trained),
        "diverged": 0,
        "not_trained": 12 - len(trained),
    }
    pages = _pages(fake)
    assert len(pages) == 5
    for page in pages.values():
        assert "Of 12 runs in 4 cells: " in page
        if len(trained) < 12:
            assert f"{12 - len(trained)} runs not trained" in page
    frame = fake.table("matrix").set_index("run")
    for column, there in (("fid_efficientnet_lite0_ema", scored), ("fgsm_auroc", probed)):
        known = set(frame.index[frame[column].notna()]) if column in frame else set()
        of_column = there - OF_RING if column.startswith("fid") else there
        assert known == {_id(run) for run in of_column}
    verdicts = fake.table("claims").set_index("claim")["verdict"]
    finished = {
        claim for claim, runs in {"better_fid": OF_DIGITS, "more_modes": OF_RING}.items() if runs <= scored
    }
    assert set(verdicts.index[~verdicts.isin(["not tested", "inconclusive"])]) <= finished
    found = read_in(fake.layout)
    assert len(list(matrix.runs(found, Selection()))) == 2
    assert bool(list(matrix.matrix(found, Selection()))) == bool(scored)
    assert claims(found)


def test_the_only_run_so_far_diverged(tmp_path):
    """Before its first row of history."""
    fake = _partial(tmp_path, ALONE, ALONE, NONE, diverged={_id(FIRST): 0}).assemble(tolerant=True)
    pages = _pages(fake)
    assert f"{_id(FIRST)}" in pages["stability"]
    assert "1 of 12 runs diverged" in pages["stability"]
    assert "diverged at step 0" in pages["results_matrix"]
