"""Tables that fit the terminal; plain text if there is no terminal."""

from collections.abc import Iterable, Sequence
from itertools import groupby

from rich import box
from rich.console import Console, Group
from rich.table import Table
from rich.text import Text


def console() -> Console:
    """A console with the terminal's width and colours; 80 columns and no colour in a pipe."""
    return Console(highlight=False, markup=False, emoji=False)


def table(title: str, header: Sequence[str], rows: Iterable[Sequence[str]], note: str = "") -> Group:
    """A table with a note below. Long cells wrap; those of the first column wrap last."""
    made = Table(*header, box=box.SIMPLE_HEAD, pad_edge=False)
    for column in made.columns:
        column.overflow = "fold"
    made.columns[0].no_wrap = True
    for row in rows:
        made.add_row(*row)
    return Group(Text(title, style="bold"), made, *([note, ""] if note else []))


def seeds(runs: Sequence[str]) -> list[str]:
    """`digits-conventional-gan: 0, 1, 2` for consecutive runs that differ only in the seed."""
    split = (run.rsplit("-", 1) for run in runs)
    return [
        f"{group}: {', '.join(seed for _, seed in members)}"
        for group, members in groupby(split, key=lambda parts: parts[0])
    ]
