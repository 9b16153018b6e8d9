"""Recomputes the tables of docs/verdict_rule.md on runs that are no pairs: how often rules of verdict err.

    python studies/unpaired_rule.py [--matrices 1000]

Matrices are drawn whose truth is known, as in verdict_rule.py: the log scores of the runs of two methods that
differ by exactly the bound, so that every rejection is wrong, or by twice the bound, so that all are right.
"""

import argparse
import itertools
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from ganmatrix.results.levels import LEVEL
from ganmatrix.results.statistics import sign_flip
from ganmatrix.results.unpaired import Groups, Unpaired, unpaired

Values = NDArray[np.float64]
Draw = Callable[[np.random.Generator, tuple[int, ...]], Values]

SPREAD, BOUND, GAIN, CLAIMS = 0.16, 0.1, 0.2, 17
"""As in verdict_rule.py."""

LEVELS = (LEVEL, LEVEL / CLAIMS)
SIZES = ((4, 4), (10, 10), (14, 10), (5, 15), (5, 30))
SPREADS = {"equal": 1.0, "method's 3 times": 3.0, "baseline's 3 times": 1 / 3}
SETTINGS = (1, 2)


def normal(rng: np.random.Generator, shape: tuple[int, ...]) -> Values:
    return rng.normal(size=shape)


def heavy(rng: np.random.Generator, shape: tuple[int, ...]) -> Values:
    """Student's t with 3 degrees of freedom, scaled to a spread of 1."""
    return rng.standard_t(3, size=shape) / np.sqrt(3)


WORLDS: dict[str, Draw] = {"lognormal": normal, "heavy tails (t, 3)": heavy}


RULES = ("relabelling, difference of means", "relabelling, Welch's t", "Welch's t", "the last two")


def p_values(found: Unpaired) -> tuple[float, ...]:
    """Of "the method does not reach the bound", by each rule. The last is the project's."""
    statistics, differences = found.statistics(0.0), found.line.d[0]
    relabelled = [float((each >= each[0] - 1e-9).mean()) for each in (differences, statistics)]
    welch = found.p_welch(found.mean or 0.0)
    return (*relabelled, welch, max(relabelled[1], welch))


def drawn(
    draw: Draw, sizes: Sequence[int], wider: float, settings: int, gain: float, matrices: int
) -> Iterator[Unpaired]:
    """Matrices whose effects are `gain` beyond the bound, with so many runs of method and baseline."""
    rng = np.random.default_rng([*sizes, settings])
    for _ in range(matrices):
        groups = {}
        for setting in range(settings):
            method, baseline = (draw(rng, (size,)) for size in sizes)
            groups["d", str(setting)] = Groups(SPREAD * wider * method + gain, SPREAD * baseline)
        yield unpaired(groups)


def wrong(matrices: int) -> list[str]:
    """The share of wrong rejections in percent, at both levels."""
    rows = [f"| world | spreads | runs | {' | '.join(RULES)} |", "|---" * (3 + len(RULES)) + "|"]
    for (world, draw), (spreads, wider), sizes in itertools.product(WORLDS.items(), SPREADS.items(), SIZES):
        if wider < 1 and sizes[0] == sizes[1]:
            continue  # The same as the other way round.
        shares: dict[str, list[str]] = {rule: [] for rule in RULES}
        for settings in SETTINGS:
            p = np.array([p_values(each) for each in drawn(draw, sizes, wider, settings, 0.0, matrices)])
            for rule, of_rule in zip(RULES, p.T, strict=True):
                shares[rule].append(" / ".join(f"{100 * (of_rule <= level).mean():.2g}%" for level in LEVELS))
        runs = f"{sizes[0]} and {sizes[1]}"
        rows.append(
            f"| {world} | {spreads} | {runs} | {' | '.join(', '.join(each) for each in shares.values())} |"
        )
    return rows


def right(matrices: int) -> list[str]:
    """The share of right rejections at the level of Holm's first step, with and without pairs."""
    rows = ["| settings x runs of each | sign flips of pairs | unpaired |", "|---|---|---|"]
    gain = np.log1p(-BOUND) - np.log1p(-GAIN)
    for settings, size in itertools.product(SETTINGS, (6, 10, 14, 20)):
        found = list(drawn(normal, (size, size), 1.0, settings, gain, matrices))
        pairs = [sign_flip(np.concatenate([a - b for a, b in each.groups.values()])) for each in found]
        groups = [each.p_above(0.0) for each in found]
        shares = (f"{100 * (np.array(p) <= LEVELS[1]).mean():.0f}%" for p in (pairs, groups))
        rows.append(f"| {settings} x {size} | {' | '.join(shares)} |")
    return rows


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--matrices", type=int, default=1000)
    matrices = parser.parse_args().matrices
    console = Console(soft_wrap=True, markup=False, highlight=False)
    for rows in (wrong(matrices), right(matrices)):
        console.print("\n".join(rows) + "\n")


if __name__ == "__main__":
    main()
