"""The columns that a claim may name are those that scores, probes, transfers and costs fill."""

import numpy as np
import pytest

from ganmatrix.columns import Column, every
from ganmatrix.evaluation import curves
from ganmatrix.evaluation.image_scores import IMAGE_METRICS
from ganmatrix.evaluation.point_scores import DISTANCE, point_names
from ganmatrix.params import load
from ganmatrix.params.claim_consistency import SCORES
from ganmatrix.probes.catalogue import PROBES
from ganmatrix.results.artifacts import FINAL_LOSSES, RECEIVED
from ganmatrix.results.matrix import COSTS, DIVERGED

INCEPTION = ("{kind: efficientnet_lite0, input_size: 32}", "{kind: inception}, {kind: digits_cnn}")


@pytest.mark.parametrize("edits", [(), (INCEPTION,), (("[init, ema]", "[last]"),)])
def test_claimable_columns_are_those_that_are_measured(edits, project):
    evaluation = load(project(*edits))[0].evaluation
    kinds = [extractor.kind for extractor in evaluation.extractors]
    images = [Column(metric, kind) for metric in IMAGE_METRICS for kind in kinds]
    points = point_names({"centres": np.zeros((1, 2))})
    followed = [DISTANCE, *(Column("fid", kind) for kind in kinds)]
    measured = {
        *(name.at(c).name for name in (*images, *points) for c in evaluation.checkpoints),
        *(column for name in followed for column in curves.names(name)),
        *(name for probe in PROBES.values() for name in probe.columns),
        RECEIVED,
        *FINAL_LOSSES,
        *COSTS,
        DIVERGED,
    }
    assert {name.at("ema").name.removesuffix("_ema") for name in (*images, *points)} <= set(SCORES)
    named = [column.name for column in every(kinds, evaluation.checkpoints)]
    assert set(named) == measured
    assert len(named) == len(measured)
