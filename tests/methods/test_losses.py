"""Losses against their formulas, written out for single logits."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ganmatrix.methods.losses import LOSSES


def _sigmoid(x):
    return 1 / (1 + math.exp(-x))


FORMULAS = {
    "non_saturating": (
        lambda x: -math.log(_sigmoid(x)),
        lambda x: -math.log(1 - _sigmoid(x)),
        lambda x: -math.log(_sigmoid(x)),
    ),
    "saturating": (
        lambda x: -math.log(_sigmoid(x)),
        lambda x: -math.log(1 - _sigmoid(x)),
        lambda x: math.log(1 - _sigmoid(x)),
    ),
    "hinge": (lambda x: max(0, 1 - x), lambda x: max(0, 1 + x), lambda x: -x),
    "least_squares": (lambda x: (x - 1) ** 2 / 2, lambda x: x**2 / 2, lambda x: (x - 1) ** 2 / 2),
    "wasserstein": (lambda x: -x, lambda x: x, lambda x: -x),
}
logits = st.lists(st.floats(-15, 15), min_size=1, max_size=5)


@pytest.mark.parametrize("name", LOSSES)
@given(values=logits)
def test_closed_forms(name, values):
    tensor = torch.tensor(values, dtype=torch.float64)
    for term, formula in zip(("real", "fake", "generator"), FORMULAS[name], strict=True):
        expected = sum(map(formula, values)) / len(values)
        assert float(getattr(LOSSES[name], term)(tensor)) == pytest.approx(expected, rel=1e-8, abs=1e-9)


@pytest.mark.parametrize("name", LOSSES)
def test_the_players_pull_in_opposite_directions(name):
    """At a logit of zero D wants reals higher and fakes no higher; G wants its fakes higher."""
    zero = torch.zeros(3, dtype=torch.float64, requires_grad=True)
    slopes = {
        term: torch.autograd.grad(getattr(LOSSES[name], term)(zero), zero)[0].sum().item()
        for term in ("real", "fake", "generator")
    }
    assert slopes["real"] < 0
    assert slopes["fake"] > 0 or name == "least_squares"
    assert slopes["generator"] < 0


@pytest.mark.parametrize("name", LOSSES)
def test_no_overflow_far_out(name):
    for far in (-1e4, 1e4):
        x = torch.tensor([far], requires_grad=True)
        total = LOSSES[name].real(x) + LOSSES[name].fake(x) + LOSSES[name].generator(x)
        total.backward()
        assert total.isfinite()
        assert x.grad.isfinite().all()
