"""A claim's method against one opponent: the effect over settings, and the tests that a verdict needs."""

import dataclasses

import pandas as pd
import scipy.stats

from ganmatrix.params.claims import Claim
from ganmatrix.results.inference import Pooled, pool, ratio_interval
from ganmatrix.results.matrix import DIVERGED
from ganmatrix.results.statistics import differences, paired, rows_of, scale, split
from ganmatrix.results.verdicts import Comparison

FEWEST_PAIRS = 3
"""With two pairs the t interval reaches 12.7 standard errors to either side and decides nothing."""


def compare(claim: Claim, opponent: str, frame: pd.DataFrame, bound: float | None = None) -> Comparison:
    """The claim's method against one opponent, over the settings of `frame`; positive is the claimed way.

    `bound` is the effect that the tests turn on, the claim's own unless another is given. A relative effect
    r is held against it as (m - o) - bound * o is against 0 (Fieller 1954), and its interval is that of the
    same test: the opponent's mean is itself an estimate, and taking it for exact makes a bound of 25% be
    called kept wrongly in 3% of cases, not 2.5%.
    """
    bound = claim.bound if bound is None else bound
    sign = -1 if claim.direction == "lower" else 1
    pairs = paired(frame, claim.metric, claim.method, opponent)
    found = sign * differences(pairs, relative=claim.effect == "relative")
    effects = split(found)
    effect = pool(effects)
    if claim.metric == DIVERGED:
        return _of_divergence(opponent, effect, found)
    if obstacle := _obstacle(opponent, effect, pairs, found):
        return Comparison(opponent, found, effect, obstacle=obstacle)
    excess = effect
    if claim.effect == "relative":
        share = pairs["opponent"] / scale(
            pairs["method"].to_numpy(), pairs["opponent"].to_numpy(), rows_of(pairs.index)
        )
        low, high = ratio_interval(effects, split(share))
        effect = dataclasses.replace(effect, low=low, high=high)
        excess, bound = pool(split(found - bound * share)), 0.0
    above, below = excess.p_above(bound), excess.p_below(bound)
    if above is None or below is None:
        flat = f"the differences from {opponent} do not vary, so that nothing says how much they could"
        return Comparison(opponent, found, effect, obstacle=flat)
    if claim.at_most is not None:
        above, below = below, above
    diverged = frame.loc[frame["outcome"] == "diverged", "method"]
    return Comparison(
        opponent,
        found,
        effect,
        p_for=above,
        p_against=below,
        method_diverged=int((diverged == claim.method).sum()),
        opponent_diverged=int((diverged == opponent).sum()),
    )


def _of_divergence(opponent: str, effect: Pooled, found: pd.Series) -> Comparison:
    """McNemar's exact test: of the pairs in which one run alone diverged, half would be the opponent's.

    The effect, a difference in rates, gets no interval: t has none for counts.
    """
    effect = dataclasses.replace(effect, low=None, high=None, errors={})
    known = found.dropna()
    one_alone = int((known != 0).sum())
    if one_alone == 0:
        outcome = "every pair has the same outcome" if len(known) else f"there is no pair with {opponent}"
        return Comparison(opponent, found, effect, obstacle=f"{outcome}; divergence tells nothing apart here")
    along = int((known > 0).sum())
    p_for, p_against = (
        float(scipy.stats.binomtest(along, one_alone, alternative=way).pvalue) for way in ("greater", "less")
    )
    return Comparison(opponent, found, effect, p_for, p_against)


def _obstacle(opponent: str, effect: Pooled, pairs: pd.DataFrame, found: pd.Series) -> str | None:
    """Why no test against this opponent can decide; None if one can."""
    complete = pairs.dropna()
    if effect.censored:
        where = f"in {effect.censored} of {len(pairs)} pairs with {opponent}"
        return f"{where} a value lies beyond the end of training, so that there is no mean"
    if found[complete.index].isna().any():
        return f"{opponent}'s mean is not positive, so that a relative effect is undefined"
    if len(complete) < FEWEST_PAIRS:
        one = len(complete) == 1
        count = f"{len(complete)} pair{'' if one else 's'} with {opponent}"
        return f"there {'is' if one else 'are'} {count}; {FEWEST_PAIRS} are needed"
    if (complete["method"] == complete["opponent"]).all():
        return f"every pair with {opponent} is equal; the metric tells nothing apart here"
    if effect.n == effect.settings:
        return f"no setting has two pairs with {opponent}, so that there is no noise over seeds to judge by"
    return None
