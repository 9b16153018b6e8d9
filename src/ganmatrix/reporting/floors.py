"""What stands beside a score: what it was before training, and what real samples and noise score."""

from collections.abc import Mapping
from typing import Any

from ganmatrix.columns import Column
from ganmatrix.reporting.numbers import number
from ganmatrix.results.artifacts import floor_of

BEFORE, UNSEEN, NOISE = "before training", "unseen reals", "noise"
MARKS = (BEFORE, UNSEEN, NOISE)


def beside(
    summary: Mapping[str, Any], dataset: str, measured: Column, architecture: str | None = None
) -> dict[str, str]:
    """Those of MARKS that are known, with their numbers; the first is an architecture's, mean over seeds."""
    untrained = measured.at("init").name
    before = (
        row["mean"]
        for row in summary["groups"]
        if (row["dataset"], row["architecture"], row["column"]) == (dataset, architecture, untrained)
        and row["mean"] is not None
    )
    floor = floor_of(summary, dataset, measured.name) or {}
    values = (next(before, None), floor.get("value"), floor.get("noise"))
    marks = zip(MARKS, values, strict=True)
    return {mark: number(value, measured.measure) for mark, value in marks if value is not None}


def in_words(summary: Mapping[str, Any], dataset: str, measured: Column, architecture: str) -> str:
    """`72.4 before training, 1.20 for unseen reals, 213 for noise`; nothing where nothing is known."""
    known = beside(summary, dataset, measured, architecture)
    return ", ".join(f"{value} {'' if mark == BEFORE else 'for '}{mark}" for mark, value in known.items())


def samples(summary: Mapping[str, Any], dataset: str, measured: Column) -> str:
    """How many unseen reals were scored: `360 held-out samples, where G is scored on 1,000`, or nothing."""
    if not (floor := floor_of(summary, dataset, measured.name)) or floor["samples"] is None:
        return ""
    generated = summary["protocols"][dataset].get(measured.name, {}).get("fake_samples", floor["samples"])
    beyond = f", where G is scored on {generated:,}" if generated != floor["samples"] else ""
    return f"{floor['samples']:,} held-out samples{beyond}"
