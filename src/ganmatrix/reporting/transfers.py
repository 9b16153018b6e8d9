"""Attacks made on one method's discriminator, tried on another's: a heat map a pair of architectures."""

from typing import Any

from ganmatrix.reporting.drawing import embed, heat_map, state
from ganmatrix.reporting.evidence import Evidence
from ganmatrix.reporting.fragments import Fragment, box, text
from ganmatrix.reporting.seeds import most, resting

Group = dict[str, Any]

NOISE = "sign noise"
"""The row of the control."""


def maps(evidence: Evidence, dataset: str) -> Fragment:
    """Attacks on the row's D, tried on the column's; one figure a pair of architectures."""
    rows = [row for row in evidence.summary["transfers"] if row["dataset"] == dataset]
    if not rows:
        return text("p", f"No attacks have been tried on other runs on {dataset} yet.", "note")
    pairs = [(source, target) for source in evidence.architectures for target in evidence.architectures]
    return box((_map(evidence, dataset, source, target, rows) for source, target in pairs), "figures")


def _map(evidence: Evidence, dataset: str, source: str, target: str, rows: list[Group]) -> Fragment:
    groups = {
        (row["source_method"], row["target_method"]): row
        for row in rows
        if (row["source_architecture"], row["target_architecture"]) == (source, target)
    }
    methods = evidence.methods
    rates = [[groups[made, tried]["rate"]["mean"] for tried in methods] for made in methods]
    # The control is the target's alone: it is the same for every source.
    rates.append([groups[methods[0], tried]["control"]["mean"] for tried in methods])
    figure = heat_map([*methods, NOISE], methods, rates)
    finding = _finding(groups)
    state(figure.axes[0], finding)
    made = {f"attacks on {m}": most(groups[m, other]["rate"] for other in methods) for m in methods}
    received = {f"{m}'s D": most(groups[other, m]["rate"] for other in methods) for m in methods}
    n = resting((row["rate"] for row in groups.values()), made | received)
    caption = (
        f"Attacks on the row's D ({source}) tried on the column's ({target}), {dataset}: fall of its logit "
        f"in % of the fall under its own attack. Means over seeds, {n}."
    )
    return embed(figure, f"{caption} {finding}.", caption)


def _finding(groups: dict[tuple[str, str], Group]) -> str:
    means = {
        pair: row["rate"]["mean"]
        for pair, row in groups.items()
        if pair[0] != pair[1] and row["rate"]["mean"] is not None
    }
    if not means:
        return "No attack on one method was tried on another"
    (source, target), highest = max(means.items(), key=lambda item: item[1])
    return f"Between methods at most {100 * highest:.0f}%: {source} on {target}"
