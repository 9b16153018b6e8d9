"""The attack that is shown: the first reals, D's logits of them, and D over the plane."""

import pytest
import torch
from torch import nn

from ganmatrix.methods.pac_gan import Packed
from ganmatrix.probes.exhibit import exhibit, landscape
from ganmatrix.probes.transfer import Attack, Contestant

ATTACK = Attack(strength=0.1, steps=10, relative_step=0.25, bounded=False)


def _linear(*weights: float) -> nn.Module:
    layer = nn.Linear(len(weights), 1, bias=False)
    layer.weight.data = torch.tensor([weights])
    return nn.Sequential(layer, nn.Flatten(0)).eval()


def test_a_linear_discriminator_loses_strength_times_the_sum_of_its_weights():
    reals = torch.randn(16, 2, generator=torch.Generator().manual_seed(0))
    shown = exhibit(Contestant(_linear(3.0, -1.0), torch.Generator()), reals, ATTACK, 5)
    assert torch.equal(shown.reals, reals[:5])
    assert torch.allclose(shown.attacked, reals[:5] + torch.tensor([-0.1, 0.1]), atol=1e-6)
    assert shown.before == pytest.approx((reals[:5] @ torch.tensor([3.0, -1.0])).tolist(), abs=1e-5)
    assert shown.after == pytest.approx([before - 0.4 for before in shown.before], abs=1e-5)


def test_logits_that_are_not_finite_are_an_error():
    with pytest.raises(FloatingPointError):
        exhibit(Contestant(_linear(float("inf"), 1.0), torch.Generator()), torch.ones(4, 2), ATTACK, 2)


@pytest.mark.parametrize("batch", [4, 16, 100])
def test_a_landscape_lies_as_a_map_does(batch):
    cpu = torch.device("cpu")
    found = landscape(_linear(1.0, 10.0), 2.0, 5, batch, cpu)
    ticks = torch.tensor([-2.0, -1.0, 0.0, 1.0, 2.0])
    assert torch.allclose(found, ticks + 10 * ticks.flip(0)[:, None], atol=1e-5)
    packed = landscape(Packed(_linear(1.0, 10.0, 0.0, 0.0), 2).eval(), 2.0, 5, 4, cpu)
    assert packed.shape == (5, 5)
