"""A claim's method against one opponent: the effect over settings, and the tests that a verdict needs."""

import pandas as pd

from ganmatrix.params.claims import Claim
from ganmatrix.results.inference import pool
from ganmatrix.results.levels import FEWEST_PAIRS
from ganmatrix.results.matrix import DIVERGED
from ganmatrix.results.statistics import Scale, paired, split
from ganmatrix.results.variants import compared
from ganmatrix.results.verdicts import Comparison


def compare(claim: Claim, opponent: str, frame: pd.DataFrame, bound: float | None = None) -> Comparison:
    """The claim's method against one opponent, over the settings of `frame`; positive is the claimed way.

    `bound` is the effect that the tests turn on, the claim's own unless another is given. Relative effects
    are logarithms of ratios (`statistics.Scale`). Runs that diverged are counted, not scored: the sign-flip
    test of differences that are -1, 0 or 1 is McNemar's exact test, about zero alone.
    """
    scale = Scale(claim.direction, claim.effect == "relative")
    counts = claim.metric == DIVERGED
    limit = 0.0 if counts else scale.bound(claim.bound if bound is None else bound)
    frame = compared(frame, claim.method, opponent)
    pairs = paired(frame, claim.metric, claim.method, opponent)
    found = pd.Series(scale.of(pairs["method"].to_numpy(), pairs["opponent"].to_numpy()), index=pairs.index)
    effect = pool(split(found))
    diverged = frame.loc[frame["outcome"] == "diverged", "method"]
    comparison = Comparison(
        opponent,
        found,
        effect,
        scale,
        counts=counts,
        method_diverged=0 if counts else int((diverged == claim.method).sum()),
        opponent_diverged=0 if counts else int((diverged == opponent).sum()),
    )
    if obstacle := _obstacle(comparison, pairs):
        return comparison.without_tests(obstacle)
    above, below = effect.p_above(limit), effect.p_below(limit)
    if claim.at_most is not None:
        above, below = below, above
    return comparison.with_tests(above, below, effect.least(limit))


def _obstacle(comparison: Comparison, pairs: pd.DataFrame) -> str | None:
    """Why no test against this opponent can decide; None if one can."""
    opponent, effect, complete = comparison.opponent, comparison.effect, pairs.dropna()
    if effect.censored:
        where = f"in {effect.censored} of {len(pairs)} pairs with {opponent}"
        return f"{where} a value lies beyond the end of training, so that there is no mean"
    if comparison.pairs[complete.index].isna().any():
        return f"a value of a pair with {opponent} is not positive, so that a relative effect is undefined"
    if len(complete) and (complete["method"] == complete["opponent"]).all():
        equal = "outcome; divergence" if comparison.counts else "value; the metric"
        return f"every pair with {opponent} has the same {equal} tells nothing apart here"
    if effect.n < FEWEST_PAIRS:
        one = effect.n == 1
        count = f"{effect.n} pair{'' if one else 's'} with {opponent}"
        return f"there {'is' if one else 'are'} {count}; {FEWEST_PAIRS} are needed"
    return None
