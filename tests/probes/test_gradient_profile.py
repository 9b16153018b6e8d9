"""D's gradient towards reals, in closed form."""

import math

import pytest
import torch
from torch import Tensor, nn
from torch.distributions import Categorical, MixtureSameFamily, MultivariateNormal

from ganmatrix.probes.catalogue import probe
from ganmatrix.probes.gradient_profile import SHARES, nearest, path_norms
from ganmatrix.probes.subject import Subject


class LogRatio(nn.Module):
    """log p(x) - log q(x) of two Gaussian mixtures: the best D there is."""

    def __init__(self, means: Tensor, others: Tensor, variance: float) -> None:
        super().__init__()
        self.means, self.others, self.variance = means, others, variance
        self.p, self.q = (
            MixtureSameFamily(
                Categorical(torch.ones(len(m), dtype=m.dtype)),
                MultivariateNormal(m, variance * torch.eye(2, dtype=m.dtype)),
            )
            for m in (means, others)
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.p.log_prob(x) - self.q.log_prob(x)

    def gradient(self, x: Tensor) -> Tensor:
        """Of log p: the means weighted by their responsibilities, less x, over the variance."""

        def pull(means: Tensor) -> Tensor:
            weights = (-torch.cdist(x, means).square() / (2 * self.variance)).softmax(1)
            return (weights @ means - x) / self.variance

        return pull(self.means) - pull(self.others)


def _subject(game, params, stream) -> Subject:
    return Subject(game.discriminator, game.discriminator, game, params, stream)


def test_nearest_equals_brute_force_over_several_pieces() -> None:
    torch.manual_seed(0)
    samples, among = torch.randn(7, 1, 3, 3), torch.randn(2500, 1, 3, 3)
    expected = [min(among, key=lambda x, s=s: (x - s).norm().item()) for s in samples]
    assert torch.equal(nearest(samples, among), torch.stack(expected))


def test_a_linear_d_has_a_flat_profile(linear, play, params, stream) -> None:
    reals, fakes = torch.tensor([[0.0, 0.0]] * 16), torch.tensor([[0.3, -0.4]] * 16)
    entries = probe(play(linear, reals, fakes), params, stream)
    assert entries["gradient_growth"]["value"] == pytest.approx(0, abs=1e-6)
    assert entries["gradient_growth"]["curve"]["at"] == [*SHARES]
    assert entries["closest_slope"]["value"] == pytest.approx(5)  # the way is along w
    assert entries["closest_gradient"]["value"] == pytest.approx(5)
    assert entries["nearest_real_distance"]["value"] == pytest.approx(0.5)


def test_equals_the_gradient_of_a_known_mixture(play, params, stream) -> None:
    torch.manual_seed(0)
    means, others = torch.randn(3, 2).double(), torch.randn(2, 2).double()
    mixture = LogRatio(means, others, 0.2).eval()
    reals, fakes = mixture.p.sample((16,)), mixture.q.sample((16,))
    subject = _subject(play(mixture, reals, fakes), params, stream)
    ends = nearest(fakes, reals)
    expected = [mixture.gradient(fakes + share * (ends - fakes)).norm(dim=1) for share in SHARES]
    torch.testing.assert_close(path_norms(subject, ends), torch.stack(expected))
    means_of = torch.stack(expected).mean(1)
    entries = probe(subject.game, params, stream)
    assert entries["gradient_growth"]["value"] == pytest.approx((means_of[-1] / means_of[0]).log10().item())


def test_growth_is_in_powers_of_ten(play, params, stream) -> None:
    class Slope(nn.Module):
        """D(x) = -log x of the first coordinate: the gradient is 1 / x."""

        def forward(self, x: Tensor) -> Tensor:
            return -x[:, 0].log()

    reals, fakes = torch.tensor([[0.001, 0.0]] * 16), torch.tensor([[1.0, 0.0]] * 16)
    entries = probe(play(Slope().eval(), reals, fakes), params, stream)
    at_end = 0.01 + 0.99 * 0.001
    assert entries["gradient_growth"]["value"] == pytest.approx(-math.log10(at_end), rel=1e-4)
    assert entries["closest_slope"]["value"] == pytest.approx(-math.log(0.001) / 0.999, rel=1e-4)


def test_only_the_closest_pairs_count_and_copies_do_not(play, params, stream) -> None:
    class Cubic(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x[:, 0] ** 3

    reals = torch.zeros(16, 2)
    fakes = torch.zeros(16, 2)
    fakes[4:, 0] = torch.arange(1, 13).float()  # four copies; of twelve pairs apart, two are closest
    entries = probe(play(Cubic().eval(), reals, fakes), params, stream)
    assert entries["closest_slope"]["value"] == pytest.approx((1 + 4) / 2)
    assert entries["closest_gradient"]["value"] == pytest.approx(
        (3 * 1 + 3 * 4) / 2
    )  # of x^3, at x = 1 and 2
    assert entries["nearest_real_distance"]["value"] == pytest.approx(78 / 16)


def test_fakes_that_are_reals_have_no_way_to_go(linear, play, params, stream) -> None:
    points = torch.randn(16, 2)
    entries = probe(play(linear, points, points.flip(0)), params, stream)
    assert entries["nearest_real_distance"]["value"] == 0
    for column in ("gradient_growth", "closest_slope", "closest_gradient"):
        assert entries[column]["value"] is None
        assert entries[column]["reason"] == "every fake equals a training real"


def test_a_flat_d_has_no_growth(linear, play, params, stream) -> None:
    nn.init.zeros_(linear.weight)
    entries = probe(play(linear, torch.zeros(16, 2), torch.ones(16, 2)), params, stream)
    assert entries["gradient_growth"]["reason"] == "D is flat between fakes and reals"
    assert entries["closest_slope"]["value"] == 0
    assert entries["closest_gradient"]["value"] == 0
