"""How every figure looks: colours that the colour-blind can tell apart, light axes, stable bytes."""

import io

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ganmatrix.reporting.fragments import Fragment, image

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#7F7F7F")
"""Okabe and Ito's palette, with grey in the place of its yellow, which is too faint for lines."""

DASHES = ("-", "--", "-.", ":")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")

_STYLE = {
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.titlesize": 9.5,
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

LEGEND_COLUMNS = 3
LINE = 0.19
"""Inches that a line of the legend takes."""


def panel(title: str, x_label: str, y_label: str, *, entries: int = 0) -> tuple[Figure, Axes]:
    """A figure with one axes; the title states what the data say. `entries` of a legend get room below."""
    legend = LINE * -(-entries // LEGEND_COLUMNS)
    height = HEIGHT + legend
    with matplotlib.rc_context(_STYLE):
        figure = Figure(figsize=(WIDTH, height))
        axes = figure.add_axes((0.14, (0.5 + legend) / height, 0.83, (HEIGHT - 0.85) / height))
        axes.set_title(title)
        axes.set_xlabel(x_label)
        axes.set_ylabel(y_label)
        axes.locator_params(nbins=5)
    return figure, axes


def legend(figure: Figure) -> None:
    """The lines' names below the axes."""
    if figure.axes[0].get_legend_handles_labels()[0]:
        figure.legend(loc="lower center", ncols=LEGEND_COLUMNS, frameon=False, fontsize=8, columnspacing=1.2)


def mark(index: int) -> dict[str, str]:
    """Colour, dashes and marker of the method at that place in the grid: three ways to tell it."""
    turn = index + index // len(COLOURS)
    return {
        "color": COLOURS[index % len(COLOURS)],
        "linestyle": DASHES[turn % len(DASHES)],
        "marker": MARKERS[turn % len(MARKERS)],
    }


def embed(figure: Figure, alt: str, caption: str = "") -> Fragment:
    """The figure as an SVG image inside the page."""
    content = io.BytesIO()
    with matplotlib.rc_context(_STYLE):
        figure.savefig(content, format="svg", metadata={"Date": None})
    return image(content.getvalue(), "image/svg+xml", alt, caption, "plot")
