"""What differs between two made-up matrices."""

import json
from dataclasses import replace

import pytest
from fake_matrix import GRID, FakeMatrix
from stated import flow

from ganmatrix.results.changes import VerdictChange, compare, differing
from ganmatrix.stages import assemble
from ganmatrix.stages.recorded import read

FID = "fid_efficientnet_lite0_ema"
HALVED = {("as_gan", "fid_efficientnet_lite0"): 0.5}
CLAIM = f"""claims:
  better_fid: {{{flow(sentence="It halves FID.")}, metric: {FID}, method: as_gan, baseline: gan,
               direction: lower, effect: relative, smallest_effect: 0.1}}"""


@pytest.fixture
def results(tmp_path):
    """Assembles what is planted, each time in a folder of its own."""

    def assembled(**planted):
        root = tmp_path / str(len(list(tmp_path.iterdir())))
        root.mkdir()
        fake = FakeMatrix(root, **planted).write()
        assemble.run(fake.params, fake.layout)
        return read(str(root))

    return assembled


def _shift(changes, method):
    (found,) = (each.shift for each in changes.shifts if (each.method, each.column) == (method, FID))
    return found


def test_the_same_twice(results):
    changes = compare(results(), results())
    assert changes.none
    assert {each.shift.finding for each in changes.shifts} == {"equal"}


def test_costs_are_no_change(results):
    def slower(cell, documents):
        documents["run"]["this_run"] |= {"wall_seconds": 99.0, "images_per_second": 1.0}

    assert compare(results(), results(edit=slower)).none


def test_a_planted_effect_is_beyond_noise_and_noise_is_not(results):
    def shaken(cell, documents):
        for entry in documents["metrics"]["entries"].values():
            entry["value"] *= {"0": 0.99, "1": 1.01, "2": 1.005}[cell[-1]]

    changes = compare(results(), results(edit=shaken, effects=HALVED))
    assert _shift(changes, "as_gan").finding == "beyond noise"
    assert _shift(changes, "as_gan").change == pytest.approx(-20, abs=2)
    assert _shift(changes, "gan").finding == "could be chance"
    assert len(changes.changed_cells) == 12


def test_only_chosen_columns_are_compared(results):
    changes = compare(results(), results(effects=HALVED), lambda column: column == "modes_ema")
    assert {each.column for each in changes.shifts} == {"modes_ema"}
    assert changes.none


def test_what_a_cell_was_made_with(results):
    before = results()
    after = replace(before, matrix=before.matrix.copy())
    row = after.matrix["cell"] == "digits-conventional-gan-1"
    after.matrix.loc[row, "weights_sha256"] = "0" * 64
    trained = json.loads(after.matrix.loc[row, "params"].item())
    trained["recipe"]["batch_size"] += 32
    after.matrix.loc[row, "params"] = json.dumps(trained)
    (change,) = compare(before, after).changed_cells
    assert change.cell == "digits-conventional-gan-1"
    assert change.params == {"recipe.batch_size": (32, 64)}
    assert (change.weights, change.outcome, change.values) == (True, None, 0)


def test_a_cell_that_diverged(results):
    changes = compare(results(), results(diverged={"digits-conventional-gan-1": 240}))
    change, other = changes.changed_cells
    assert (other.cell, other.values) == ("digits-conventional-as_gan-1", 1)  # attacks it no longer receives
    assert change.outcome == ("completed", "diverged at step 240: non_finite_loss")
    assert change.values > 0
    assert (_shift(changes, "gan").finding, _shift(changes, "gan").n_after) == ("equal", 2)


def test_cells_that_came_and_went(results):
    other = GRID.replace("methods: [gan, as_gan]", "methods: [gan, dat]")
    changes = compare(results(), results(grid=other))
    assert changes.new_cells == [f"{d}-conventional-dat-{s}" for d in ("ring8", "digits") for s in range(3)]
    assert changes.gone_cells == [cell.replace("dat", "as_gan") for cell in changes.new_cells]
    assert {each.method for each in changes.shifts} == {"gan"}


def test_other_protocols_are_not_compared(results):
    def fewer(cell, documents):
        if cell.startswith("digits"):
            documents["metrics"]["entries"][FID]["protocol"]["samples"] = 500

    changes = compare(results(), results(edit=fewer))
    (found,) = changes.incomparable
    assert (found.dataset, found.column, found.protocol) == ("digits", FID, {"samples": (1000, 500)})
    assert FID not in {each.column for each in changes.shifts}
    assert not changes.none


def test_columns_that_came_and_went(results):
    def renamed(cell, documents):
        if cell.startswith("ring8"):
            entries = documents["metrics"]["entries"]
            entries["modes_best"] = entries.pop("modes_ema")

    changes = compare(results(), results(edit=renamed))
    assert (changes.new_columns, changes.gone_columns) == (["ring8: modes_best"], ["ring8: modes_ema"])


def test_a_score_of_which_nothing_is_left(results):
    def lost(cell, documents):
        if cell.startswith("digits"):
            documents["metrics"]["entries"][FID].update(value=None, reason="out of memory")

    changes = compare(results(), results(edit=lost))
    assert changes.gone_scores == [f"digits: {FID}"]
    assert _shift(changes, "gan").reason == "no seed has a value any more"
    assert not changes.none
    back = compare(results(edit=lost), results())
    assert back.gone_scores == []
    assert _shift(back, "gan").reason == "no seed had a value before"


def test_a_score_that_one_method_lost_is_not_gone(results):
    lost = {f"digits-conventional-gan-{seed}": 40 for seed in range(3)}
    changes = compare(results(), results(diverged=lost))
    assert f"digits: {FID}" not in changes.gone_scores
    assert _shift(changes, "gan").reason == "no seed has a value any more"


def test_verdicts(results):
    changes = compare(results(claims=CLAIM), results(claims=CLAIM, effects=HALVED))
    assert changes.verdicts == [VerdictChange("better_fid", "contradicted", "reproduced")]
    assert compare(results(), results(claims=CLAIM)).verdicts == [
        VerdictChange("better_fid", None, "contradicted")
    ]


def test_differences_of_documents():
    one, other = {"a": {"b": 1, "c": [1]}, "d": None}, {"a": {"b": 1, "c": [2]}, "e": {"f": 0.5}}
    assert differing(one, other) == {"a.c": ([1], [2]), "e.f": (None, 0.5)}
    assert differing(one, one) == {}
