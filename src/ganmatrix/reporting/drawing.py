"""How every figure looks: colours that the colour-blind can tell apart, light axes, stable bytes."""

import io
import textwrap
from collections.abc import Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ganmatrix.reporting.fragments import Fragment, image

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

LEGEND_COLUMNS = 3
LINE = 0.19
"""Inches that a line of the legend takes."""


def panel(x_label: str, y_label: str, *, entries: int = 0) -> tuple[Figure, Axes]:
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


def state(axes: Axes, finding: str) -> None:
    """Title the axes with what the data say, in lines from their left to the figure's right."""
    room = axes.figure.bbox.width / axes.figure.dpi * (1 - axes.get_position().x0)
    with matplotlib.rc_context(STYLE):
        axes.set_title(textwrap.fill(finding, int(room / TITLE_CHARACTER)))


def legend(figure: Figure) -> None:
    """The lines' names below the axes."""
    if figure.axes[0].get_legend_handles_labels()[0]:
        figure.legend(loc="lower center", ncols=LEGEND_COLUMNS, frameon=False, fontsize=8, columnspacing=1.2)


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


def mark(index: int) -> dict[str, Any]:
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
