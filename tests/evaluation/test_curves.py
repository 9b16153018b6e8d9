"""Scores over training: closed forms, and what is said where there is no value."""

import pytest

from ganmatrix.columns import Column
from ganmatrix.evaluation.curves import best, curve_entries, first_step, mean_over_training

FID = Column("fid", "toy")
STEPS = [0, 100, 400]


def entries(values, target=0.1):
    return curve_entries(STEPS, [{FID: value} for value in values], target, {FID: {"fake_samples": 7}})


def test_the_mean_of_a_line_is_its_middle_and_of_a_constant_the_constant() -> None:
    assert mean_over_training([0, 30, 100], [10.0, 7.0, 0.0]) == pytest.approx(5)
    assert mean_over_training([3, 10], [2.0, 2.0]) == 2
    # Uneven steps are weighted by their length.
    assert mean_over_training([0, 1, 4], [1.0, 1.0, 0.0]) == pytest.approx((1 + 1.5) / 4)


def test_of_two_that_end_alike_the_faster_has_the_lower_mean() -> None:
    assert mean_over_training(STEPS, [100.0, 10.0, 5.0]) < mean_over_training(STEPS, [100.0, 90.0, 5.0])


@pytest.mark.parametrize("steps", [[0], [0, 0], [5, 3]])
def test_a_mean_needs_ascending_steps(steps) -> None:
    with pytest.raises(ValueError, match="ascending"):
        mean_over_training(steps, [1.0] * len(steps))


@pytest.mark.parametrize(
    ("target", "step"), [(100, 0), (150, 0), (80, 100), (90, 50), (50, 220), (5, 400), (4.9, None)]
)
def test_a_target_is_reached_between_the_steps(target, step) -> None:
    assert first_step(STEPS, [100.0, 80.0, 5.0], target) == (None if step is None else pytest.approx(step))


def test_a_target_once_reached_stays_reached() -> None:
    assert first_step(STEPS, [100.0, 10.0, 90.0], 10) == 100


def test_a_curve_gives_its_mean_and_the_step_of_its_target() -> None:
    found = entries([100.0, 40.0, 10.0])
    over, to = found["fid_over_steps_toy_ema"], found["steps_to_fid_toy_ema"]
    assert over["value"] == pytest.approx((70 * 100 + 25 * 300) / 400)
    assert over["curve"] == {
        "axis": "generator_steps",
        "at": [0.0, 100.0, 400.0],
        "value": [100.0, 40.0, 10.0],
    }
    assert to["value"] == 400
    assert found["fid_toy_init"] == {"value": 100.0, "protocol": {"fake_samples": 7, "checkpoint": "init"}}
    assert to["protocol"] == {"fake_samples": 7, "checkpoint": "ema", "steps": STEPS, "target": 0.1}


def test_a_target_that_is_never_reached_says_so() -> None:
    entry = entries([100.0, 40.0, 10.1])["steps_to_fid_toy_ema"]
    assert entry["value"] is None
    assert entry["reason"] == "not reached within 400 steps"
    assert entry["beyond"] == 400


def test_a_gap_in_a_curve_is_no_value() -> None:
    found = entries([100.0, None, 10.0])
    assert {entry["value"] for entry in found.values()} == {None}
    assert {entry["reason"] for entry in found.values()} == {"samples are not finite at step 100"}


@pytest.mark.parametrize(
    ("values", "step"),
    [([0.0, 5.0, 3.0], 400), ([9.0, 3.0, 5.0], 100), ([9.0, None, 5.0], 400), ([9.0, None, None], 400)],
)
def test_the_best_is_the_lowest_after_training_began(values, step) -> None:
    assert best(STEPS, [{FID: value} for value in values], FID) == step
