"""Recomputes the tables and the figure of docs/verdict_rule.md: how often rules of verdict err.

    python studies/verdict_rule.py [--matrices 2000] [--figure FILE]

Matrices are drawn whose truth is known: a method lowers a score by exactly the bound of its claim (10%), so
that every rejection is wrong, or by twice the bound, so that every rejection is right. The rules see the
effects of pairs of runs: logarithms of ratios, less that of the bound.
"""

import argparse
import itertools
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import scipy.stats
from numpy.typing import NDArray
from rich.console import Console

from ganmatrix.results.levels import LEVEL
from ganmatrix.results.statistics import sign_flip

Effects = NDArray[np.float64]
"""Shape (matrices, settings, seeds), positive beyond the bound."""

ROOT = Path(__file__).parents[1]
BOUND, GAIN = 0.1, 0.2
SPREAD = 0.16
"""Of a run's log score over seeds: between that of a DCGAN's FID (.11) and a ResNet's (.21) on digits."""

CLAIMS = 17
LEVELS = {"2.5%": LEVEL, f"2.5% over {CLAIMS} claims": LEVEL / CLAIMS}
SETTINGS, SEEDS = (1, 2, 4, 6), (3, 5, 10, 14, 20)
DRAWS = 1000
"""Of the bootstrap."""


def flips(excess: Effects) -> Effects:
    """The project's rule."""
    weighed = excess.reshape(len(excess), -1) / excess[0].size
    return np.array([sign_flip(each) for each in weighed])


def separate_t(excess: Effects) -> Effects:
    """The first edition's: every setting with its own quantile of Student's t (Banerjee 1960)."""
    seeds = excess.shape[2]
    error = np.sqrt((excess.var(axis=2, ddof=1) / seeds).sum(axis=1)) / excess.shape[1]
    return scipy.stats.t.sf(excess.mean(axis=(1, 2)) / error, seeds - 1)


def welch_t(excess: Effects) -> Effects:
    """Student's t with the degrees of freedom of Welch and Satterthwaite."""
    seeds = excess.shape[2]
    parts = excess.var(axis=2, ddof=1) / seeds
    total = parts.sum(axis=1)
    degrees = total**2 / (parts**2 / (seeds - 1)).sum(axis=1)
    return scipy.stats.t.sf(excess.mean(axis=(1, 2)) * excess.shape[1] / np.sqrt(total), degrees)


def pooled_t(excess: Effects) -> Effects:
    """Student's t with one variance for all settings, as in an analysis of variance."""
    _, settings, seeds = excess.shape
    variance = excess.var(axis=2, ddof=1).mean(axis=1)
    return scipy.stats.t.sf(
        excess.mean(axis=(1, 2)) / np.sqrt(variance / settings / seeds), settings * (seeds - 1)
    )


def bootstrap(excess: Effects) -> Effects:
    """The percentile bootstrap, stratified by setting, as rliable's."""
    matrices, settings, seeds = excess.shape
    counts = np.random.default_rng(0).multinomial(seeds, [1 / seeds] * seeds, size=(DRAWS, settings))
    means = excess.reshape(matrices, -1) @ counts.reshape(DRAWS, -1).T
    return (means <= 0).mean(axis=1)


RULES: dict[str, Callable[[Effects], Effects]] = {
    "sign flips": flips,
    "t, setting by setting": separate_t,
    "t, Welch": welch_t,
    "t, pooled variance": pooled_t,
    "bootstrap": bootstrap,
}


@dataclass(frozen=True)
class World:
    """How scores vary over seeds; `wild` draws log noise of a spread of 1 for one method."""

    name: str
    wild: Callable[[np.random.Generator, tuple[int, ...]], Effects]
    noisy_setting: float = 1.0
    gone_bad: tuple[float, float] = (0.0, 0.0)
    """The share of runs of method and baseline that end three times worse."""
    apart: float = 0.0
    """How far the effects of settings lie apart, from first to last, on the log scale."""

    def excess(self, gain: float, matrices: int, settings: int, seeds: int) -> Effects:
        """What pairs of runs show, where the claim's effect is `gain` in its mean."""
        rng = np.random.default_rng(settings * 1000 + seeds)
        shape = (matrices, settings, seeds)
        spread = SPREAD * np.where(np.arange(settings) == 0, self.noisy_setting, 1.0)[:, None]
        method, baseline = (
            spread * self.wild(rng, shape) + np.log(3) * ((rng.random(shape) < share) - share)
            for share in self.gone_bad
        )
        tilt = np.linspace(-self.apart, self.apart, settings)[:, None] / 2 if settings > 1 else 0.0
        return baseline - method + np.log1p(-BOUND) - np.log1p(-gain) + tilt


def normal(rng: np.random.Generator, shape: tuple[int, ...]) -> Effects:
    return rng.normal(size=shape)


def heavy(rng: np.random.Generator, shape: tuple[int, ...]) -> Effects:
    """Student's t with 3 degrees of freedom, scaled to a spread of 1."""
    return rng.standard_t(3, size=shape) / np.sqrt(3)


WORLDS = (
    World("lognormal", normal),
    World("heavy tails (t, 3)", heavy),
    World("one setting 6 times noisier", normal, noisy_setting=6.0),
    World("effects of settings differ by .2", normal, apart=0.2),
    World("10% of all runs 3 times worse", normal, gone_bad=(0.1, 0.1)),
    World("10% of the baseline's runs 3 times worse", normal, gone_bad=(0.0, 0.1)),
    World("10% of the method's runs 3 times worse", normal, gone_bad=(0.1, 0.0)),
)


@dataclass(frozen=True)
class Rate:
    """How often a rule rejects, with so many settings and seeds."""

    world: str
    settings: int
    seeds: int
    rule: str
    level: str
    false: float
    power: float


def rates(matrices: int) -> Iterator[Rate]:
    """Every rule in every world, with every number of settings and seeds, at both levels."""
    for world in WORLDS:
        for settings in SETTINGS:
            for seeds in SEEDS:
                null, planted = (world.excess(gain, matrices, settings, seeds) for gain in (BOUND, GAIN))
                for rule, test in RULES.items():
                    false, power = test(null), test(planted)
                    for name, level in LEVELS.items():
                        shares = (float((p <= level).mean()) for p in (false, power))
                        yield Rate(world.name, settings, seeds, rule, name, *shares)


SHARES = {"all of it": 1.0, "nine tenths": 0.9, "half of it": 0.5, "nothing": 0.0}
"""What of the method's gain, on the log scale, its control has too."""


def controls(matrices: int) -> list[str]:
    """A gain of four times the bound, of which a control has a share: how often it is the idea's, or not."""
    heads = ("control gains", "correlation", "settings x seeds")
    outcomes = [f"{outcome}, {level}" for level in LEVELS for outcome in ("reproduced", "not the idea's")]
    rows = [f"| {' | '.join((*heads, *outcomes))} |", "|---" * (len(heads) + len(outcomes)) + "|"]
    for (name, share), correlation, settings in itertools.product(SHARES.items(), (0.0, 0.9), (1, 2)):
        rng = np.random.default_rng(settings)
        baseline, method, own = SPREAD * rng.normal(size=(3, matrices, settings, 14))
        control = correlation * method + np.sqrt(1 - correlation**2) * own
        gain, bound = -np.log1p(-4 * BOUND), np.log1p(-BOUND)
        gained, gained_too = (
            baseline - each + of * gain + bound for each, of in ((method, 1), (control, share))
        )
        p_gained, p_too, p_beyond = map(flips, (gained, gained_too, control - method + (1 - share) * gain))
        cells = []
        for level in LEVELS.values():
            reproduced = np.maximum(p_gained, p_beyond) <= level
            shared = (np.maximum(p_gained, p_too) <= level) & (p_beyond > LEVEL) & ~reproduced
            cells += [f"{100 * each.mean():.1f}%" for each in (reproduced, shared)]
        rows.append(f"| {name} | {correlation} | {settings} x 14 | {' | '.join(cells)} |")
    return rows


def worst(found: list[Rate]) -> list[str]:
    """For each world and rule, the largest false rate over settings and seeds, at each level."""
    rows = [
        f"| world | {' | '.join(RULES)} |",
        f"|---|{'---|' * len(RULES)}",
    ]
    for world in WORLDS:
        cells = []
        for rule in RULES:
            of = [rate for rate in found if (rate.world, rate.rule) == (world.name, rule)]
            largest = (max(r.false for r in of if r.level == level) for level in LEVELS)
            cells.append(" / ".join(f"{100 * rate:.2g}%" for rate in largest))
        rows.append(f"| {world.name} | {' | '.join(cells)} |")
    return rows


def powers(found: list[Rate]) -> list[str]:
    """The power in the lognormal world at the level of Holm's first step."""
    rows = [f"| settings x seeds | {' | '.join(RULES)} |", f"|---|{'---|' * len(RULES)}"]
    level = list(LEVELS)[1]
    for settings in SETTINGS:
        for seeds in SEEDS:
            cells = [
                f"{100 * rate.power:.0f}%"
                for rule in RULES
                for rate in found
                if (rate.world, rate.settings, rate.seeds, rate.rule, rate.level)
                == (WORLDS[0].name, settings, seeds, rule, level)
            ]
            rows.append(f"| {settings} x {seeds} | {' | '.join(cells)} |")
    return rows


def figure(found: list[Rate], path: Path) -> None:
    """False rates and power over seeds, two settings, at the level of Holm's first step."""
    mpl.rcParams.update({"font.size": 8, "axes.titlesize": 8})
    drawing, axes = plt.subplots(2, len(WORLDS), figsize=(13, 5), layout="constrained", sharex=True)
    level = list(LEVELS)[1]
    colours = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#8a8a8a")
    for column, world in zip(axes.T, WORLDS, strict=True):
        for colour, rule in zip(colours, RULES, strict=True):
            of = [
                rate
                for rate in found
                if (rate.world, rate.rule, rate.settings, rate.level) == (world.name, rule, 2, level)
            ]
            for axis, values in zip(column, ([r.false for r in of], [r.power for r in of]), strict=True):
                axis.plot(SEEDS, values, color=colour, marker="o", markersize=3, linewidth=1, label=rule)
                axis.spines[["top", "right"]].set_visible(False)
        column[0].set_title(textwrap.fill(world.name, 22), loc="left")
        column[0].axhline(LEVELS[level], color="black", linewidth=0.7, linestyle=":")
        column[0].set_yscale("symlog", linthresh=0.002)
        column[0].set_ylim(0, 0.3)
        column[1].set_ylim(0, 1.02)
        column[1].set_xlabel("seeds")
    axes[0, 0].set_ylabel("wrong, at the bound")
    axes[1, 0].set_ylabel("right, at twice the bound")
    axes[1, 0].legend(frameon=False, fontsize=7)
    drawing.savefig(path, dpi=100, metadata={"Software": None})


def main() -> None:
    """Print the tables and draw the figure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--matrices", type=int, default=2000)
    parser.add_argument("--figure", type=Path, default=ROOT / "docs" / "images" / "verdict_rule.png")
    arguments = parser.parse_args()
    found = list(rates(arguments.matrices))
    console = Console(soft_wrap=True, markup=False, highlight=False)
    for rows in (worst(found), powers(found), controls(arguments.matrices)):
        console.print("\n".join(rows) + "\n")
    figure(found, arguments.figure)


if __name__ == "__main__":
    main()
