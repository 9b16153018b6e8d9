"""A run from elsewhere: what a table of `imports` contributes to the matrix."""

from collections.abc import Mapping
from dataclasses import dataclass

from ganmatrix.cell import Run
from ganmatrix.entry import Entry


@dataclass(frozen=True)
class Imported:
    """A run of an import."""

    run: Run
    source: str
    """The import's name."""
    paired: bool
    diverged: bool
    entries: Mapping[str, Entry]
    """Its values by column, without costs."""
    costs: Mapping[str, float]
    columns: frozenset[str]
    """Those that some run of its cell has: the others do not apply to it."""

    @property
    def outcome(self) -> str:
        """As in the matrix."""
        return "diverged" if self.diverged else "completed"

    @property
    def label(self) -> str:
        """The run with its source, in messages."""
        return f"{self.run.id} of imports.{self.source}"
