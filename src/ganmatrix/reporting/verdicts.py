"""The claims under test: what was claimed, what was measured, and the verdict with its reason."""

from typing import Any

import pandas as pd

from ganmatrix.params.claims import Claim
from ganmatrix.reporting.catalogue.measure import Bounds
from ganmatrix.reporting.drawing import COLOURS, embed, strips
from ganmatrix.reporting.evidence import Evidence, Setting
from ganmatrix.reporting.fragments import Fragment, box, bullets, details, footnoted, join, table, text
from ganmatrix.reporting.measures import CUT, CUT_NOTE, bounds_of_difference, column, cut, plain
from ganmatrix.results.claims import compare

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
    content = table("Every claim and its verdict", header, [_cells(evidence, row) for row in rows])
    return footnoted(content, CUT, CUT_NOTE)


def effects(evidence: Evidence) -> Fragment:
    """Each claim's effect and interval beside the smallest effect that would count."""
    rows = [row for row in _rows(evidence) if row["low"] is not None]
    if not rows:
        return text("p", "No claim has enough pairs of cells to draw an interval.", "note")
    figure, axes = strips([f"{row['claim']}: {row['verdict']}" for row in rows])
    for ax, row in zip(axes, rows, strict=True):
        marker, colour = _LOOKS[row["verdict"]]
        scale = 100 if _is_share(row) else 1
        mean, least = scale * row["effect"], scale * row["smallest_effect"]
        low, high = (scale * end for end in cut(row["low"], row["high"], _possible(evidence, row))[:2])
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
    alt = " ".join(f"{row['claim']}: {_effect(evidence, row, '')}, {row['verdict']}." for row in rows)
    return embed(figure, alt, f"{caption} {CUT_NOTE}." if CUT in alt else caption)


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
        named = bullets(f"{m['cell']}, {m['column']}: {m['reason'] or 'no reason given'}" for m in missing)
        blocks.append(details(f"Values missing from cells that completed: {len(missing)}", named))
    return box(blocks, "divergences")


def _reason(code: str) -> str:
    """`non_finite_loss` as `non-finite loss`."""
    return code.replace("non_", "non-").replace("_", " ")


def _rows(evidence: Evidence) -> list[Row]:
    claims = evidence.claims.astype(object)
    return list(claims.where(pd.notna(claims), None).to_dict("records"))  # type: ignore[arg-type]


def _cells(evidence: Evidence, row: Row) -> list[str | Fragment]:
    measured = column(row["metric"])
    compared = f"{row['method']} against {row['baseline']}, {row['direction']} is claimed"
    lost = f"\nwithout: {row['lost_cells']}" if row["lost_cells"] else ""
    control = f"{row['control']}: {_effect(evidence, row, 'control_')}" if row["control"] else "none named"
    return [
        Fragment(f"{text('strong', row['verdict'], _kind(row)).html}{text('small', row['reason']).html}"),
        f"{row['sentence']}\n{row['paper']} ({row['claim']})",
        f"{measured.title}\n{compared}",
        _measured(evidence, row, lost),
        control,
    ]


def _measured(evidence: Evidence, row: Row, lost: str) -> Fragment:
    """The pooled effect, and on demand what it pools."""
    pooled = [
        text("span", _effect(evidence, row, "")),
        text("small", f"counts beyond {_least(row)}{lost}"),
    ]
    split = _split(evidence, row)
    effects = [part["effect"] for _, part in split if part["effect"] is not None]
    if not effects:
        return join(pooled)
    along = sum(effect > 0 for effect in effects)
    summary = f"By setting: {along} of {len(effects)} the claimed way"
    sentences = (f"{setting}: {_effect(evidence, part, '')}" for setting, part in split)
    return join([*pooled, details(summary, bullets(sentences))])


def _split(evidence: Evidence, row: Row) -> list[tuple[Setting, Row]]:
    """The claim's comparison with its baseline within each setting that measured it."""
    if row["verdict"] == "not tested":
        return []
    known = {key: row[key] for key in Claim.model_fields if key != "effect"}
    claim = Claim(**known, effect=row["effect_kind"])
    split = []
    for setting in evidence.settings:
        if setting.dataset in _datasets(evidence, row):
            effect = compare(claim, claim.baseline, evidence.of(setting)).effect
            part = {"effect": effect.mean, "low": effect.low, "high": effect.high, "pairs": effect.n}
            split.append((setting, row | part))
    return split


def _datasets(evidence: Evidence, row: Row) -> list[str]:
    """Where the claim's column was measured; what every run costs is in no protocol."""
    measured = [d for d in evidence.datasets if row["metric"] in evidence.columns(d)]
    return measured or evidence.datasets


def _possible(evidence: Evidence, row: Row) -> Bounds:
    """What a claim's effect can be: positive is the claimed direction."""
    lows, highs = zip(
        *(
            bounds_of_difference(evidence.bounds(d, row["metric"]), relative=row["effect_kind"] == "relative")
            for d in _datasets(evidence, row)
        ),
        strict=True,
    )
    low, high = min(lows), max(highs)
    return (-high, -low) if row["direction"] == "lower" else (low, high)


def _effect(evidence: Evidence, row: Row, prefix: str) -> str:
    """`32.1 [24.3, 39.9] % of gan's, n = 6 pairs`."""
    mean, low, high = (row[prefix + key] for key in ("effect", "low", "high"))
    if mean is None:
        return "not measured"
    scale = 100 if _is_share(row) else 1
    spread = "no interval"
    if low is not None:
        low, high, mark = cut(low, high, _possible(evidence, row))
        spread = f"[{plain(scale * low)}, {plain(scale * high)}]{mark}"
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
