"""The scores of one set of images against another, and the card that says how they were made."""

from collections import Counter
from collections.abc import Collection
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ganmatrix import __version__
from ganmatrix.columns import MEASURES
from ganmatrix.datasets.image_set import Image, ImageSet
from ganmatrix.datasets.images import Bad
from ganmatrix.datasets.source import PassedOver, summary_of
from ganmatrix.entry import Entry
from ganmatrix.errors import UserError, one_line
from ganmatrix.evaluation.extractor import Extractor
from ganmatrix.evaluation.presets import Outputs, Preset
from ganmatrix.evaluation.scoring import spread
from ganmatrix.params.evaluation import ImageEvaluation
from ganmatrix.runtime.progress import Progressing
from ganmatrix.store.files import as_json

LEAST = 2
"""Images on either side: of fewer nothing has a covariance."""

Shapes = Counter[tuple[int, ...]]


@dataclass(frozen=True)
class Side:
    """One of the two sets, as it was scored."""

    source: ImageSet
    outputs: Outputs
    digests: frozenset[bytes]
    shapes: Shapes
    bad: list[Bad]

    @property
    def count(self) -> int:
        """Images that were scored."""
        return len(self.outputs.features)

    @property
    def card(self) -> dict[str, Any]:
        """What the card says of it."""
        facts = self.source.facts | {
            "images": self.count,
            "distinct_images": len(self.digests),
            "shapes": {_shape_name(shape): count for shape, count in self.shapes.most_common(5)},
        }
        if self.count + len(self.bad) < len(self.source):
            facts["of"] = len(self.source)
        if self.bad:
            facts["left_out"] = summary_of(
                PassedOver(each.name, "unusable", each.reason) for each in self.bad
            )
        return facts


@dataclass(frozen=True)
class Scored:
    """The scores by metric, each with its protocol, and the card. `str` is the table with the card below."""

    entries: dict[str, Entry]
    card: dict[str, Any]

    def to_json(self) -> str:
        """Everything as JSON; equal inputs give equal text."""
        return as_json(self.card | {"scores": self.entries})

    def table(self) -> str:
        """The scores, one a line."""
        rows = [("score", "value", "std", "better")]
        for metric, entry in self.entries.items():
            value, deviation = entry["value"], entry.get("std")
            rows.append(
                (
                    MEASURES[metric].title,
                    "-" if value is None else f"{value:.6g}",
                    "-" if deviation is None else f"{deviation:.2g}",
                    MEASURES[metric].better or "-",
                )
            )
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = [
            f"{name:<{widths[0]}}  {value:>{widths[1]}}  {deviation:>{widths[2]}}  {better}"
            for name, value, deviation, better in rows
        ]
        return "\n".join(lines)

    def __str__(self) -> str:
        facts = self.card["extractor"]
        weights = f"weights SHA-256 {facts['weights_sha256']}"
        lines = [
            ("as", self.card["reproduces"]),
            ("extractor", f"{facts['extractor']}, {facts['input_size']} pixels, {weights}"),
            ("resizer", facts["resizer"]),
        ]
        lines += [(name.upper(), _described(self.card[name])) for name in ("fake", "real")]
        missing = [(name, each["reason"]) for name, each in self.entries.items() if each["value"] is None]
        lines += [("missing", f"{MEASURES[name].title}: {why}") for name, why in missing]
        lines += [("note", note) for note in self.card["notes"]]
        lines += [("default", sentence) for sentence in self.card["differs_from_default"]]
        lines += [("tool", sentence) for sentence in self.card["differs_from_tool"]]
        return "\n".join([self.table(), "", *(f"{key:<9}  {one_line(text)}" for key, text in lines)])


@dataclass(frozen=True)
class SetScorer:
    """How sets are scored: by a preset, with an extractor, `samples` images of each (None for all).

    `wanted` are the scores, by default all of the preset.
    """

    preset: Preset
    extractor: Extractor
    params: ImageEvaluation
    device: torch.device
    samples: int | None = None
    wanted: Collection[str] = ()
    skip_bad: bool = False
    threads: int = 2

    def check(self, name: str, source: ImageSet) -> None:
        """UserError for a set that has too few images, before any is read."""
        _chosen(name, source, self.samples)

    def side(self, name: str, source: ImageSet) -> Side:
        """FAKE or REAL as the extractor sees it.

        UserError for too few images, or for the first that cannot be used, unless bad ones shall be left out.
        """
        chosen = _chosen(name, source, self.samples)
        title = f"{name} {one_line(source.place)}"
        side = read(source, chosen, self.extractor, self.device, title, self.skip_bad, self.threads)
        _require(name, source, side.count)
        return side

    def scores(self, fake: Side, real: Side) -> Scored:
        """The scores of FAKE against REAL."""
        preset, wanted = self.preset, self.wanted or self.preset.metrics
        return Scored(
            preset.scores(self.extractor, fake.outputs, real.outputs, self.params, wanted),
            {
                "ganmatrix": __version__,
                "as": preset.name,
                "reproduces": preset.reproduces,
                "differs_from_default": list(preset.differs),
                "differs_from_tool": list(preset.departs),
                "extractor": self.extractor.protocol,
                "device": self.device.type,
                "fake": fake.card,
                "real": real.card,
                "notes": _notes(fake, real),
            },
        )


def read(
    source: ImageSet,
    chosen: NDArray[np.int64],
    extractor: Extractor,
    device: torch.device,
    title: str,
    skip_bad: bool,
    threads: int,
) -> Side:
    """What the extractor makes of the chosen images of a set, decoded while it works."""
    outputs: list[tuple[NDArray[np.float32], NDArray[np.float32]]] = []
    digests: set[bytes] = set()
    shapes: Shapes = Counter()
    bad: list[Bad] = []
    seen = 0
    with (
        Progressing(title, len(chosen), unit="images") as progress,
        closing(source.pieces(chosen, threads)) as pieces,
    ):
        for piece in pieces:
            if piece.bad and not skip_bad:
                first = piece.bad[0]
                raise UserError(
                    f"{first.name}: {first.reason}; mend or remove it, or leave out with --skip-bad"
                )
            bad += piece.bad
            digests.update(piece.digests)
            shapes.update(image.shape for image in piece.images)
            if piece.images:
                outputs.append(extracted(extractor, piece.images, device))
            seen += len(piece.images) + len(piece.bad)
            progress.show(seen, {})
    if not outputs:
        raise UserError(f"{source.place} holds no image that can be used; the first: {bad[0].reason}")
    features, probabilities = (np.concatenate(each) for each in zip(*outputs, strict=True))
    return Side(source, Outputs(features, probabilities), frozenset(digests), shapes, bad)


def extracted(
    extractor: Extractor, images: list[Image], device: torch.device
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Features (n, d) and probabilities (n, k) of images of any sizes."""
    features, probabilities = extractor.mixed([torch.from_numpy(image).to(device) for image in images])
    return features.cpu().numpy(), probabilities.cpu().numpy()


def _chosen(name: str, source: ImageSet, samples: int | None) -> NDArray[np.int64]:
    _require(name, source, len(source))
    if samples is not None and samples > len(source):
        raise UserError(f"--samples is {samples}, but {name} {source.place} has {len(source)} images")
    return spread(len(source), samples or len(source))


def _require(name: str, source: ImageSet, count: int) -> None:
    if count < LEAST:
        images = "1 image" if count == 1 else f"{count} images"
        raise UserError(
            f"{source.place} has {images}; {name} needs at least {LEAST}: FID and KID compare spreads"
        )


def _notes(fake: Side, real: Side) -> list[str]:
    """What a reader of the scores should know of the two sets."""
    notes = []
    shared = fake.digests & real.digests
    if fake.digests == real.digests:
        notes.append("FAKE and REAL are the same images, pixel for pixel.")
    elif shared:
        notes.append(
            f"{len(shared):,} of FAKE's {len(fake.digests):,} distinct images are also in REAL (same pixels)."
        )
    for name, side in (("FAKE", fake), ("REAL", real)):
        if len(side.digests) < side.count:
            notes.append(f"{name} has {side.count:,} images, of which {len(side.digests):,} are distinct.")
        if len(side.shapes) > 1:
            notes.append(f"{name} has images of {len(side.shapes):,} shapes; each is resized by itself.")
        if any(shape[1] != shape[2] for shape in side.shapes):
            notes.append(f"{name} has images that are not square; they are stretched.")
    kinds = [{shape[0] for shape in side.shapes} for side in (fake, real)]
    if kinds[0] != kinds[1]:
        words = [" and ".join("grey" if c == 1 else "colour" for c in sorted(kind)) for kind in kinds]
        notes.append(f"FAKE is {words[0]}, REAL {words[1]}; grey is shown as three equal channels.")
    if fake.count != real.count:
        notes.append(f"FAKE has {fake.count:,} images, REAL {real.count:,}; FID depends on both numbers.")
    width = fake.outputs.features.shape[1]
    if min(fake.count, real.count) <= width:
        notes.append(f"With no more images than the {width:,} features, FID is far above that of many.")
    return notes


def _shape_name(shape: tuple[int, ...]) -> str:
    return f"{shape[2]}x{shape[1]} {'grey' if shape[0] == 1 else 'colour'}"


def _described(facts: dict[str, Any]) -> str:
    """A set in words."""
    shapes = ", ".join(f"{name} ({count:,})" for name, count in facts["shapes"].items())
    text = f"{facts['place']}: {facts['images']:,} images"
    text += f" of {facts['of']:,}" if "of" in facts else ""
    text += f", {facts['kind']}, {shapes}"
    if passed := facts.get("passed_over"):
        name, why = passed["first"][0]
        text += f"; passed over: {passed['count']}, the first {name} ({why})"
    if left := facts.get("left_out"):
        name, why = left["first"][0]
        text += f"; left out: {left['count']}, the first {name} ({why})"
    return text
