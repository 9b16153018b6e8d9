"""Input gradients in closed form, and that taking them leaves the discriminator alone."""

import pytest
import torch

from ganmatrix.probes.input_gradient import gradient_norms, input_gradient


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


def test_refuses_a_gradient_that_is_not_finite(linear) -> None:
    linear.weight.data[0] = torch.nan
    with pytest.raises(FloatingPointError, match="input gradient is not finite"):
        input_gradient(linear, torch.zeros(2, 2))
