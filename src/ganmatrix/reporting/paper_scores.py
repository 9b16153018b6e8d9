"""What papers and public code have printed, beside ours where it can be."""

from itertools import groupby
from typing import Any

from ganmatrix.columns import column
from ganmatrix.reporting.evidence import Evidence
from ganmatrix.reporting.fragments import Fragment, details, join, table, text
from ganmatrix.reporting.numbers import interval, number

Row = dict[str, Any]

_HEADER = ["Trained", "Score", "Published", "Ours", "Comparable"]


def published(evidence: Evidence) -> Fragment:
    """How many numbers compare; those of the papers under test first, then these; others by source."""
    rows: list[Row] = evidence.summary["published"]
    comparable = [row for row in rows if row["comparable"]]
    beside = [row for row in rows if row["ours"] is not None and not row["comparable"]]
    blocks = [
        text(
            "p",
            f"Of {len(rows)} published scores {len(comparable) or 'none'} "
            f"{'is' if len(comparable) == 1 else 'are'} comparable with ours: the dataset, the method, the "
            "networks, the recipe and the protocol of the score must all agree. The first that does not is "
            "named.",
        )
    ]
    relative = [row for row in rows if row["published"] is None]
    if shown := [*relative, *comparable, *beside]:
        blocks.append(
            table(
                "The papers under test, and published scores that have one of ours beside them",
                _HEADER,
                map(_cells, shown),
            )
        )
    others = sorted((row for row in rows if row not in shown), key=lambda row: row["source"])
    for source, members in groupby(others, key=lambda row: row["source"]):
        listed = [_cells(row) for row in members]
        content = table(f"Published by {source}", _HEADER, listed)
        blocks.append(details(f"{source}: {len(listed)} with nothing of ours beside them", content))
    return join(blocks)


def _cells(row: Row) -> list[str]:
    known = column(row["metric"])
    if row["published"] is None:
        subject = f"{row['method']}\n{row['dataset']}"
        return [subject, known.title, f"{row['stated']}\n{row['source']}", "-", row["reason"]]
    spread = (
        f" \N{PLUS-MINUS SIGN} {number(row['published_spread'], known.measure)}"
        if row["published_spread"]
        else ""
    )
    return [
        f"{row['method']}\n{row['dataset']}",
        known.title,
        f"{number(row['published'], known.measure)}{spread}\n{row['source']}",
        _ours(row),
        "comparable" if row["comparable"] else f"not comparable\n{row['reason']}",
    ]


def _ours(row: Row) -> str:
    if row["ours"] is None:
        return "-"
    measured = column(row["our_column"])
    spread = interval(row["ours_low"], row["ours_high"], measured.measure) or "no interval"
    where = f"{row['our_method']}, {row['our_dataset']} x {row['our_architecture']}"
    return f"{number(row['ours'], measured.measure)} {spread}, n = {row['ours_n']}\n{where}"
