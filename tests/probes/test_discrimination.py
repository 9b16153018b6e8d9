"""Accuracy and AUROC against counts and scikit-learn; the area under a curve of them."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from ganmatrix.probes.discrimination import accuracy, auroc, normalised_area


@pytest.mark.parametrize("decimals", [0, 1, 6])
def test_auroc_equals_scikit_learns_with_and_without_ties(decimals: int) -> None:
    rng = np.random.default_rng(decimals)
    reals = rng.normal(0.7, 1, 83).round(decimals)
    fakes = rng.normal(0.0, 1, 61).round(decimals)
    labels = np.concatenate([np.ones(83), np.zeros(61)])
    expected = roc_auc_score(labels, np.concatenate([reals, fakes]))
    assert auroc(reals, fakes) == pytest.approx(expected, abs=1e-12)
    assert auroc(fakes, reals) == pytest.approx(1 - expected, abs=1e-12)


def test_a_constant_discriminator_is_at_chance() -> None:
    for logit in (-1.0, 0.0, 1.0):
        constant = np.full(10, logit)
        assert (accuracy(constant, constant), auroc(constant, constant)) == (0.5, 0.5)


def test_accuracy_weighs_both_sides_equally() -> None:
    assert accuracy(np.array([1.0, -1.0]), np.array([-1.0, -1.0, -1.0, 1.0])) == pytest.approx(0.625)


@pytest.mark.parametrize("measure", [accuracy, auroc])
def test_refuses_logits_that_are_not_finite(measure) -> None:
    with pytest.raises(FloatingPointError, match="logits are not finite"):
        measure(np.array([np.nan]), np.array([0.0]))


def test_normalised_area_of_uneven_strengths() -> None:
    assert normalised_area((0.0, 1.0, 4.0), [1.0, 1.0, 0.0]) == pytest.approx((1 + 1.5) / 4)
