"""How often training diverged: counts, and what they say about the rate."""

from typing import Any

from ganmatrix.reporting.evidence import Evidence
from ganmatrix.reporting.fragments import Fragment, table

Row = dict[str, Any]


def rates(evidence: Evidence) -> Fragment:
    """Methods by settings, and over all settings, with exact intervals."""
    found = {
        (row["method"], row["dataset"], row["architecture"]): row for row in evidence.summary["divergence"]
    }
    places = [(None, None), *((s.dataset, s.architecture) for s in evidence.settings)]
    header = ["Method", "All settings", *map(str, evidence.settings)]
    rows = [[method, *(_entry(found[(method, *place)]) for place in places)] for method in evidence.methods]
    caption = "Runs that diverged, with the 95% interval of their rate (Clopper and Pearson, exact)"
    return table(caption, header, rows)


def _entry(row: Row) -> str:
    low, high = (f"{100 * row[end]:.0f}" for end in ("low", "high"))
    return f"{row['diverged']} of {row['cells']}\n{low}% to {high}%"
