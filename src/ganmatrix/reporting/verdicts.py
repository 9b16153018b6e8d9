"""The claims under test: what was claimed, what was measured, and the verdict with its reason."""

from typing import Any

import pandas as pd

from ganmatrix.reporting.drawing import COLOURS, embed, strips
from ganmatrix.reporting.evidence import Evidence
from ganmatrix.reporting.fragments import Fragment, box, bullets, table, text
from ganmatrix.reporting.measures import column, plain

Row = dict[str, Any]

_LOOKS = {
    "reproduced": ("o", COLOURS[2]),
    "contradicted": ("X", COLOURS[1]),
    "inconclusive": ("D", COLOURS[7]),
}

_NONE = "params.yaml lists no claims, so there is nothing to adjudicate."


def verdicts(evidence: Evidence) -> Fragment:
    """The table of claims."""
    rows = _rows(evidence)
    if not rows:
        return text("p", _NONE, "note")
    header = ["Verdict", "Claim", "Measured by", "Effect", "Against the control"]
    return table("Every claim and its verdict", header, map(_cells, rows))


def effects(evidence: Evidence) -> Fragment:
    """Each claim's effect and interval beside the smallest effect that would count."""
    rows = [row for row in _rows(evidence) if row["low"] is not None]
    if not rows:
        return text("p", "No claim has enough pairs of cells to draw an interval.", "note")
    figure, axes = strips([f"{row['claim']}: {row['verdict']}" for row in rows])
    for ax, row in zip(axes, rows, strict=True):
        marker, colour = _LOOKS[row["verdict"]]
        scale = 100 if _is_share(row) else 1
        low, high, mean, least = (scale * row[key] for key in ("low", "high", "effect", "smallest_effect"))
        ax.axvline(0, color="#000000", linewidth=0.8)
        ax.axvline(least, color="#000000", linewidth=0.8, linestyle=":")
        ax.plot([low, high], [0, 0], color=colour, linewidth=2)
        ax.plot([mean], [0], marker=marker, color=colour, markersize=7)
        ax.set_xlabel(_axis(row))
    decided = sum(row["verdict"] in ("reproduced", "contradicted") for row in rows)
    caption = (
        f"{decided} of {len(rows)} measured claims are decided. Right of the solid line (zero) is the "
        "claimed direction; the dotted line is the smallest effect that would count; bars are 95% intervals."
    )
    alt = " ".join(f"{row['claim']}: {_effect(row, '')}, {row['verdict']}." for row in rows)
    return embed(figure, alt, caption)


def divergences(evidence: Evidence) -> Fragment:
    """Every cell that diverged, and values that are missing for another reason."""
    summary = evidence.summary
    if not summary["diverged"] and not summary["missing"]:
        return text("p", "No cell diverged, and no value is missing.")
    blocks = []
    if diverged := summary["diverged"]:
        sentence = (
            f"{len(diverged)} of {summary['cells']['total']} cells diverged: a loss, gradient or weight "
            "stopped being a finite number. Their scores are missing, not zero, and means are over the "
            "other seeds."
        )
        rows = [[cell["cell"], f"{cell['step']}", _reason(cell["reason"])] for cell in diverged]
        blocks += [
            text("p", sentence),
            table("Diverged cells", ["Cell", "At generator step", "Because"], rows),
        ]
    if missing := summary["missing"]:
        blocks.append(text("p", "Values missing from cells that completed:"))
        blocks.append(
            bullets(f"{m['cell']}, {m['column']}: {m['reason'] or 'no reason given'}" for m in missing)
        )
    return box(blocks, "divergences")


def _reason(code: str) -> str:
    """`non_finite_loss` as `non-finite loss`."""
    return code.replace("non_", "non-").replace("_", " ")


def _rows(evidence: Evidence) -> list[Row]:
    claims = evidence.claims.astype(object)
    return list(claims.where(pd.notna(claims), None).to_dict("records"))  # type: ignore[arg-type]


def _cells(row: Row) -> list[str | Fragment]:
    measured = column(row["metric"])
    compared = f"{row['method']} against {row['baseline']}, {row['direction']} is claimed"
    lost = f"\nwithout: {row['lost_cells']}" if row["lost_cells"] else ""
    control = f"{row['control']}: {_effect(row, 'control_')}" if row["control"] else "none named"
    return [
        Fragment(f"{text('strong', row['verdict'], _kind(row)).html}{text('small', row['reason']).html}"),
        f"{row['sentence']}\n{row['paper']} ({row['claim']})",
        f"{measured.title}\n{compared}",
        f"{_effect(row, '')}\ncounts beyond {_least(row)}{lost}",
        control,
    ]


def _effect(row: Row, prefix: str) -> str:
    """`32.1 [24.3, 39.9] % of gan's, n = 6 pairs`."""
    mean, low, high = (row[prefix + key] for key in ("effect", "low", "high"))
    if mean is None:
        return "not measured"
    scale = 100 if _is_share(row) else 1
    spread = "no interval" if low is None else f"[{plain(scale * low)}, {plain(scale * high)}]"
    pairs = row[f"{prefix}pairs"]
    unit = _unit(row, row["control"] if prefix else row["baseline"])
    return f"{plain(scale * mean)} {spread}{unit}, n = {pairs} pair{'' if pairs == 1 else 's'}"


def _unit(row: Row, opponent: str) -> str:
    measure = column(row["metric"]).measure
    if row["effect_kind"] == "relative":
        return f" % of {opponent}'s"
    unit = "points" if measure.percent else measure.unit
    return f" {unit}" if unit else ""


def _axis(row: Row) -> str:
    measured = column(row["metric"])
    way = f"{row['method']} {row['direction']} than {row['baseline']}"
    if row["effect_kind"] == "relative":
        return f"{measured.measure.title}: % by which {way}"
    unit = "points" if measured.measure.percent else measured.measure.unit or "difference"
    return f"{measured.measure.title}: {unit} by which {way}"


def _is_share(row: Row) -> bool:
    return row["effect_kind"] == "relative" or column(row["metric"]).measure.percent


def _least(row: Row) -> str:
    return f"{(100 if _is_share(row) else 1) * row['smallest_effect']:g}{_unit(row, row['baseline'])}"


def _kind(row: Row) -> str:
    return f"verdict {row['verdict'].replace(' ', '-')}"
