"""The effect of a claim's method over an opponent, of pairs or of two groups, and why it may be undecided."""

import math
from typing import NamedTuple

import pandas as pd

from ganmatrix.results.effect import Effect, Question
from ganmatrix.results.levels import FEWEST_PAIRS, LEVEL
from ganmatrix.results.matrix import DIVERGED, design, setting
from ganmatrix.results.statistics import Pooled, Scale, paired, pool, split, values_of
from ganmatrix.results.unpaired import Unpaired, fewest_runs, grouped, unpaired

_TOO_SHORT = "training ended before the target was reached, so there is no mean"
_NOT_POSITIVE = "is not positive, so a relative effect is undefined"


class Found(NamedTuple):
    """The effect, and that of each pair; without pairs each run of the method less the other's mean.

    `obstacle` says why no test can decide, if none can.
    """

    pairs: pd.Series
    effect: Effect
    obstacle: str | None


def effect_of(claim: Question, opponent: str, frame: pd.DataFrame, scale: Scale) -> Found:
    """Of the runs in `frame`, as `matrix.design` has it."""
    found = _paired if design(frame, claim.method, opponent) == "paired" else _unpaired
    return found(claim, opponent, frame, scale)


def _paired(claim: Question, opponent: str, frame: pd.DataFrame, scale: Scale) -> Found:
    values = paired(frame, claim.metric, claim.method, opponent)
    pairs = pd.Series(scale.of(*values.to_numpy().T), index=values.index)
    effect = pool(split(pairs))
    return Found(pairs, effect, _obstacle_of_pairs(effect, values, pairs, claim, opponent))


def _obstacle_of_pairs(
    effect: Pooled, values: pd.DataFrame, pairs: pd.Series, claim: Question, opponent: str
) -> str | None:
    complete = values.dropna()
    if effect.censored:
        return f"in {effect.censored} of {len(values)} pairs with {opponent} {_TOO_SHORT}"
    if pairs[complete.index].isna().any():
        return f"a value of a pair with {opponent} {_NOT_POSITIVE}"
    if len(complete) and (complete["method"] == complete["opponent"]).all():
        return f"all pairs with {opponent} have {_nothing_apart(claim)}"
    if effect.n < FEWEST_PAIRS:
        one = effect.n == 1
        count = f"{effect.n} pair{'' if one else 's'} with {opponent}"
        return f"there {'is' if one else 'are'} {count}; {FEWEST_PAIRS} are needed"
    return None


def _unpaired(claim: Question, opponent: str, frame: pd.DataFrame, scale: Scale) -> Found:
    values = [values_of(frame, claim.metric, each) for each in (claim.method, opponent)]
    scaled = [pd.Series(scale.of_runs(each.to_numpy()), index=each.index) for each in values]
    effect = unpaired(grouped(*scaled), counts=claim.metric == DIVERGED)
    place = list(range(len(setting(frame))))
    means = scaled[1].groupby(level=place).mean().to_dict()
    runs = [
        value - means.get(where[:-1], math.nan)
        for where, value in zip(scaled[0].index, scaled[0], strict=True)
    ]
    return Found(
        pd.Series(runs, scaled[0].index), effect, _obstacle_of_runs(effect, values, scaled, claim, opponent)
    )


def _obstacle_of_runs(
    effect: Unpaired, values: list[pd.Series], scaled: list[pd.Series], claim: Question, opponent: str
) -> str | None:
    known = pd.concat(values).dropna()
    both = f"{claim.method} and {opponent}"
    if effect.censored:
        return f"in {effect.censored} of {effect.missing} runs of {both} {_TOO_SHORT}"
    if any(own[each.notna()].isna().any() for own, each in zip(scaled, values, strict=True)):
        return f"a value of a run of {both} {_NOT_POSITIVE}"
    if len(known) > 1 and known.nunique() == 1:
        return f"all runs of {both} have {_nothing_apart(claim)}"
    if effect.relabellings < 1 / LEVEL:
        counts = " and ".join(str(each.notna().sum()) for each in values)
        where = " in each setting" if effect.settings > 1 else ""
        needed = fewest_runs(max(1, effect.settings))
        return f"there are {counts} runs of {both}, unpaired; {needed} of each are needed{where}"
    return None


def _nothing_apart(claim: Question) -> str:
    equal = "outcomes" if claim.metric == DIVERGED else "values"
    return f"equal {equal}, so the metric cannot distinguish the methods"
