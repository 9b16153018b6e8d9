"""Changes between two results, in the terminal."""

from collections import Counter
from collections.abc import Iterable, Iterator

from rich.console import RenderableType

from ganmatrix.columns import column
from ganmatrix.reporting.numbers import interval, number, plain
from ganmatrix.results.changes import OF_OTHERS, Changes, ColumnShift, Difference, Finding, RunChange
from ganmatrix.terminal.tables import seeds, table

FINDINGS: tuple[Finding, ...] = ("beyond noise", "could be chance", "undecided", "equal")

RULE = (
    "Beyond noise: p < 0.05 after correction for {tests} (Benjamini-Hochberg). Common seeds are "
    "compared in pairs (paired t test); with fewer than 3 common seeds, all runs with all (Welch). "
    "Training times are not compared."
)


def changes(found: Changes, places: tuple[str, str], every: bool) -> Iterator[RenderableType]:
    """One line if nothing has changed; otherwise runs, columns, protocols, verdicts and means.

    With `every`, means that may have changed by chance are listed too, instead of counted.
    """
    before, after = places
    if found.none:
        yield f"{before} and {after} agree in all {_count(found.runs[0], 'run')}."
        return
    yield f"{before}: {_count(found.runs[0], 'run')}. {after}: {_count(found.runs[1], 'run')}."
    for title, runs in (("New runs", found.new_runs), ("Gone runs", found.gone_runs)):
        if runs:
            yield f"{title}, {len(runs)}: {'; '.join(seeds(runs))}"
    if found.changed_runs:
        yield table(
            f"Changed runs, {len(found.changed_runs)}",
            ["runs", "what differs"],
            _runs(found.changed_runs),
        )
    for title, columns in (
        ("New columns", found.new_columns),
        ("Gone columns", found.gone_columns),
        ("Scores of which no value is left", found.gone_scores),
    ):
        if columns:
            yield f"{title}, {len(columns)}: {'; '.join(columns)}"
    if found.incomparable:
        rows = [[each.dataset, each.column, _differences(each.protocol)] for each in found.incomparable]
        yield table("Not comparable: another protocol", ["dataset", "column", "what differs"], rows)
    if found.other_sources:
        named = (
            f"{each.dataset}: {each.column} of {_count(each.runs, 'run')}" for each in found.other_sources
        )
        yield f"Not compared, because other runs stand behind it: {'; '.join(named)}"
    if found.verdicts:
        rows = [
            [each.claim, each.before or "not listed", each.after or "not listed"] for each in found.verdicts
        ]
        yield table("Verdicts", ["claim", "before", "after"], rows)
    yield from _means(found.shifts, every)


def _runs(changed: Iterable[RunChange]) -> Iterator[list[str]]:
    """Runs that differ only in the seed and have the same change share a row."""
    alike: dict[tuple[str, str], list[str]] = {}
    for change in changed:
        alike.setdefault((change.run.rpartition("-")[0], _what(change)), []).append(change.run)
    for (_, what), runs in alike.items():
        yield [*seeds(runs), what]


def _what(change: RunChange) -> str:
    parts = [_differences(change.params)] if change.params else []
    parts += [" -> ".join(change.outcome)] if change.outcome else []
    parts += ["other weights"] if change.weights else []
    parts += [_count(change.values, "number")] if change.values else []
    return "; ".join(parts)


def _means(shifts: list[ColumnShift], every: bool) -> Iterator[RenderableType]:
    """One table for each column, then the number of each finding, and the rule."""
    if not shifts:
        return
    told = FINDINGS[:-1] if every else FINDINGS[:1]
    shown = [each for each in shifts if each.shift.finding in told]
    for name in dict.fromkeys(each.column for each in shown):
        rows = [_mean(each) for each in shown if each.column == name]
        title = f"Mean of {name}" + (", which depends on other runs, too" if name in OF_OTHERS else "")
        yield table(title, ["cells", "before", "after", "change [95% interval]", "finding"], rows)
    counts = Counter(each.shift.finding for each in shifts)
    yield f"Means: {', '.join(f'{counts[finding]} {finding}' for finding in FINDINGS)}."
    reasons = Counter(each.shift.reason for each in shifts if each.shift.finding == "undecided")
    if reasons:
        yield f"Undecided: {'; '.join(f'{n}, {reason}' for reason, n in reasons.items())}."
    if not every and counts["could be chance"] + counts["undecided"]:
        yield "--column NAME lists these of a column, too."
    yield RULE.format(tests=_count(sum(each.shift.p is not None for each in shifts), "test"))


def _mean(each: ColumnShift) -> list[str]:
    shift, measure = each.shift, column(each.column).measure
    spread = interval(shift.low, shift.high, measure)
    p = "" if shift.p is None else f"\np={plain(shift.p)},"
    seeds = f"n={shift.n_before}" if shift.paired else f"n={shift.n_before} and {shift.n_after}"
    return [
        f"{each.dataset}-{each.architecture}-{each.method}",
        number(shift.before, measure),
        number(shift.after, measure),
        f"{number(shift.change, measure)} {spread}".rstrip(),
        f"{shift.finding}{p} {seeds}",
    ]


def _differences(difference: Difference) -> str:
    return "; ".join(f"{key} {_text(old)} -> {_text(new)}" for key, (old, new) in difference.items())


def _text(value: object) -> str:
    return "absent" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _count(n: int, noun: str) -> str:
    return f"{n:,} {noun}{'' if n == 1 else 's'}"
