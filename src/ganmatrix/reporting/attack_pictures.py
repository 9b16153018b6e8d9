"""What an attack changes, as pictures, with what D says before and after."""

import io
import json
from collections.abc import Sequence
from typing import Any

from PIL import Image

from ganmatrix.reporting.evidence import Evidence
from ganmatrix.reporting.fragments import Fragment, box, image, join, text
from ganmatrix.reporting.samples import ATTACKS, png, run_of

NOTE = "ganmatrix"
"""The PNG's text field with what the picture cannot say itself, as JSON."""

_IMAGES = (
    "By columns the first held-out images; by rows each as it is, what PGD adds to it, amplified "
    "{amplified:.0f} times (grey is no change), and the sum, which D is shown; below, D's logits before and "
    "after. Strength {strength:.3g} on a scale from \N{MINUS SIGN}1 to 1."
)
_POINTS = (
    "Blue: D says real; vermilion: fake; the fainter, the less surely. Arrows: where PGD moves the first "
    "held-out points, drawn {amplified:.1f} times as long (strength {strength:.3g}); thick ones end "
    "where D is fooled."
)


def pictures(evidence: Evidence, dataset: str) -> Fragment:
    """The attack on each method's D, of the grid's first seed."""
    seed = evidence.summary["grid"]["seed"][0]
    runs = evidence.trained[(evidence.trained["dataset"] == dataset) & (evidence.trained["seed"] == seed)]
    rows = [(row, png(evidence, run_of(row), ATTACKS)) for row in runs.to_dict("records")]
    notes = {row["run"]: _note(content) for row, content in rows if content is not None}
    known = next((note for note in notes.values() if "strength" in note), None)
    if known is None:
        return text("p", f"No D of seed {seed} was attacked on {dataset}.", "note")
    is_image = bool(runs["modality"].iloc[0] == "images")
    rule = (_IMAGES if is_image else _POINTS).format(**known)
    blocks = [text("p", f"{rule} Seed {seed}, the grid's first; no sample was picked by eye.", "note")]
    for architecture in evidence.places:
        shown = [
            _picture(row, content, notes.get(row["run"], {}), is_image)
            if content
            else _awaited(evidence, row)
            for row, content in rows
            if row["architecture"] == architecture
        ]
        blocks += [text("h4", architecture), box(shown, "sheets")]
    return join(blocks)


def _awaited(evidence: Evidence, row: dict[Any, Any]) -> Fragment:
    maker = evidence.layout.command("probe", run_of(row).cell.id)
    return text("p", f"{row['method']}: not made yet; run `{maker}`", "note")


def _picture(row: dict[Any, Any], content: bytes, note: dict[str, Any], is_image: bool) -> Fragment:
    if "reason" in note:
        return text("p", f"{row['method']}: no picture, {note['reason']}", "note")
    where = f"{row['method']}'s D on {row['dataset']} x {row['architecture']}, seed {row['seed']}"
    if not is_image:
        said = _counted(note["before"], note["after"])
        return image(content, "image/png", f"PGD on {where}. {said}", f"{row['method']}: {said}", "sheet")
    shown = image(
        content, "image/png", f"PGD on {where}", f"{row['method']}: logits before and after", "sheet"
    )
    return box([shown, _logits(note["before"], note["after"])], "attacked")


def _logits(before: Sequence[float], after: Sequence[float]) -> Fragment:
    """D's logits before and after, under the columns of the picture."""
    items = "".join(
        f"<li>{_signed(b)} <span>{_signed(a)}</span></li>" for b, a in zip(before, after, strict=True)
    )
    return Fragment(f'<ol class="logits">{items}</ol>')


def _counted(before: Sequence[float], after: Sequence[float]) -> str:
    """How many points D calls real before and after."""
    passing = (str(sum(logit > 0 for logit in logits)) for logits in (before, after))
    change = sum(a - b for b, a in zip(before, after, strict=True)) / len(before)
    calls = " \N{RIGHTWARDS ARROW} ".join(passing)
    return f"of {len(before)} called real: {calls}; mean change of the logit {_signed(change)}"


def _signed(logit: float) -> str:
    """Two decimals below a tenth, else one; without a negative zero."""
    digits = 2 if abs(logit) < 0.095 else 1
    return f"{round(logit, digits) + 0.0:.{digits}f}".replace("-", "\N{MINUS SIGN}")


def _note(content: bytes) -> dict[str, Any]:
    with Image.open(io.BytesIO(content), formats=["PNG"]) as picture:
        found: dict[str, Any] = json.loads(picture.text.get(NOTE, "{}"))  # type: ignore[attr-defined]
    return found
