"""What a seed gave before there were options it gives still: trained cells stay what they are."""

import pytest
import torch

from ganmatrix.networks.pair import build
from ganmatrix.params.architectures import Architecture
from ganmatrix.params.kinds import adapter

POINTS = {"latent": 5, "width": 12, "depth": 2}
IMAGES = {"latent": 5, "generator_width": 6, "discriminator_width": 4}

RECORDED = {
    ("conventional", 2): ("mlp2x12", "mlp2x12", 6, 6, -3.537862623, 2.831358343),
    ("conventional", 16): ("dcgan16_w6", "dcgan16_w4", 13, 8, 7.701584907, 4.122195752),
    ("conventional", 32): ("dcgan32_w6", "dcgan32_w4", 19, 14, 22.283230324, 10.942742472),
    ("conventional", 64): ("dcgan64_w6", "dcgan64_w4", 25, 20, 46.282230184, 28.827569993),
    ("conventional", 128): ("dcgan128_w6", "dcgan128_w4", 31, 26, 86.200245651, 64.073229807),
    ("resnet_sn", 2): ("residual_mlp2x12", "residual_mlp2x12_sn", 12, 24, 1.332799087, -2.841133050),
    ("resnet_sn", 16): ("sngan_resnet16_w6", "sngan_resnet16_w4", 41, 36, 21.916432261, -10.743870688),
    ("resnet_sn", 32): ("sngan_resnet32_w6", "sngan_resnet32_w4", 57, 44, 29.937839239, 2.693352235),
}
"""Names, entries of the state, and the sum of ramped weights of G and D from seed 0."""


def _ramped(network):
    """Sum over all weights, each tensor weighed by a ramp from -1 to 2, so that places count."""
    total = 0.0
    for weight in network.parameters():
        ramp = torch.linspace(-1, 2, weight.numel(), dtype=torch.float64)
        total += float(weight.detach().double().flatten() @ ramp)
    return total


@pytest.mark.parametrize(("kind", "side"), RECORDED)
def test_defaults_are_what_they_were(kind, side):
    params = adapter(Architecture).validate_python({"kind": kind, "points": POINTS, "images": IMAGES})
    torch.manual_seed(0)
    pair = build(params, (2,) if side == 2 else (3, side, side))
    *structure, generator_sum, discriminator_sum = RECORDED[kind, side]
    assert structure == [
        pair.generator_name,
        pair.discriminator_name,
        len(pair.generator.state_dict()),
        len(pair.discriminator.state_dict()),
    ]
    assert _ramped(pair.generator) == pytest.approx(generator_sum, abs=1e-5)
    assert _ramped(pair.discriminator) == pytest.approx(discriminator_sum, abs=1e-5)
