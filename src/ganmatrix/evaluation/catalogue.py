"""The extractors that `evaluation.extractor.kind` may name."""

from collections.abc import Callable
from typing import Any

from ganmatrix.evaluation import efficientnet_lite0, inception
from ganmatrix.evaluation.extractor import Extractor
from ganmatrix.params.evaluation import Extractor as ExtractorParams

EXTRACTORS: dict[str, Callable[[Any], Extractor]] = {
    "efficientnet_lite0": efficientnet_lite0.build,
    "inception": inception.build,
}


def build(params: ExtractorParams) -> Extractor:
    """The extractor that the params describe."""
    return EXTRACTORS[params.kind](params)
