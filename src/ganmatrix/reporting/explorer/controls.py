"""What chooses the rows and columns of the matrix. The page's script shows it and brings it to life."""

from collections.abc import Iterable, Mapping
from html import escape

from ganmatrix.columns import ordered
from ganmatrix.reporting.evidence import Evidence
from ganmatrix.reporting.explorer.columns import columns_of, overview, sections
from ganmatrix.reporting.fragments import Fragment


def controls(evidence: Evidence) -> Fragment:
    """Boxes for every name of the grid, a text to look for, and a box for every column."""
    names = {"dataset": evidence.datasets, "architecture": evidence.places, "method": evidence.methods}
    axes = "\n".join(
        f"<fieldset><legend>{axis.capitalize()}</legend>"
        f"{_boxes(axis, {name: name for name in values}, values)}</fieldset>"
        for axis, values in names.items()
    )
    return Fragment(
        f'<form id="controls" hidden>\n{axes}\n'
        '<label class="sought">Rows that mention <input type="search" name="sought" '
        'placeholder="hinge, zero_gp, diverged"></label>\n'
        f"{_columns(evidence)}\n"
        '<p><output></output> <button type="reset">Show all rows, first columns</button></p>\n</form>'
    )


def _columns(evidence: Evidence) -> str:
    shown = overview(evidence)
    every = ordered({c.name for dataset in evidence.datasets for c in columns_of(evidence, dataset)})
    blocks = "\n".join(
        f"<details><summary>{escape(title)} ({len(columns)})</summary>"
        '<label class="all"><input type="checkbox" name="all"> all of these</label>'
        f"{_boxes('column', {c.name: c.title for c in columns}, shown)}</details>"
        for title, columns in sections(every).items()
    )
    return (
        f'<details class="columns"><summary>Choose from {len(every)} columns</summary>\n{blocks}\n</details>'
    )


def _boxes(name: str, labels: Mapping[str, str], ticked: Iterable[str]) -> str:
    checked = set(ticked)
    return "".join(
        f'<label><input type="checkbox" name="{name}" value="{escape(value)}"'
        f"{' checked' if value in checked else ''}> {escape(label)}</label>"
        for value, label in labels.items()
    )
