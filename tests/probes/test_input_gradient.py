"""Input gradients in closed form, and that taking them leaves the discriminator alone."""

import pytest
import torch
from torch import Tensor, nn

from ganmatrix.probes.input_gradient import gradient_norms, input_gradient
from ganmatrix.probes.measure import probe


def test_linear_gradient_is_its_weight(linear) -> None:
    with torch.inference_mode():
        inputs = torch.randn(5, 2)
    torch.testing.assert_close(input_gradient(linear, inputs), linear.weight.detach().expand(5, 2))
    torch.testing.assert_close(gradient_norms(linear, inputs), torch.full((5,), 5.0))


def test_each_sample_has_its_own_gradient(convolutional, images) -> None:
    alone = torch.cat([gradient_norms(convolutional, image[None]) for image in images])
    torch.testing.assert_close(gradient_norms(convolutional, images), alone, rtol=1e-4, atol=1e-7)


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
