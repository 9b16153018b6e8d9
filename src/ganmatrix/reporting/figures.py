"""How every figure looks: colours that the colour-blind can tell apart, light axes, stable bytes."""

import io
import textwrap
from collections.abc import Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from ganmatrix.reporting.page import Fragment, image, scrollable

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#7F7F7F")
"""Okabe and Ito's palette, with grey in the place of its yellow, which is too faint for lines."""

DASHES = ("-", "--", "-.", ":")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
STYLE: dict[Any, Any] = {
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.titlesize": 9,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#8a8a8a",
    "axes.grid": True,
    "axes.grid.axis": "y",
    "grid.color": "#e4e4e4",
    # Text stays text, and identifiers depend on the content alone: small files, equal bytes.
    "svg.fonttype": "none",
    "svg.hashsalt": "ganmatrix",
}

WIDTH, HEIGHT = 4.2, 2.9
"""Inches. A figure fills a phone; a desktop shows two or three side by side."""

SQUARE = 0.36
"""Inches of a heat map's square."""

TITLE = 0.45
"""Inches that a title of two lines takes."""

CHARACTER = 0.085
"""Inches that a character of a tick label takes."""

DARK = 0.6
"""From here on a heat map's squares are too dark for black ink."""

TITLE_CHARACTER = 0.078
"""Inches that a character of a title takes."""

LEGEND_COLUMNS, ROWS_LEGEND_COLUMNS = 3, 2
"""Names side by side, below a single axes and below rows."""

LINE = 0.19
"""Inches that a line of the legend takes."""

PANELS_ACROSS = 4
"""Panels side by side."""

PANEL_WIDTH, PANEL_HEIGHT = 2.3, 1.45
"""Inches from one panel to the next."""

LABEL_CHARACTER = 0.072
"""Inches that a character of an axis label takes."""

PANELS_LEFT = 0.85
"""Inches left of the panels, for their labels."""

ROW = 0.25
"""Inches of a row of dots."""

GREY = "#8a8a8a"
"""Of what a method is compared with."""


def single_axes(x_label: str, y_label: str, *, entries: int = 0) -> tuple[Figure, Axes]:
    """A figure with one axes, with room for a title of two lines and for `entries` of a legend below."""
    legend = LINE * -(-entries // LEGEND_COLUMNS)
    height = HEIGHT + legend
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, height))
        axes = figure.add_axes((0.14, (0.5 + legend) / height, 0.83, (HEIGHT - 0.95) / height))
        axes.set_xlabel(x_label)
        axes.set_ylabel(y_label)
        axes.locator_params(nbins=5)
    return figure, axes


def title_axes(axes: Axes, finding: str) -> None:
    """Title the axes with what the data say, in lines from their left to the figure's right."""
    room = axes.figure.bbox.width / axes.figure.dpi * (1 - axes.get_position().x0)
    with matplotlib.rc_context(STYLE):
        axes.set_title(textwrap.fill(finding, int(room / TITLE_CHARACTER)))


def heat_map(rows: Sequence[str], columns: Sequence[str], values: Sequence[Sequence[float | None]]) -> Figure:
    """A figure of shares (rows, columns), as colours from 0 to 1 and as whole percentages."""
    names = CHARACTER * max(map(len, [*columns, *rows]))
    across, down = SQUARE * len(columns), SQUARE * len(rows)
    width, height = max(WIDTH, names + across), names + down + TITLE
    shown = np.array(values, dtype=float)
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(width, height))
        axes = figure.add_axes((names / width, names / height, across / width, down / height))
        axes.pcolormesh(shown, cmap="Blues", vmin=0, vmax=1, edgecolors="white", linewidth=1)
        for (row, column), value in np.ndenumerate(shown):
            text = "-" if np.isnan(value) else f"{100 * value:.0f}".replace("-", "\N{MINUS SIGN}")
            ink = "white" if value > DARK else "black"
            axes.text(column + 0.5, row + 0.5, text, ha="center", va="center", color=ink, fontsize=8)
        axes.set_xticks(np.arange(len(columns)) + 0.5, columns, rotation=90)
        axes.set_yticks(np.arange(len(rows)) + 0.5, rows)
        axes.tick_params(length=0)
        axes.grid(visible=False)
        axes.spines[:].set_visible(False)
        axes.invert_yaxis()
    return figure


def method_style(index: int) -> dict[str, Any]:
    """Colour, dashes and marker of the method at that place in the grid: three ways to tell it."""
    turn = index + index // len(COLOURS)
    return {
        "color": COLOURS[index % len(COLOURS)],
        "linestyle": DASHES[turn % len(DASHES)],
        "marker": MARKERS[turn % len(MARKERS)],
    }


def embed(figure: Figure, alt: str, caption: str = "", kind: str = "plot") -> Fragment:
    """The figure as an SVG image inside the page, of a class that the style sheet lays out."""
    content = io.BytesIO()
    with matplotlib.rc_context(STYLE):
        figure.savefig(content, format="svg", metadata={"Date": None})
    return image(content.getvalue(), "image/svg+xml", alt, caption, kind)


def title_panel(axes: Axes, name: str) -> None:
    """Write a panel's name above it, in place of the one that it has."""
    with matplotlib.rc_context(STYLE):
        axes.set_title(name, fontweight="normal", pad=3)


def panel_axes(
    names: Sequence[str], x_label: str, y_label: str, *, entries: int = 0, log: bool = False
) -> tuple[Figure, list[Axes]]:
    """A figure of a panel a name, all on the same axes, with room for a title and a legend."""
    across = min(PANELS_ACROSS, len(names))
    down = -(-len(names) // PANELS_ACROSS)
    width, panels = PANEL_WIDTH * across + 0.3, PANEL_HEIGHT * down
    top, bottom = 0.55, 0.5 + LINE * bool(entries)
    height = panels + top + bottom
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(width, height))
        every = figure.subplots(down, across, sharex=True, sharey=True, squeeze=False)
        axes = list(every.flat)
        figure.subplots_adjust(
            left=PANELS_LEFT / width,
            right=1 - 0.1 / width,
            top=1 - top / height,
            bottom=bottom / height,
            wspace=0.08,
            hspace=0.3,
        )
        for ax, name in zip(axes, names, strict=False):
            title_panel(ax, name)
            ax.locator_params(axis="x", nbins=4)
        for ax in axes[len(names) :]:
            ax.remove()
        for ax in axes[max(0, len(names) - across) : len(names)]:
            ax.tick_params(labelbottom=True)
        if log:
            axes[0].set_yscale("log")
            label_decades(axes[0].yaxis)
        centre = (PANELS_LEFT + (width - PANELS_LEFT - 0.1) / 2) / width
        figure.text(centre, (0.12 + LINE * bool(entries)) / height, x_label, ha="center")
        figure.text(0.12 / width, (bottom + panels / 2) / height, y_label, va="center", rotation=90)
    return figure, axes[: len(names)]


def row_axes(
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
    legend = LINE * -(-entries // ROWS_LEGEND_COLUMNS)
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
            label_decades(axes.xaxis)
        else:
            axes.locator_params(axis="x", nbins=6)
    return figure, axes


def legend(figure: Figure, across: int = ROWS_LEGEND_COLUMNS) -> None:
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


def title_figure(figure: Figure, finding: str) -> None:
    """Title the whole figure with what the data say, in up to two lines."""
    width, height = figure.get_size_inches()
    lines = textwrap.fill(finding, int((width - 0.2) / TITLE_CHARACTER))
    with matplotlib.rc_context(STYLE):
        figure.text(0.1 / width, 1 - 0.08 / height, lines, va="top", weight="bold", size=9)


def embed_wide(figure: Figure, alt: str, caption: str) -> Fragment:
    """A figure as wide as the page, which a phone scrolls."""
    return scrollable(embed(figure, alt, caption, "plot wide"), caption)


def label_decades(axis: Axis) -> None:
    """Ticks of a logarithmic axis at 1, 2 and 5 of as many decades as have room, in plain numbers."""
    axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0), numticks=6))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())
