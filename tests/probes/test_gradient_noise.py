"""What neighbours agree on, and what batches of latents agree on, in closed form."""

import dataclasses
import math

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from ganmatrix.probes.catalogue import probe
from ganmatrix.probes.generator_gradient import relative_variance
from ganmatrix.probes.gradient_noise import averaged_gradient, mean_cosine


class Ripple(nn.Module):
    """D(x, y) = x + a sin(k y) / k: a slope of 1 along x, and a ripple that averages out along y."""

    amplitude, frequency = 1.0, 40.0

    def forward(self, x: Tensor) -> Tensor:
        return x[:, 0] + self.amplitude * (self.frequency * x[:, 1]).sin() / self.frequency


def test_a_linear_d_agrees_with_its_neighbourhood(linear, play, params, stream) -> None:
    entry = probe(play(linear, torch.randn(16, 2), torch.randn(16, 2)), params, stream)["gradient_cosine"]
    assert entry["value"] == pytest.approx(1)
    assert entry["curve"]["value"] == pytest.approx([1, 1])


def test_the_average_is_the_gradient_of_the_smoothed_d(stream) -> None:
    points, strength = torch.zeros(20_000, 2), 0.03
    average = averaged_gradient(Ripple(), points, strength, 4, stream).mean(0, keepdim=True)
    # A Gaussian damps the ripple by exp(-(k strength)^2 / 2).
    damped = math.exp(-((Ripple.frequency * strength) ** 2) / 2)
    torch.testing.assert_close(average, torch.tensor([[1.0, damped]]), atol=0.02, rtol=0)
    expected = (1 + damped) / math.sqrt(2 * (1 + damped**2))
    assert mean_cosine(torch.ones(1, 2), average) == pytest.approx(expected, abs=0.01)


def test_a_rippled_d_agrees_less_the_wider_the_neighbourhood(play, params, stream) -> None:
    params = params.model_copy(update={"point_strengths": [0, 0.02, 0.2], "neighbourhood_draws": 64})
    points = torch.zeros(16, 2)
    curve = probe(play(Ripple().eval(), points, points), params, stream)["gradient_cosine"]["curve"]["value"]
    assert curve[0] == pytest.approx(1)
    assert curve[0] > curve[1] > curve[2] > 0.6


def test_cosines_are_of_directed_pairs_alone() -> None:
    one = torch.tensor([[3.0, 4.0], [0.0, 0.0], [1e-30, 0.0], [1.0, 0.0]])
    other = torch.tensor([[6.0, 8.0], [1.0, 0.0], [1e-30, 0.0], [-1.0, 0.0]])
    assert mean_cosine(one, other) == pytest.approx(1 / 3)
    assert mean_cosine(one[1:2], other[1:2]) is None


def test_a_flat_d_gives_no_direction(linear, play, params, stream) -> None:
    nn.init.zeros_(linear.weight)
    game = dataclasses.replace(play(linear, torch.ones(16, 2), torch.zeros(16, 2)), generator=nn.Linear(2, 2))
    game.generator.eval()
    entries = probe(game, params, stream)
    assert entries["gradient_cosine"]["reason"] == "D is flat at every fake"
    assert entries["generator_gradient_variance"]["reason"] == "the generator receives no gradient"


def test_relative_variance_equals_numpys() -> None:
    gradients = np.random.default_rng(0).normal(0.5, 1, (6, 40)).astype(np.float32)
    expected = gradients.var(axis=0, ddof=1).sum() / np.square(gradients.mean(axis=0)).sum()
    assert relative_variance(map(torch.from_numpy, gradients)) == pytest.approx(expected, rel=1e-5)
    assert relative_variance([torch.ones(3)] * 4) == pytest.approx(0, abs=1e-12)
    assert relative_variance(torch.eye(5)) == pytest.approx(5)
    assert relative_variance([torch.ones(3), -torch.ones(3)]) is None


def test_the_gradient_of_a_linear_generator(linear, play, params, stream) -> None:
    """Of the bias it is w, whatever the batch; of the weights w times the batch's mean latent."""
    generator = nn.Linear(3, 2).eval()
    latents = torch.randn(50, 3)
    game = play(linear, torch.randn(50, 2), generator(latents).detach())
    game = dataclasses.replace(game, generator=generator, latents=latents)
    params = params.model_copy(update={"generator_batches": 400})
    entry = probe(game, params, stream)["generator_gradient_variance"]
    assert entry["value"] == pytest.approx(3 / 50, rel=0.2)
    assert (entry["protocol"]["batches"], entry["protocol"]["batch_size"]) == (400, 50)
    assert all(weight.grad is None for weight in (*generator.parameters(), *linear.parameters()))


def test_a_generator_without_weights_says_so(linear, play, params, stream) -> None:
    entry = probe(play(linear, torch.randn(16, 2), torch.randn(16, 2)), params, stream)
    assert entry["generator_gradient_variance"]["reason"] == "the generator has no weights"
