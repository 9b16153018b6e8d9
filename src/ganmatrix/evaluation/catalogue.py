"""The extractors that `evaluation.extractors` may name."""

from collections.abc import Callable, Sequence
from typing import Any

from ganmatrix.evaluation import digits_cnn, efficientnet_lite0, inception
from ganmatrix.evaluation.digits_cnn import Reader
from ganmatrix.evaluation.extractor import Extractor
from ganmatrix.params.evaluation import Extractor as ExtractorParams

PRETRAINED: dict[str, Callable[[Any], Extractor]] = {
    "efficientnet_lite0": efficientnet_lite0.build,
    "inception": inception.build,
}

TRAINED = digits_cnn.NAME
"""The one that the pipeline trains itself, on data that show digits."""


def build(params: Sequence[ExtractorParams], reader: Reader | None, channels: int) -> list[Extractor]:
    """Those of the extractors that apply to images of that many channels.

    `reader` is the classifier of the digits that the channels show, if they show any.
    """
    built = []
    for each in params:
        if each.kind in PRETRAINED:
            built.append(PRETRAINED[each.kind](each))
        elif reader is not None:
            built.append(reader.extractor(channels))
    return built
