"""Losses against their formulas, written out for single logits."""

import math

import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st

from ganmatrix.methods.losses.loss import build
from ganmatrix.params.kinds import kinds
from ganmatrix.params.losses import LossByKind


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
LOSSES = kinds(LossByKind)
SEPARABLE_NAMES = [kind for kind, section in LOSSES.items() if section.is_separable]
DIVERGENCES = ("kl", "reverse_kl", "pearson", "hellinger", "jensen_shannon")


def _loss(kind, **settings):
    return build(LOSSES[kind](kind=kind, **settings))


def _terms(loss):
    return {"real": loss.real, "fake": loss.fake, "generator": lambda x: loss.generator(x, None)}


@pytest.mark.parametrize("name", FORMULAS)
@given(values=logits)
def test_closed_forms(name, values):
    tensor = torch.tensor(values, dtype=torch.float64)
    for term, formula in zip(_terms(_loss(name)).values(), FORMULAS[name], strict=True):
        expected = sum(map(formula, values)) / len(values)
        assert float(term(tensor)) == pytest.approx(expected, rel=1e-8, abs=1e-9)


@pytest.mark.parametrize("name", SEPARABLE_NAMES)
def test_the_players_pull_in_opposite_directions(name):
    """At a logit of zero D wants reals higher and fakes no higher; G wants its fakes higher."""
    zero = torch.zeros(3, dtype=torch.float64, requires_grad=True)
    slopes = {
        key: torch.autograd.grad(term(zero), zero)[0].sum().item()
        for key, term in _terms(_loss(name)).items()
    }
    assert slopes["real"] < 0
    assert slopes["fake"] > 0 or name == "least_squares"
    assert slopes["generator"] < 0


@pytest.mark.parametrize("name", ["saturating", "non_saturating", "hinge", "least_squares", "wasserstein"])
def test_no_overflow_far_out(name):
    for far in (-1e4, 1e4):
        x = torch.tensor([far], requires_grad=True)
        total = sum(term(x) for term in _terms(_loss(name)).values())
        total.backward()
        assert total.isfinite()
        assert x.grad.isfinite().all()


P = torch.tensor([0.5, 0.3, 0.2], dtype=torch.float64)
Q = torch.tensor([0.2, 0.2, 0.6], dtype=torch.float64)


def _expected_divergence(name, p=P, q=Q):
    m = (p + q) / 2
    return {
        "kl": (p * (p / q).log()).sum(),
        "reverse_kl": (q * (q / p).log()).sum(),
        "pearson": ((p - q) ** 2 / q).sum(),
        "hellinger": ((p.sqrt() - q.sqrt()) ** 2).sum(),
        "jensen_shannon": (p * (p / m).log()).sum() + (q * (q / m).log()).sum(),
    }[name].item()


def _best(loss, p=P, q=Q):
    """The least that D can reach on three outcomes, its logit free at each of them."""
    v = torch.zeros(3, dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.LBFGS([v], max_iter=500, tolerance_grad=1e-13, tolerance_change=1e-16)

    def value():
        # The loss of one logit is that of a mean over one sample.
        return sum(p[i] * loss.real(v[i : i + 1]) + q[i] * loss.fake(v[i : i + 1]) for i in range(3))

    def closure():
        optimiser.zero_grad()
        loss_now = value()
        loss_now.backward()
        return loss_now

    optimiser.step(closure)
    return value().item(), v.detach()


@pytest.mark.parametrize("name", DIVERGENCES)
def test_an_f_gan_discriminator_at_its_best_measures_its_divergence(name):
    assert -_best(_loss(name))[0] == pytest.approx(_expected_divergence(name), rel=1e-7)


@pytest.mark.parametrize("name", DIVERGENCES)
@given(value=st.floats(-5, 5))
def test_conjugates_are_suprema(name, value):
    """f*(t) = sup_u (u t - f(u)), by a fine grid over u."""
    f = {
        "kl": lambda u: u * u.log(),
        "reverse_kl": lambda u: -u.log(),
        "pearson": lambda u: (u - 1) ** 2,
        "hellinger": lambda u: (u.sqrt() - 1) ** 2,
        "jensen_shannon": lambda u: u * u.log() - (u + 1) * ((u + 1) / 2).log(),
    }[name]
    loss = _loss(name)
    u = torch.logspace(-9, 9, 200_001, dtype=torch.float64)
    v = torch.tensor([value], dtype=torch.float64)
    supremum = (u * loss.activation(v) - f(u)).max().item()
    assume(name != "pearson" or value >= -2)  # there u would be negative
    assert loss.conjugate(v).item() == pytest.approx(supremum, rel=1e-5, abs=1e-5)


@pytest.mark.parametrize("pi", [0.1, 0.5, 0.8])
def test_pi_weights_make_the_generalised_jensen_shannon_divergence(pi):
    """JS_pi = pi KL(P || M) + (1 - pi) KL(Q || M), M = pi P + (1 - pi) Q; D reaches H(pi) - JS_pi."""
    mixture = pi * P + (1 - pi) * Q
    divergence = pi * (P * (P / mixture).log()).sum() + (1 - pi) * (Q * (Q / mixture).log()).sum()
    entropy = -pi * math.log(pi) - (1 - pi) * math.log(1 - pi)
    best, logit = _best(_loss("non_saturating", real_weight=pi))
    assert best / 2 == pytest.approx(entropy - divergence.item(), rel=1e-9)
    assert torch.allclose(logit.sigmoid(), pi * P / mixture, atol=1e-6)


def test_one_sided_smoothing_moves_the_best_discriminator():
    """D* = 0.9 p / (p + q) (Goodfellow's tutorial of 2016, section 4.2)."""
    for name in ("saturating", "non_saturating"):
        logit = _best(_loss(name, real_label=0.9))[1]
        assert torch.allclose(logit.sigmoid(), 0.9 * P / (P + Q), atol=1e-6)


@given(
    real=st.lists(st.floats(-9, 9), min_size=3, max_size=3),
    fake=st.lists(st.floats(-9, 9), min_size=3, max_size=3),
)
def test_relativistic_closed_forms(real, fake):
    r, f = (torch.tensor(values, dtype=torch.float64) for values in (real, fake))
    pairs = _loss("relativistic")
    expected = sum(-math.log(_sigmoid(a - b)) for a, b in zip(real, fake, strict=True)) / 3
    assert pairs.discriminator(r, f).item() == pytest.approx(expected, rel=1e-7, abs=1e-9)
    swapped = sum(-math.log(_sigmoid(b - a)) for a, b in zip(real, fake, strict=True)) / 3
    assert pairs.generator(f, r).item() == pytest.approx(swapped, rel=1e-7, abs=1e-9)
    average = _loss("relativistic_average")
    mean_real, mean_fake = sum(real) / 3, sum(fake) / 3
    expected = sum(-math.log(_sigmoid(a - mean_fake)) for a in real) / 3
    expected += sum(-math.log(1 - _sigmoid(b - mean_real)) for b in fake) / 3
    assert average.discriminator(r, f).item() == pytest.approx(expected, rel=1e-7, abs=1e-9)
    swapped = sum(-math.log(_sigmoid(b - mean_real)) for b in fake) / 3
    swapped += sum(-math.log(1 - _sigmoid(a - mean_fake)) for a in real) / 3
    assert average.generator(f, r).item() == pytest.approx(swapped, rel=1e-7, abs=1e-9)
