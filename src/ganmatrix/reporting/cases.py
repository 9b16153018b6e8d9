"""Claims with what was found about them, and how their numbers are printed."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from ganmatrix.columns import Bounds, Column, column
from ganmatrix.params.claims import Claim
from ganmatrix.reporting.evidence import Evidence, Setting
from ganmatrix.reporting.fragments import Fragment, text
from ganmatrix.reporting.numbers import bounds_of_difference, cut, plain
from ganmatrix.results.matrix import DIVERGED
from ganmatrix.results.verdicts import compare

Row = dict[str, Any]


@dataclass(frozen=True)
class Case:
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
        """What the claim turns on, such as `counts beyond 10 % of gan's`."""
        way = "claimed to stay below" if self["at_most"] is not None else "counts beyond"
        return f"{way} {self.scale * self['smallest_effect']:g}{self.unit(self['baseline'])}"

    @property
    def way(self) -> str:
        """What a positive effect means, for an axis."""
        compared = "the other's" if self["control"] else f"{self['baseline']}'s"
        unit = f"% of {compared}" if self["effect_kind"] == "relative" else self.unit("").strip()
        title = self.measured.title
        return f"{title}: how much {self['direction']} with {self['method']}{f', {unit}' if unit else ''}"

    def unit(self, opponent: str) -> str:
        """With a space before it, if there is one."""
        measure = self.measured.measure
        if self["effect_kind"] == "relative":
            return f" % of {opponent}'s"
        unit = "points" if measure.percent else measure.unit
        return f" {unit}" if unit else ""

    def effect(self, prefix: str = "") -> str:
        """`32.1 [24.3, 39.9] % of gan's, n = 6 pairs`; against the control with its prefix."""
        mean, low, high = (self[f"{prefix}{key}"] for key in ("effect", "low", "high"))
        if mean is None:
            return "not measured"
        pairs = self[f"{prefix}pairs"]
        unit = self.unit(self["control"] if prefix else self["baseline"])
        counted = f"n = {pairs} pair{'' if pairs == 1 else 's'}"
        if low is None:
            return f"{plain(self.scale * mean)}{unit}, no interval, {counted}"
        low, high, mark = cut(low, high, self.possible)
        spread = f"[{plain(self.scale * low)}, {plain(self.scale * high)}]{mark}"
        return f"{plain(self.scale * mean)} {spread}{unit}, {counted}"

    def pairs(self, evidence: Evidence, setting: Setting) -> pd.Series:
        """The effect of each pair with the baseline within a setting, as it is printed."""
        kept = self["at_most"] is not None
        claim = Claim.model_construct(
            **{key: self[key] for key in ("metric", "method", "baseline", "control", "direction", "at_most")},
            effect=self["effect_kind"],
            smallest_effect=None if kept else self["smallest_effect"],
        )
        found = compare(claim, claim.baseline, evidence.settled(setting))
        return found.pairs.dropna().map(found.scale.shown)

    def settings(self, evidence: Evidence) -> dict[Setting, dict[str, Row]]:
        """Each setting's estimates by opponent."""
        found: dict[Setting, dict[str, Row]] = {}
        for row in evidence.summary["claims"]:
            if row["claim"] == self["claim"]:
                setting = Setting(row["dataset"], row["architecture"])
                found.setdefault(setting, {})[row["opponent"]] = row
        return found


def cases(evidence: Evidence) -> list[Case]:
    """Every claim, in the order of params.yaml."""
    claims = evidence.claims.astype(object)
    known = claims.where(pd.notna(claims), None)
    rows: list[Row] = [dict(zip(map(str, known), row, strict=True)) for row in known.itertuples(index=False)]
    return [Case(row, _possible(evidence, row)) for row in rows]


def _possible(evidence: Evidence, row: Row) -> Bounds:
    measured = [d for d in evidence.datasets if row["metric"] in evidence.columns(d)]
    lows, highs = zip(
        *(
            bounds_of_difference(evidence.bounds(d, row["metric"]), relative=row["effect_kind"] == "relative")
            for d in measured or evidence.datasets
        ),
        strict=True,
    )
    low, high = min(lows), max(highs)
    return (-high, -low) if row["direction"] == "lower" else (low, high)
