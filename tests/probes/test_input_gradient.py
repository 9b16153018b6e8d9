"""Input gradients in closed form, and that taking them leaves the discriminator alone."""

import pytest
import torch
from torch import Tensor, nn

from ganmatrix.methods.pac_gan import OfOneSample, Packed
from ganmatrix.probes.catalogue import probe
from ganmatrix.probes.input_gradient import gradient_norms, input_gradient, interpolates


def test_linear_gradient_is_its_weight(linear) -> None:
    with torch.inference_mode():
        inputs = torch.randn(5, 2)
    torch.testing.assert_close(input_gradient(linear, inputs), linear.weight.detach().expand(5, 2))
    torch.testing.assert_close(gradient_norms(linear, inputs), torch.full((5,), 5.0))


def test_each_sample_has_its_own_gradient(convolutional, images) -> None:
    alone = torch.cat([gradient_norms(convolutional, image[None]) for image in images])
    torch.testing.assert_close(gradient_norms(convolutional, images), alone, rtol=1e-4, atol=1e-7)


def test_pieces_give_what_the_whole_gives(convolutional, images, monkeypatch) -> None:
    network, inputs = convolutional.double(), images.double()
    whole = input_gradient(network, inputs)
    monkeypatch.setattr("ganmatrix.probes.input_gradient.PIECE", 3)
    assert len(inputs) % 3, "the last piece is a smaller one"
    torch.testing.assert_close(input_gradient(network, inputs), whole, rtol=1e-12, atol=1e-15)


def test_equals_finite_differences(convolutional, images) -> None:
    network, inputs = convolutional.double(), images[:3].double()
    direction = torch.randn(inputs.shape, generator=torch.Generator().manual_seed(0)).double()
    slope = (input_gradient(network, inputs) * direction).flatten(1).sum(dim=1)
    with torch.no_grad():
        step = 1e-6 * direction
        measured = (network(inputs + step) - network(inputs - step)) / 2e-6
    torch.testing.assert_close(slope, measured, rtol=1e-4, atol=1e-7)


class Bowl(nn.Module):
    """D(x) = |x|^2 / 2, whose gradient is x."""

    def forward(self, x: Tensor) -> Tensor:
        return x.square().sum(dim=1) / 2


def test_norms_are_summed_up_by_mean_high_quantile_and_largest(play, params, stream) -> None:
    reals = torch.zeros(101, 2)
    reals[:, 0] = torch.arange(101)
    entries = probe(play(Bowl().eval(), reals, 2 * reals), params, stream)
    for side, factor in (("real", 1), ("fake", 2)):
        names = [f"gradient_norm_{side}{statistic}" for statistic in ("", "_p95", "_max")]
        found = [entries[name]["value"] for name in names]
        assert found == pytest.approx([50 * factor, 95 * factor, 100 * factor])


def test_refuses_a_gradient_that_is_not_finite(linear) -> None:
    linear.weight.data[0] = torch.nan
    with pytest.raises(FloatingPointError, match="input gradient is not finite"):
        input_gradient(linear, torch.zeros(2, 2))


class PackLogit(nn.Module):
    """The linear logit w.(x_1, x_2) of packs of two points (N, 4)."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.tensor([3.0, 4.0, 5.0, 12.0])

    def forward(self, packs: Tensor) -> Tensor:
        return packs @ self.weight


def test_the_gradient_in_a_sample_of_a_pack_is_that_of_one_logit() -> None:
    """However often the pack's logit is repeated."""
    packed = Packed(PackLogit(), 2)
    critic = OfOneSample(packed, 2).eval()
    points = torch.randn(6, 2)
    assert torch.equal(critic(points), packed(points))
    torch.testing.assert_close(gradient_norms(critic, points), torch.tensor([5.0, 13.0] * 3))


def test_shares_of_interpolates_are_uniform_and_one_for_each_pair(stream) -> None:
    found = interpolates(torch.ones(4000, 1, 2, 2), -torch.ones(4000, 1, 2, 2), stream).flatten(1)
    assert torch.equal(found, found[:, :1].expand(4000, 4))
    shares = (found[:, 0] + 1) / 2
    # Five standard errors of a mean of 4,000 uniform numbers.
    assert shares.mean().item() == pytest.approx(1 / 2, abs=5 * (1 / 12 / 4000) ** 0.5)
    assert 0 <= shares.min() < 0.01
    assert 0.99 < shares.max() < 1
