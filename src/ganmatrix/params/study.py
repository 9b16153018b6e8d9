"""`study`: what a params file is for, as the header of every report says it."""

from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from ganmatrix.params.base import Section, worded
from ganmatrix.params.grid import Grid

LONGEST_TITLE, LONGEST_QUESTION = 100, 300
"""Characters."""

FEW = 4
"""Up to so many names stand in a default title; of more it has the number."""


def _is_one_line(text: str) -> str:
    if not text.isprintable():
        raise ValueError("expected one line of plain text")
    return text


_PLAIN = (AfterValidator(worded), AfterValidator(_is_one_line))
Title = Annotated[str, StringConstraints(strip_whitespace=True, max_length=LONGEST_TITLE), *_PLAIN]
Question = Annotated[str, StringConstraints(strip_whitespace=True, max_length=LONGEST_QUESTION), *_PLAIN]


class Study(Section):
    """Title and question of the study. What is left out is made from the grid."""

    title: Title | None = Field(
        default=None, description="a few words; by default the grid's methods and datasets"
    )
    question: Question | None = Field(
        default=None, description="what the runs are to answer, in one sentence"
    )


def title_of(study: Study, grid: Grid) -> str:
    """The study's title, or one such as `gan and dat on digits`."""
    if not grid.methods:
        return study.title or "Results from elsewhere"
    return study.title or f"{_names(grid.methods, 'methods')} on {_names(grid.datasets, 'datasets')}"


def question_of(study: Study, grid: Grid) -> str:
    """The study's question, or one about the grid's methods."""
    if study.question:
        return study.question
    if not grid.methods:
        return "Which claims hold on these results?"
    datasets, (first, *others) = _names(grid.datasets, "datasets"), grid.methods
    if not others:
        return f"How well does {first} train on {datasets}?"
    do = "does" if len(others) == 1 else "do"
    return f"How {do} {_names(others, 'other methods')} compare with {first} on {datasets}?"


def _names(names: list[str], noun: str) -> str:
    if len(names) > FEW:
        return f"{len(names)} {noun}"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
