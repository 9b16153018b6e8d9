"""The matrix as tables: methods by architectures, a table for each measured column."""

from typing import Any

from ganmatrix.columns import Bounds, Column, column, ordered
from ganmatrix.reporting.evidence import Evidence
from ganmatrix.reporting.fragments import Fragment, box, bullets, footnoted, join, table
from ganmatrix.reporting.numbers import CUT, CUT_NOTE, interval, number
from ganmatrix.results.matrix import COSTS

Group = dict[str, Any]


def scores(evidence: Evidence, dataset: str) -> Fragment:
    """What the generators achieved, with the untrained ones as the mark to measure them by."""
    columns = ordered(evidence.columns(dataset))
    return _tables(evidence, dataset, [c for c in columns if c.checkpoint not in (None, "init")])


def probes(evidence: Evidence, dataset: str) -> Fragment:
    """How robust and how steep the discriminators are."""
    columns = [c for c in ordered(evidence.columns(dataset)) if c.checkpoint is None]
    return join([warnings(evidence, dataset), _tables(evidence, dataset, columns)])


def warnings(evidence: Evidence, dataset: str) -> Fragment:
    """The discriminators whose probes say little; nothing if there are none."""
    guessing = [
        f"{setting}, {method}: D tells real from fake no better than chance here; its robustness and "
        "gradients say little."
        for setting in evidence.settings
        if setting.dataset == dataset
        for method in evidence.guessing(setting)
    ]
    return bullets(guessing) if guessing else join([])


def costs(evidence: Evidence, dataset: str) -> Fragment:
    """What training took."""
    return _tables(evidence, dataset, [column(cost) for cost in COSTS])


def glossary(evidence: Evidence) -> Fragment:
    """Every measure of the matrix in plain words."""
    names = {name for dataset in evidence.datasets for name in evidence.columns(dataset)}
    measured = {c.key: c for c in ordered(names) if c.checkpoint != "init"}
    rows = [
        [c.title, f"{c.measure.better} is better" if c.measure.better else "-", c.measure.explanation]
        for c in measured.values()
    ]
    return table("What each measure means", ["Measure", "Direction", "In plain words"], rows)


def networks(evidence: Evidence, dataset: str) -> Fragment:
    """The concrete networks behind each architecture's name."""
    trained = evidence.trained[evidence.trained["architecture"].isin(evidence.architectures)]
    runs = trained[trained["dataset"] == dataset]
    rows = [
        [
            row["architecture"],
            f"{row['generator']}\n{row['generator_parameters']:,} parameters",
            f"{row['discriminator']}\n{row['discriminator_parameters']:,} parameters",
            f"{row['generator_steps']:,}",
        ]
        for row in runs.drop_duplicates("architecture").to_dict("records")
    ]
    header = ["Architecture", "Generator G", "Discriminator D", "Generator steps"]
    return table(f"Networks on {dataset}", header, rows)


def _tables(evidence: Evidence, dataset: str, columns: list[Column]) -> Fragment:
    return box([_table(evidence, dataset, c) for c in columns], "tables")


def _table(evidence: Evidence, dataset: str, measured: Column) -> Fragment:
    groups = groups_of(evidence, dataset, measured.name)
    winners = {a: best(groups, a, measured) for a in evidence.places}
    within = evidence.bounds(dataset, measured.name)
    rows = [
        [m, *(_entry(groups.get((m, a)), measured, within, m == winners[a]) for a in evidence.places)]
        for m in evidence.methods
    ]
    before = measured.at("init").name
    if before in evidence.columns(dataset):
        untrained, first = groups_of(evidence, dataset, before), evidence.methods[0]
        entries = (_entry(untrained.get((first, a)), measured, within, False) for a in evidence.places)
        rows.append([f"before training\n{first}'s generators", *entries])
    unit = f", {measured.measure.unit}" if measured.measure.unit not in measured.title.lower() else ""
    better = f"; {measured.measure.better} is better" if measured.measure.better else ""
    content = table(f"{measured.title}{unit}{better}", ["Method", *evidence.places], rows)
    return footnoted(content, CUT, CUT_NOTE)


def groups_of(evidence: Evidence, dataset: str, name: str) -> dict[tuple[str, str], Group]:
    """A column's estimates over seeds, by method and architecture."""
    return {
        (row["method"], row["architecture"]): row
        for row in evidence.summary["groups"]
        if row["dataset"] == dataset and row["column"] == name
    }


def best(groups: dict[tuple[str, str], Group], architecture: str, measured: Column) -> str | None:
    """The method with the best mean; None if no way is better, fewer than two have a value, or they tie.

    The groups are by method and architecture.
    """
    means = {
        method: group["mean"]
        for (method, where), group in groups.items()
        if where == architecture and group["mean"] is not None
    }
    if measured.measure.better is None or len(means) < 2:
        return None
    top = (min if measured.measure.better == "lower" else max)(means.values())
    winners = [method for method, mean in means.items() if mean == top]
    return winners[0] if len(winners) == 1 else None


def _entry(group: Group | None, measured: Column, within: Bounds, is_best: bool) -> str:
    """Mean, then in small print: interval, number of seeds, and what is missing."""
    if group is None:
        return "no such cell"
    if group["n"] == group["missing"] == 0:
        return "does not apply"
    if group["n"] == 0:
        return f"no value\nall {group['missing']} seeds missing"
    measure = measured.measure
    spread = interval(group["low"], group["high"], measure, within)
    notes = [spread or "no interval", f"n = {group['n']}"]
    if group["missing"]:
        notes.append(f"{group['missing']} missing")
    mark = " (best mean)" if is_best else ""
    return f"{number(group['mean'], measure)}{mark}\n{', '.join(notes)}"
