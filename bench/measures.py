"""The tables of docs/measures.md, made from the words in which reports explain each column.

python bench/measures.py    rewrite the tables
"""

from pathlib import Path

from ganmatrix.columns import SECTIONS, Measure

PAGE = Path(__file__).parents[1] / "docs" / "measures.md"
BEGIN, END = "<!-- made by bench/measures.py -->", "<!-- end -->"


def table(title: str, measures: dict[str, Measure]) -> list[str]:
    """One section: the column's key, its name in reports, which way is better, what it says."""
    rows = [
        f"| `{key}` | {each.title} | {each.better or '-'} | {each.explanation.replace('|', '&#124;')} |"
        for key, each in measures.items()
    ]
    return [f"### {title}", "", "| column | name | better | what it says |", "|---|---|---|---|", *rows, ""]


def rewritten(page: str) -> str:
    """The page with its tables made anew."""
    before, rest = page.split(BEGIN)
    lines = [line for title, measures in SECTIONS.items() for line in table(title, measures)]
    return "\n".join([before + BEGIN, *lines, END]) + rest.split(END)[1]


if __name__ == "__main__":
    PAGE.write_text(rewritten(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
