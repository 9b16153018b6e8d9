"""How the averaged generator's score falls during training, by the snapshots that the recipe keeps."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ganmatrix.columns import Column
from ganmatrix.entry import Entry, null_entries
from ganmatrix.evaluation.scoring import Values


def names(score: Column) -> tuple[str, str, str]:
    """The columns of a curve's mean, of the step at which it reached its target, and of its first value."""
    over_steps, steps_to = (
        Column(key, score.extractor, "ema") for key in (f"{score.key}_over_steps", f"steps_to_{score.key}")
    )
    return over_steps.name, steps_to.name, score.at("init").name


def curve_entries(
    steps: Sequence[int], values: Sequence[Values], target: float, protocols: Mapping[Column, dict[str, Any]]
) -> dict[str, Entry]:
    """Curves over ascending generator steps, and the score of the untrained generator, which is at step 0.

    A target is the share `target` of the score at step 0: a generator that no method has touched yet, so
    that runs which differ in the method alone have one target.
    """
    entries: dict[str, Entry] = {}
    for name, protocol in protocols.items():
        over_steps, steps_to, untrained = names(name)
        found = [each[name] for each in values]
        known = [value for value in found if value is not None]
        if len(known) < len(found):
            entries |= null_entries(names(name), f"samples are not finite at step {steps[found.index(None)]}")
            continue
        entries[untrained] = {"value": known[0], "protocol": protocol | {"checkpoint": "init"}}
        conditions = protocol | {"checkpoint": "ema", "steps": list(steps)}
        entries[over_steps] = {
            "value": mean_over_training(steps, known),
            "protocol": conditions,
            "curve": {"axis": "generator_steps", "at": [*map(float, steps)], "value": found},
        }
        reached = first_step(steps, known, target * known[0])
        entries[steps_to] = {"value": reached, "protocol": conditions | {"target": target}}
        if reached is None:
            entries[steps_to] |= {
                "reason": f"not reached within {steps[-1]} steps",
                "beyond": float(steps[-1]),
            }
    return entries


def best(steps: Sequence[int], values: Sequence[Values], name: Column) -> int:
    """The step after 0 at which the score was lowest; the last where none is known."""
    known = {
        step: value
        for step, each in zip(steps[1:], values[1:], strict=True)
        if (value := each[name]) is not None
    }
    return min(known, key=lambda step: known[step], default=steps[-1])


def mean_over_training(steps: Sequence[int], values: Sequence[float]) -> float:
    """Mean of a score over generator steps: the area under its curve by trapezoids, over the range.

    Of two methods that start and end alike, the one that converges faster is lower. ValueError for fewer
    than two steps or steps that do not ascend.
    """
    if len(steps) < 2 or np.any(np.diff(steps) <= 0):
        raise ValueError(f"a mean over training needs at least two ascending steps, got {list(steps)}")
    return float(np.trapezoid(values, steps) / (steps[-1] - steps[0]))


def first_step(steps: Sequence[int], values: Sequence[float], target: float) -> float | None:
    """The generator step at which a score first falls to `target`, linear in between; None if never."""
    reached = next((i for i, value in enumerate(values) if value <= target), None)
    if reached is None:
        return None
    if reached == 0:
        return float(steps[0])
    (before, after), (high, low) = steps[reached - 1 : reached + 1], values[reached - 1 : reached + 1]
    return float(before + (after - before) * (high - target) / (high - low))
