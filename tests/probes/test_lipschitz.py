"""The search for D's steepest point, in closed form."""

import pytest
import torch
from torch import Tensor, nn

from ganmatrix.probes.catalogue import probe
from ganmatrix.probes.lipschitz import steepest


class Bowl(nn.Module):
    """D(x) = |x|^2 / 2, whose gradient is x."""

    def forward(self, x: Tensor) -> Tensor:
        return x.flatten(1).square().sum(1) / 2


class Kink(nn.Module):
    """D(x) = x + 3 relu(x - 0.05) of the first coordinate: the slope is 1, and 4 beyond 0.05."""

    def forward(self, x: Tensor) -> Tensor:
        return x[:, 0] + 3 * (x[:, 0] - 0.05).relu()


def test_a_linear_d_is_equally_steep_everywhere(linear) -> None:
    torch.testing.assert_close(steepest(linear, torch.randn(4, 2), 1.0, 5, False), torch.full((4,), 5.0))


def test_climbs_a_bowl_to_the_edge_of_the_ball() -> None:
    points = torch.tensor([[3.0, 4.0], [-0.6, 0.8]])
    torch.testing.assert_close(steepest(Bowl(), points, 0.5, 6, False), torch.tensor([5.5, 1.5]))
    # Within bounds a corner is the steepest there is.
    torch.testing.assert_close(steepest(Bowl(), points[1:], 9.0, 6, True), torch.tensor([2**0.5]))


def test_sees_a_kink_within_reach_although_second_derivatives_vanish() -> None:
    origin = torch.zeros(1, 2)
    assert steepest(Kink(), origin, 0.3, 4, False).item() == pytest.approx(4)
    assert steepest(Kink(), origin, 0.04, 4, False).item() == pytest.approx(1)


def test_probes_both_sides_and_between(play, params, stream) -> None:
    reals, fakes = torch.full((16, 2), 0.1), torch.full((16, 2), 3.0)
    entries = probe(play(Bowl().eval(), reals, fakes), params, stream)
    # The greatest strength is 0.1 in every coordinate.
    assert entries["lipschitz_ascent"]["value"] == pytest.approx(3.1 * 2**0.5, rel=1e-6)
    assert entries["lipschitz_ascent"]["protocol"]["radius_rms"] == 0.1
    between = entries["gradient_norm_interpolate_max"]["value"]
    assert entries["gradient_norm_real"]["value"] < between < entries["gradient_norm_fake"]["value"]
    assert entries["lipschitz_upper"]["value"] is None
    assert entries["lipschitz_upper"]["reason"] == "no Lipschitz bound is known for a layer of the kind Bowl"


def test_a_constant_d_has_the_constant_zero(play, params, stream) -> None:
    constant = nn.Sequential(nn.Linear(2, 1), nn.Flatten(0)).eval()
    nn.init.zeros_(constant[0].weight)
    entries = probe(play(constant, torch.randn(16, 2), torch.randn(16, 2)), params, stream)
    assert entries["lipschitz_ascent"]["value"] == entries["lipschitz_upper"]["value"] == 0
