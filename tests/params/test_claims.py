"""The columns that a claim may name are those that scores, probes, transfers and costs fill."""

import pytest

from ganmatrix.evaluation.naming import column
from ganmatrix.evaluation.score import IMAGE_METRICS, POINT_METRICS
from ganmatrix.params import load
from ganmatrix.params.columns import columns
from ganmatrix.probes.catalogue import PROBES
from ganmatrix.results.matrix import COSTS
from ganmatrix.results.transfers import RECEIVED

INCEPTION = ("{kind: efficientnet_lite0, input_size: 32}", "{kind: inception}")


@pytest.mark.parametrize("edits", [(), (INCEPTION,), (("[init, ema]", "[last]"),)])
def test_claimable_columns_are_those_that_are_measured(edits, project):
    evaluation = load(project(*edits))[0].evaluation
    measured = {
        *(column(m, c, evaluation.extractor.kind) for m in IMAGE_METRICS for c in evaluation.checkpoints),
        *(column(m, c) for m in POINT_METRICS for c in evaluation.checkpoints),
        *(name for probe in PROBES.values() for name in probe.columns),
        RECEIVED,
        *COSTS,
    }
    named = columns(evaluation)
    assert set(named) == measured
    assert len(named) == len(measured)
