"""Tables that fit the terminal, and nothing but text where there is none."""

from collections.abc import Iterable, Sequence
from itertools import groupby

from rich import box
from rich.console import Console, Group
from rich.table import Table
from rich.text import Text


def console() -> Console:
    """As wide as the terminal, in its colours; 80 columns and no colour in a pipe."""
    return Console(highlight=False, markup=False, emoji=False)


def table(title: str, header: Sequence[str], rows: Iterable[Sequence[str]], note: str = "") -> Group:
    """A table whose cells wrap rather than overflow, the first column's last, with a note below."""
    made = Table(*header, box=box.SIMPLE_HEAD, pad_edge=False)
    for column in made.columns:
        column.overflow = "fold"
    made.columns[0].no_wrap = True
    for row in rows:
        made.add_row(*row)
    return Group(Text(title, style="bold"), made, *([note, ""] if note else []))


def seeds(runs: Sequence[str]) -> list[str]:
    """`digits-conventional-gan: 0, 1, 2` for runs that differ in the seed alone and follow each other."""
    split = (run.rsplit("-", 1) for run in runs)
    return [
        f"{group}: {', '.join(seed for _, seed in members)}"
        for group, members in groupby(split, key=lambda parts: parts[0])
    ]
