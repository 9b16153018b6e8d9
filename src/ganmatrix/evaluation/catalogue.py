"""The extractors that `evaluation.extractors` may name: where each one's code is. Imports none of them."""

from collections.abc import Sequence
from pkgutil import resolve_name
from typing import TYPE_CHECKING

from ganmatrix.params.evaluation import Extractor as ExtractorParams

if TYPE_CHECKING:
    from ganmatrix.evaluation.digits_cnn import Reader
    from ganmatrix.evaluation.extractor import Extractor

PRETRAINED: dict[str, str] = {
    "efficientnet_lite0": "ganmatrix.evaluation.efficientnet_lite0:build",
    "inception": "ganmatrix.evaluation.inception:build",
}

TRAINED = "digits_cnn"
"""The one that the pipeline trains itself, on data that show digits: `digits_cnn.NAME`."""


def build(
    params: Sequence[ExtractorParams], reader: "Reader | None", shape: Sequence[int]
) -> "list[Extractor]":
    """Those of the extractors that apply to images of that shape (C, H, W).

    `reader` is the classifier of the digits that the channels show, if they show any.
    """
    built = []
    for each in params:
        if each.kind in PRETRAINED:
            built.append(resolve_name(PRETRAINED[each.kind])(each, shape[-1]))
        elif reader is not None:
            built.append(reader.extractor(shape[0]))
    return built
