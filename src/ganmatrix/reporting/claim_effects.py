"""The effect that each claim is about: its numbers in words, and drawn with its interval."""

from dataclasses import dataclass
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from ganmatrix.columns import Bounds, Column, column
from ganmatrix.params.claims import Claim
from ganmatrix.reporting.figures import COLOURS, embed, legend, row_axes, title_figure
from ganmatrix.reporting.numbers import bounds_of_difference, counted, cut, plain, unpaired_runs
from ganmatrix.reporting.page import Fragment, text
from ganmatrix.reporting.report_data import ReportData, Setting
from ganmatrix.results.levels import FEWEST_PAIRS
from ganmatrix.results.matrix import DIVERGED
from ganmatrix.results.verdicts import DECIDED, compare

Row = dict[str, Any]
_ALL = "mean of all settings"
_BASELINE: dict[str, Any] = {"color": COLOURS[0], "marker": "o", "markersize": 6}
_CONTROL: dict[str, Any] = {"color": COLOURS[1], "marker": "s", "markersize": 5, "mfc": "white"}
_POOLED = {"marker": "D", "markersize": 7}

_APART = 0.16
"""How far above and below the middle of a row its two intervals stand."""

_VERDICT_LOOKS: dict[str, dict[str, Any]] = {
    "reproduced": {"color": COLOURS[2], "marker": "o"},
    "contradicted": {"color": COLOURS[1], "marker": "X"},
    "not the idea's": {"color": COLOURS[3], "marker": "s"},
    "inconclusive": {"color": COLOURS[7], "marker": "D"},
}
_AXIS = "effect, as a multiple of the claim's threshold"


@dataclass(frozen=True)
class ClaimResult:
    """A row of the table of claims; effects are positive in the claimed direction."""

    row: Row
    possible: Bounds
    """What an effect can be."""

    def __getitem__(self, key: str) -> Any:
        return self.row[key]

    @property
    def measured(self) -> Column:
        return column(self["metric"])

    @property
    def counts(self) -> bool:
        """Whether it compares how many runs diverged: counts, of which there is no interval."""
        return bool(self["metric"] == DIVERGED)

    @property
    def scale(self) -> int:
        """From what is stored to what is printed."""
        return 100 if self["effect_kind"] == "relative" or self.measured.measure.percent else 1

    @property
    def anchor(self) -> str:
        """Where the page of claims has it."""
        return f"claim-{self['claim']}"

    @property
    def badge(self) -> Fragment:
        """The verdict."""
        return text(
            "strong", self["verdict"], f"verdict {self['verdict'].replace(' ', '-').replace(chr(39), '')}"
        )

    @property
    def bound(self) -> str:
        """The claim's threshold, such as `must exceed 10 % of gan's`."""
        way = "must be at most" if self["at_most"] is not None else "must exceed"
        return f"{way} {self.scale * self['smallest_effect']:g}{self.unit(self['baseline'])}"

    @property
    def way(self) -> str:
        """What a positive effect means, for an axis."""
        compared = "the opponent's" if self["control"] else f"{self['baseline']}'s"
        unit = f"% of {compared}" if self["effect_kind"] == "relative" else self.unit("").strip()
        title = self.measured.title
        return f"{title}: how much {self['direction']} {self['method']} is{f', {unit}' if unit else ''}"

    def unit(self, opponent: str) -> str:
        """With a space before it, if there is one."""
        measure = self.measured.measure
        if self["effect_kind"] == "relative":
            return f" % of {opponent}'s"
        unit = "points" if measure.percent else measure.unit
        return f" {unit}" if unit else ""

    def effect(self, prefix: str = "") -> str:
        """`32.1 [24.3, 39.9] % of gan's, n = 6 pairs`; against the control with its prefix.

        Without pairs `n = 14 and 10 runs, unpaired`.
        """
        mean, low, high = (self[f"{prefix}{key}"] for key in ("effect", "low", "high"))
        if mean is None:
            return "not measured"
        unit = self.unit(self["control"] if prefix else self["baseline"])
        counted = f"n = {self._runs(prefix)}"
        if low is None:
            return f"{plain(self.scale * mean)}{unit}, no interval, {counted}"
        low, high, mark = cut(low, high, self.possible)
        spread = f"[{plain(self.scale * low)}, {plain(self.scale * high)}]{mark}"
        return f"{plain(self.scale * mean)} {spread}{unit}, {counted}"

    @property
    def unpaired(self) -> bool:
        """Whether it compares all runs of the method with all of the baseline."""
        return bool(self["design"] == "unpaired")

    def _runs(self, prefix: str) -> str:
        if self[f"{prefix}design"] == "unpaired":
            return unpaired_runs(self["method_runs"], self["control_runs" if prefix else "baseline_runs"])
        pairs = self[f"{prefix}pairs"]
        return f"{pairs} pair{'' if pairs == 1 else 's'}"

    def pairs(self, data: ReportData, setting: Setting) -> pd.Series:
        """The effect of each pair with the baseline within a setting, as it is printed.

        Without pairs, of each run of the method against the baseline's mean.
        """
        kept = self["at_most"] is not None
        claim = Claim.model_construct(
            **{key: self[key] for key in ("metric", "method", "baseline", "control", "direction", "at_most")},
            effect=self["effect_kind"],
            smallest_effect=None if kept else self["smallest_effect"],
        )
        found = compare(claim, claim.baseline, data.settled(setting))
        return found.pairs.dropna().map(found.scale.shown)

    def settings(self, data: ReportData) -> dict[Setting, dict[str, Row]]:
        """Each setting's estimates by opponent."""
        found: dict[Setting, dict[str, Row]] = {}
        for row in data.summary["claims"]:
            if row["claim"] == self["claim"]:
                setting = Setting(row["dataset"], row["architecture"])
                found.setdefault(setting, {})[row["opponent"]] = row
        return found


def claim_results(data: ReportData) -> list[ClaimResult]:
    """Every claim, in the order of params.yaml."""
    claims = data.claims.astype(object)
    known = claims.where(pd.notna(claims), None)
    rows: list[Row] = [dict(zip(map(str, known), row, strict=True)) for row in known.itertuples(index=False)]
    return [ClaimResult(row, _possible(data, row)) for row in rows]


def _possible(data: ReportData, row: Row) -> Bounds:
    measured = [d for d in data.datasets if row["metric"] in data.columns(d)]
    lows, highs = zip(
        *(
            bounds_of_difference(data.bounds(d, row["metric"]), relative=row["effect_kind"] == "relative")
            for d in measured or data.datasets
        ),
        strict=True,
    )
    low, high = min(lows), max(highs)
    return (-high, -low) if row["direction"] == "lower" else (low, high)


def effect_plot(data: ReportData, claim: ClaimResult) -> Fragment:
    """Effects with intervals, pairs as dots, zero and the threshold as lines."""
    settings = claim.settings(data)
    if claim["effect"] is None:
        return text("p", f"There is no figure: {claim['reason']}.", "note")
    figure, axes = row_axes([*map(str, settings), _ALL], claim.way, entries=4, width=6.4, row=0.4)
    shown = [0.0, claim.scale * claim["smallest_effect"]]
    for row, (setting, found) in enumerate(settings.items()):
        shown += _draw_setting(axes, row, claim, claim.pairs(data, setting), found)
    shown += _draw_pooled(axes, len(settings), claim)
    _draw_lines(axes, len(settings), claim)
    margin = 0.08 * (max(shown) - min(shown)) or 1.0
    axes.set_xlim(min(shown) - margin, max(shown) + margin)
    axes.xaxis.set_major_locator(MaxNLocator(7))
    legend(figure)
    finding = f"{claim['method']} against {claim['baseline']}: {claim.effect()}"
    title_figure(figure, finding)
    side = "left of the dotted line" if claim["at_most"] is not None else "right of the dotted line"
    caption = (
        f"The claim holds {side}, its threshold. {_bars(claim, settings)} Diamonds: mean of all settings "
        "with equal weights."
    )
    alt = f"{finding}. " + " ".join(
        f"{setting}: {_estimate_words(found[claim['baseline']], claim.scale)}."
        for setting, found in settings.items()
    )
    return embed(figure, alt, caption, "plot forest")


def _looks(claim: ClaimResult) -> dict[str, dict[str, Any]]:
    """How the estimates against each opponent look."""
    return {claim["baseline"]: _BASELINE} | ({claim["control"]: _CONTROL} if claim["control"] else {})


def _draw_setting(
    axes: Axes, row: int, claim: ClaimResult, pairs: pd.Series, found: dict[str, Row]
) -> list[float]:
    """Draw the pairs and the estimates of one setting; the values that must be in view."""
    shown = [claim.scale * effect for effect in pairs]
    label = f"a run against {claim['baseline']}'s mean" if claim.unpaired else "a pair of runs"
    look: dict[str, Any] = {"color": "#000000", "markersize": 5, "label": label}
    axes.plot(shown, [row - 0.36] * len(shown), ".", **look)
    for opponent, look in _looks(claim).items():
        if opponent in found:
            shown += _draw_estimate(axes, row, found[opponent], look, f"against {opponent}", claim)
    return shown


def _draw_pooled(axes: Axes, row: int, claim: ClaimResult) -> list[float]:
    """Draw the estimates of all settings together; the values that must be in view."""
    shown: list[float] = []
    prefixes = {claim["baseline"]: "", claim["control"]: "control_"}
    for opponent, look in _looks(claim).items():
        keys = {"mean": "effect", "low": "low", "high": "high"}
        estimate = {key: claim[f"{prefixes[opponent]}{name}"] for key, name in keys.items()}
        shown += _draw_estimate(axes, row, estimate, look | _POOLED, None, claim)
        shown += [claim.scale * end for end in (estimate["low"], estimate["high"]) if end is not None]
    return shown


def _draw_lines(axes: Axes, settings: int, claim: ClaimResult) -> None:
    """No effect, the claim's threshold, and what parts the settings from all of them."""
    threshold, name = claim.scale * claim["smallest_effect"], claim.bound.partition(" of ")[0]
    axes.axhline(settings - 0.5, color="#d0d0d0", linewidth=0.8)
    axes.axvline(0, color="#000000", linewidth=0.8)
    axes.axvline(threshold, color="#000000", linewidth=0.9, linestyle=":", label=name)


def _bars(claim: ClaimResult, settings: dict[Setting, dict[str, Row]]) -> str:
    """What the figure's bars are, or why there are none."""
    if claim.counts:
        return "There are no bars: counts of diverged runs have no interval."
    drawn = [
        claim["low"],
        claim["control_low"],
        *(e["low"] for found in settings.values() for e in found.values()),
    ]
    if all(low is None for low in drawn):
        few = "enough runs" if claim.unpaired else f"{FEWEST_PAIRS} pairs of runs"
        return f"There are no bars: no setting has {few}."
    return "Bars are 95% intervals over seeds; a bar may extend beyond the figure."


def _draw_estimate(
    axes: Axes, row: int, estimate: Row, look: dict[str, Any], label: str | None, claim: ClaimResult
) -> list[float]:
    """Draw an estimate where it exists; its mean."""
    if estimate["mean"] is None:
        return []
    y = row + (_APART if look["color"] == _CONTROL["color"] else -_APART if claim["control"] else 0)
    mean, ends = claim.scale * estimate["mean"], (estimate["low"], estimate["high"])
    if estimate["low"] is not None:
        axes.plot([claim.scale * end for end in ends], [y, y], color=look["color"], linewidth=1.6)
    axes.plot([mean], [y], linestyle="", label=label, **look)
    return [mean]


def _estimate_words(estimate: dict[str, Any], scale: int) -> str:
    if estimate["mean"] is None:
        return "no mean"
    mean = f"{scale * estimate['mean']:.3g}"
    if estimate["low"] is None:
        return f"{mean}, no interval"
    return f"{mean} [{scale * estimate['low']:.3g}, {scale * estimate['high']:.3g}]"


def all_effects(data: ReportData) -> Fragment:
    """Effects with intervals over the bound of each claim that has both."""
    found = claim_results(data)
    shown = [claim for claim in found if claim["low"] is not None and claim["smallest_effect"]]
    if not shown:
        return text("p", "No claim has an interval to draw.", "note")
    labels = [f"{claim['claim']}{' (at most)' if claim['at_most'] is not None else ''}" for claim in shown]
    figure, axes = row_axes(labels, _AXIS, entries=1, width=7.4)
    axes.set_xscale("symlog", linthresh=1, linscale=0.7)
    axes.axvline(0, color="#000000", linewidth=0.8)
    axes.axvline(1, color="#000000", linewidth=0.9, linestyle=":")
    for row, claim in enumerate(shown):
        look = _VERDICT_LOOKS[claim["verdict"]]
        mean, low, high = (claim[key] / claim["smallest_effect"] for key in ("effect", "low", "high"))
        axes.plot([low, high], [row, row], color=look["color"], linewidth=2)
        axes.plot([mean], [row], linestyle="", markersize=6, label=claim["verdict"], **look)
    ticks = [-100, -10, -1, 0, 1, 10, 100]
    least, most = axes.get_xlim()
    axes.set_xticks([tick for tick in ticks if least <= tick <= most])
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}".replace("-", "\N{MINUS SIGN}"))
    axes.minorticks_off()
    legend(figure, across=len(_VERDICT_LOOKS))
    decided = sum(claim["verdict"] in DECIDED for claim in found)
    finding = (
        f"{decided or 'None'} of {counted(len(found), 'claim')} {'are' if decided > 1 else 'is'} decided"
    )
    title_figure(figure, finding)
    caption = (
        "Solid line: no effect; effects to its right are in the claimed direction. Dotted line: the claim's "
        "threshold. A claim needs an effect to its right; a claim marked (at most) needs one to its left. "
        "The axis is linear between \N{MINUS SIGN}1 and 1 and logarithmic beyond. Bars are 95% intervals "
        "over seeds without Holm's correction; verdicts include it."
    )
    left_out = [claim["claim"] for claim in found if claim not in shown]
    note = (
        f" Not drawn, because there is no interval or no threshold: {', '.join(left_out)}."
        if left_out
        else ""
    )
    alt = " ".join(_effect_words(claim) for claim in shown)
    return embed(figure, f"{finding}. {alt}", caption + note, "plot forest")


def _effect_words(claim: ClaimResult) -> str:
    return f"{claim['claim']}: {claim.effect()}, {claim['verdict']}."
