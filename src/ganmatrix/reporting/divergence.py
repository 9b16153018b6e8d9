"""How often training diverged: counts, and what they say about the rate."""

from typing import Any

from ganmatrix.reporting.evidence import Evidence
from ganmatrix.reporting.fragments import Fragment, details, join, table, text
from ganmatrix.reporting.headline import counted

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
    content = table(caption, header, rows)
    if evidence.summary["runs"]["diverged"]:
        return content
    trained = [row for method in evidence.methods if (row := found[(method, None, None)])["runs"]]
    return join([text("p", _bounded(trained)), details("Counts and intervals by setting", content)])


def _bounded(trained: list[Row]) -> str:
    """What no divergence says of the method with the fewest runs, about which it says least."""
    fewest = min(trained, key=lambda row: row["runs"])
    alike = all(row["runs"] == fewest["runs"] for row in trained)
    whose = "each method" if alike else f"{fewest['method']}, the fewest,"
    return (
        f"No run diverged. Of {counted(fewest['runs'], 'run')} of {whose} that says no more than that its "
        f"rate is at most {100 * fewest['high']:.0f}% (95%, exact)."
    )


def _entry(row: Row) -> str:
    if row["rate"] is None:
        return "not trained"
    low, high = (f"{100 * row[end]:.0f}" for end in ("low", "high"))
    return f"{row['diverged']} of {row['runs']}\n{low}% to {high}%"
