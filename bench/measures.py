"""The tables of docs/measures.md, made from the words in which reports explain each column.

python bench/measures.py    rewrite the tables
"""

from pathlib import Path

from ganmatrix.reporting.catalogue import (
    attacks,
    costs,
    gradients,
    losses,
    memory,
    scores,
    smoothness,
    transfers,
)
from ganmatrix.reporting.catalogue.measure import Measure

PAGE = Path(__file__).parents[1] / "docs" / "measures.md"
BEGIN, END = "<!-- made by bench/measures.py -->", "<!-- end -->"
FAMILIES: dict[str, dict[str, Measure]] = {
    "Scores of the generator": scores.MEASURES,
    "Discrimination under attack, noise, transforms and corruptions": attacks.MEASURES,
    "Transfer of attacks": transfers.MEASURES,
    "Gradient norms": gradients.MEASURES,
    "Smoothness": smoothness.MEASURES,
    "Memory, and several discriminators": memory.MEASURES,
    "Final losses": losses.MEASURES,
    "Costs": costs.MEASURES,
}


def table(title: str, measures: dict[str, Measure]) -> list[str]:
    """One family: the column's key, its name in reports, which way is better, what it says."""
    rows = [
        f"| `{key}` | {each.title} | {each.better or '-'} | {each.explanation.replace('|', '&#124;')} |"
        for key, each in measures.items()
    ]
    return [f"### {title}", "", "| column | name | better | what it says |", "|---|---|---|---|", *rows, ""]


def rewritten(page: str) -> str:
    """The page with its tables made anew."""
    before, rest = page.split(BEGIN)
    lines = [line for title, measures in FAMILIES.items() for line in table(title, measures)]
    return "\n".join([before + BEGIN, *lines, END]) + rest.split(END)[1]


if __name__ == "__main__":
    PAGE.write_text(rewritten(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
