"""Small multiples: a panel a method on shared axes, and rows of dots, a row a method."""

import textwrap
from collections.abc import Sequence

import matplotlib
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from ganmatrix.reporting.drawing import (
    CHARACTER,
    LINE,
    STYLE,
    TITLE_CHARACTER,
    WIDTH,
    embed,
)
from ganmatrix.reporting.fragments import Fragment, scrollable

ACROSS = 4
"""Panels side by side."""

PANEL_WIDTH, PANEL_HEIGHT = 2.3, 1.45
"""Inches from one panel to the next."""

LABEL_CHARACTER = 0.072
"""Inches that a character of an axis label takes."""

LEFT = 0.85
"""Inches left of the panels, for their labels."""

ROW = 0.25
"""Inches of a row of dots."""

LEGEND_ACROSS = 2
"""Names side by side in a legend."""

GREY = "#8a8a8a"
"""Of what a method is compared with."""


def entitle(axes: Axes, name: str) -> None:
    """Write a panel's name above it, in place of the one that it has."""
    with matplotlib.rc_context(STYLE):
        axes.set_title(name, fontweight="normal", pad=3)


def multiples(
    names: Sequence[str], x_label: str, y_label: str, *, entries: int = 0, log: bool = False
) -> tuple[Figure, list[Axes]]:
    """A figure of a panel a name, all on the same axes, with room for a title and a legend."""
    across = min(ACROSS, len(names))
    down = -(-len(names) // ACROSS)
    width, panels = PANEL_WIDTH * across + 0.3, PANEL_HEIGHT * down
    top, bottom = 0.55, 0.5 + LINE * bool(entries)
    height = panels + top + bottom
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(width, height))
        every = figure.subplots(down, across, sharex=True, sharey=True, squeeze=False)
        axes = list(every.flat)
        figure.subplots_adjust(
            left=LEFT / width,
            right=1 - 0.1 / width,
            top=1 - top / height,
            bottom=bottom / height,
            wspace=0.08,
            hspace=0.3,
        )
        for ax, name in zip(axes, names, strict=False):
            entitle(ax, name)
            ax.locator_params(axis="x", nbins=4)
        for ax in axes[len(names) :]:
            ax.remove()
        for ax in axes[max(0, len(names) - across) : len(names)]:
            ax.tick_params(labelbottom=True)
        if log:
            axes[0].set_yscale("log")
            _label_decades(axes[0].yaxis)
        centre = (LEFT + (width - LEFT - 0.1) / 2) / width
        figure.text(centre, (0.12 + LINE * bool(entries)) / height, x_label, ha="center")
        figure.text(0.12 / width, (bottom + panels / 2) / height, y_label, va="center", rotation=90)
    return figure, axes[: len(names)]


def rows(
    names: Sequence[str],
    x_label: str,
    *,
    entries: int = 0,
    log: bool = False,
    width: float = WIDTH,
    row: float = ROW,
) -> tuple[Figure, Axes]:
    """A figure with a row a name, the first at the top, and with room for a title and a legend."""
    label = CHARACTER * max(map(len, names))
    legend = LINE * -(-entries // LEGEND_ACROSS)
    body = row * len(names) + 0.15
    lines = textwrap.wrap(x_label, int((width - label) / LABEL_CHARACTER))
    top, bottom = 0.5, 0.38 + LINE * len(lines) + legend
    height = top + body + bottom
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(width, height))
        axes = figure.add_axes(
            (
                (label + 0.15) / width,
                bottom / height,
                (width - label - 0.35) / width,
                body / height,
            )
        )
        axes.set_yticks(range(len(names)), names)
        axes.set_ylim(len(names) - 0.4, -0.6)
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        axes.grid(visible=True, axis="x")
        axes.set_xlabel("\n".join(lines))
        if log:
            axes.set_xscale("log")
            _label_decades(axes.xaxis)
        else:
            axes.locator_params(axis="x", nbins=6)
    return figure, axes


def legend(figure: Figure, across: int = LEGEND_ACROSS) -> None:
    """The names of what the axes show, below all, each once."""
    shown: dict[str, Artist] = {}
    for axes in figure.axes:
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            shown.setdefault(label, handle)
    if shown:
        figure.legend(
            list(shown.values()),
            list(shown),
            loc="lower center",
            ncols=across,
            frameon=False,
            fontsize=8,
            columnspacing=1.2,
        )


def state(figure: Figure, finding: str) -> None:
    """Title the whole figure with what the data say, in up to two lines."""
    width, height = figure.get_size_inches()
    lines = textwrap.fill(finding, int((width - 0.2) / TITLE_CHARACTER))
    with matplotlib.rc_context(STYLE):
        figure.text(0.1 / width, 1 - 0.08 / height, lines, va="top", weight="bold", size=9)


def embed_wide(figure: Figure, alt: str, caption: str) -> Fragment:
    """A figure as wide as the page, which a phone scrolls."""
    return scrollable(embed(figure, alt, caption, "plot wide"), caption)


def _label_decades(axis: Axis) -> None:
    """Ticks of a logarithmic axis at 1, 2 and 5 of as many decades as have room, in plain numbers."""
    axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0), numticks=6))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())
