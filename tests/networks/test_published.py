"""The published networks: counts, widths, initialisation, and the table of docs/networks.md."""

import itertools
import math

import architectures
import pytest
import torch
from torch import nn

from ganmatrix.networks import as_gan_resnet, dcgan, mlp, sngan_resnet
from ganmatrix.networks.pair import parameter_count
from ganmatrix.networks.resnet import DownBlock, UpBlock
from ganmatrix.networks.self_attention import SelfAttention
from ganmatrix.params.architectures import AsGanNetwork, DcganNetwork, MlpNetwork, SnganNetwork

MIMICRY = {
    32: (256, 128, 4_276_739, 1_053_825),
    48: (64, 64, 4_878_083, 10_141_441),
    64: (64, 64, 12_220_675, 10_141_441),
    128: (64, 64, 32_150_787, 29_017_857),
}
"""Widths, and the parameters of torch-mimicry 0.1.16's networks as `bench/mimicry_counts.py` prints them."""


def test_the_table_is_current():
    page = architectures.PAGE.read_text(encoding="utf-8")
    assert page == architectures.rewritten(page), "run python bench/architectures.py"


@pytest.mark.parametrize("side", MIMICRY)
def test_sngan_has_the_published_counts(side):
    generator_width, discriminator_width, *counts = MIMICRY[side]
    widths = {"generator_width": generator_width, "discriminator_width": discriminator_width}
    pair = sngan_resnet.build(SnganNetwork(latent=128, **widths), 3, side)
    assert [parameter_count(pair.generator), parameter_count(pair.discriminator)] == counts


def _convolution(inputs, outputs, kernel):
    return inputs * outputs * kernel**2 + outputs


@pytest.mark.parametrize(
    ("layout", "side", "up", "down"),
    [
        ("wide", 32, [512, 256, 128, 64], [96, 192, 384, 768]),
        ("same", 32, [256] * 4, [256] * 4),
        ("wide", 64, [1024, 512, 256, 128, 64], [64, 128, 256, 512, 1024]),
        ("same", 64, [256] * 5, [256] * 5),
    ],
)
def test_as_gans_resnets_have_the_counts_of_their_widths(layout, side, up, down):
    params = AsGanNetwork(latent=100, generator_width=up[-1], discriminator_width=down[0], layout=layout)
    pair = as_gan_resnet.build(params, 3, side)
    expected = 100 * up[0] * 16 + up[0] * 16
    for a, b in itertools.pairwise(up):
        expected += _convolution(a, b, 3) + _convolution(b, b, 3) + _convolution(a, b, 1) + 2 * (a + b)
    assert parameter_count(pair.generator) == expected + 2 * up[-1] + _convolution(up[-1], 3, 1)
    expected = down[-1] + 1
    for a, b in itertools.pairwise([3, *down]):
        hidden = b if a == 3 else a
        expected += _convolution(a, hidden, 3) + _convolution(hidden, b, 3) + _convolution(a, b, 1)
    assert parameter_count(pair.discriminator) == expected


def test_pacgans_networks_for_points():
    """G: 4 layers of 400, batch normalisation, ReLU. D: 3 layers of 200 units, each of 5 linear maps."""
    params = MlpNetwork(**architectures.PACGAN, batch_norm=True, activation="maxout")
    pair = mlp.build(params, 2)
    hidden = (2 * 400 + 400) + 3 * (400 * 400 + 400) + 4 * 800
    assert parameter_count(pair.generator) == hidden + 400 * 2 + 2
    assert parameter_count(pair.discriminator) == (2 * 1000 + 1000) + 2 * (200 * 1000 + 1000) + 200 + 1
    first, unit = pair.discriminator.local[0], pair.discriminator.local[1]
    pieces = first(torch.randn(3, 2))
    for n, k in itertools.product(range(3), range(200)):
        assert unit(pieces)[n, k] == pieces[n, 5 * k : 5 * k + 5].max()


def test_dcgan_32_has_the_channels_of_as_gans_authors():
    """G 512-256-128-3 and D 128-256-512-1, 4x4 kernels, no biases."""
    pair = dcgan.build(DcganNetwork(latent=100, generator_width=128, discriminator_width=128), 3, 32)
    ups = [m for m in pair.generator if isinstance(m, nn.ConvTranspose2d)]
    downs = [m for m in pair.discriminator.modules() if isinstance(m, nn.Conv2d)]
    assert [m.out_channels for m in ups] == [512, 256, 128, 3]
    assert [m.out_channels for m in downs] == [128, 256, 512]
    # The last 4x4 kernel, on a 4x4 map: a linear map of all of it.
    assert pair.discriminator.logit.weight.shape == (1, 512 * 16)
    assert pair.discriminator.logit.bias is None
    assert all(m.kernel_size == (4, 4) and m.bias is None for m in (*ups, *downs))
    assert [m.num_features for m in pair.discriminator.modules() if isinstance(m, nn.BatchNorm2d)] == [
        256,
        512,
    ]
    kernels = 16 * (100 * 512 + 512 * 256 + 256 * 128 + 128 * 3)
    assert parameter_count(pair.generator) == kernels + 2 * (512 + 256 + 128)
    assert float(ups[0].weight.detach().std()) == pytest.approx(0.02, rel=0.02)


@pytest.mark.parametrize(
    ("side", "widths", "smallest"),
    [
        (16, [8, 16], 4),
        (32, [8, 16, 32], 4),
        (48, [8, 16, 32], 6),
        (64, [8, 16, 32, 64], 4),
        (128, [8, 16, 32, 64, 128], 4),
    ],
)
def test_dcgan_deepens_with_the_resolution(side, widths, smallest):
    pair = dcgan.build(DcganNetwork(latent=4, generator_width=8, discriminator_width=8), 1, side)
    convolutions = [m.out_channels for m in pair.discriminator.modules() if isinstance(m, nn.Conv2d)]
    assert convolutions == widths
    ups = [m.out_channels for m in pair.generator if isinstance(m, nn.ConvTranspose2d)]
    assert ups == [*reversed(widths), 1]
    assert pair.generator[:2](torch.zeros(2, 4)).shape == (2, widths[-1], smallest, smallest)
    assert pair.discriminator.local(torch.zeros(2, 1, side, side)).shape == (
        2,
        widths[-1],
        smallest,
        smallest,
    )


@pytest.mark.parametrize("normalisation", ["batch", "spectral_and_batch", "spectral"])
def test_normalisations_of_the_dcgan_start_alike(normalisation):
    """N(0, 0.02) before the spectral norm; biases, where there are any, from 0."""
    sizes = {"latent": 4, "generator_width": 32, "discriminator_width": 32}
    discriminator = dcgan.build(DcganNetwork(**sizes, normalisation=normalisation), 3, 64).discriminator
    norms = [m for m in discriminator.modules() if isinstance(m, nn.BatchNorm2d)]
    assert len(norms) == (0 if normalisation == "spectral" else 3)
    linear = [m for m in discriminator.modules() if isinstance(m, nn.Linear | nn.Conv2d)]
    assert len(linear) == 5
    for layer in linear:
        weight = _original(layer)
        assert float(weight.std()) == pytest.approx(0.02, rel=0.06)
        assert (layer.bias is not None) == (normalisation == "spectral")
        assert layer.bias is None or layer.bias.abs().max() == 0


def _original(layer):
    """The weight as initialised: before the spectral norm."""
    if nn.utils.parametrize.is_parametrized(layer, "weight"):
        layer = layer.parametrizations.weight
        return layer.original.detach()
    return layer.weight.detach()


def _is_xavier(layer, gain):
    """Whether it is Xavier uniform: variance gain^2 2 / (fan in + fan out)."""
    weight = _original(layer)
    places = weight[0, 0].numel()
    bound = gain * math.sqrt(6 / (places * sum(weight.shape[:2])))
    error = math.sqrt(0.2 / weight.numel())  # of the deviation of so many uniform values, relative
    in_bounds = float(weight.abs().max()) <= bound * 1.0001
    return in_bounds and float(weight.std()) == pytest.approx(bound / math.sqrt(3), rel=5 * error)


def _down_blocks(discriminator):
    return [m for m in discriminator.modules() if isinstance(m, DownBlock)]


@pytest.mark.parametrize("side", [32, 48, 64, 128])
def test_sngan_initialisation(side):
    """Gain sqrt(2) for a block's 3x3 convolutions, 1 for all else."""
    torch.manual_seed(side)
    sizes = {"latent": 128, "generator_width": 16, "discriminator_width": 16}
    pair = sngan_resnet.build(SnganNetwork(**sizes, attention=16), 3, side)
    assert _is_xavier(pair.generator[0], 1)
    assert _is_xavier(pair.generator[-2], 1)
    blocks = [m for m in pair.generator if isinstance(m, UpBlock)] + _down_blocks(pair.discriminator)
    for block in blocks:
        assert _is_xavier(block.conv1, math.sqrt(2))
        assert _is_xavier(block.conv2, math.sqrt(2))
        if not isinstance(block.shortcut, nn.Identity):
            assert _is_xavier(block.shortcut, 1)
    for network in (pair.generator, pair.discriminator):
        for attention in (m for m in network.modules() if isinstance(m, SelfAttention)):
            assert _is_xavier(attention.out, 1)


def test_as_gan_resnet_initialisation():
    """G as torch starts, U(-1/sqrt(fan in), 1/sqrt(fan in)); D as SNGAN's, its 1x1 convolution last in G."""
    sizes = {"latent": 100, "generator_width": 16, "discriminator_width": 16}
    pair = as_gan_resnet.build(AsGanNetwork(**sizes), 3, 32)
    for layer in (m for m in pair.generator.modules() if isinstance(m, nn.Linear | nn.Conv2d)):
        bound = layer.weight[0].numel() ** -0.5
        assert float(layer.weight.detach().abs().max()) <= bound * 1.0001
        assert float(layer.weight.detach().std()) == pytest.approx(bound / math.sqrt(3), rel=0.25)
    assert pair.generator[-2].kernel_size == (1, 1)
    blocks = _down_blocks(pair.discriminator)
    assert all(block.halve for block in blocks)
    for block in blocks:
        assert _is_xavier(block.conv1, math.sqrt(2))
        assert _is_xavier(block.conv2, math.sqrt(2))
        assert _is_xavier(block.shortcut, 1)


def test_the_shortcut_gets_the_input_itself():
    """Where mimicry's in-place ReLU gives it the rectified input: on negative inputs only biases are left."""
    block = DownBlock(4, 4, halve=False).eval()
    nn.init.zeros_(block.conv1.bias)
    x = -torch.rand(2, 4, 3, 3)
    torch.testing.assert_close(block(x), x + block.conv2.bias[:, None, None])


@pytest.mark.parametrize(("side", "attention"), [(16, "none"), (32, 16), (48, "none"), (64, "none")])
def test_rectified_shortcuts_are_mimicrys_in_place_relus(side, attention):
    """The plain network, whose blocks from the second on rectify their input where it lies."""
    torch.manual_seed(0)
    sizes = {"latent": 8, "generator_width": 8, "discriminator_width": 8, "attention": attention}
    rectified = sngan_resnet.build(SnganNetwork(**sizes, rectified_shortcuts=True), 3, side)
    plain = sngan_resnet.build(SnganNetwork(**sizes), 3, side)
    assert rectified.discriminator_name == f"{plain.discriminator_name}_rectified"
    ours, theirs = rectified.discriminator.double().eval(), plain.discriminator.double().eval()
    for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
        b.data.copy_(a.data)
    for a, b in zip(ours.buffers(), theirs.buffers(), strict=True):
        b.copy_(a)
    x = torch.randn(5, 3, side, side, dtype=torch.float64)
    found = ours.views(x)
    alike = theirs.views(x).logits
    for block in _down_blocks(theirs)[1:]:
        block.register_forward_pre_hook(lambda _, inputs: (inputs[0].relu_(),))
    local = theirs.local(x)
    logits = theirs.logit(theirs.pool(local)).flatten()  # the last block rectifies `local` itself
    torch.testing.assert_close(found.logits, logits, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(found.local, local, rtol=1e-12, atol=1e-12)
    assert found.local.min() == 0
    assert not torch.allclose(found.logits, alike, rtol=0.01)


@pytest.mark.parametrize("first", [True, False])
def test_a_halving_block_is_convolution_then_mean(first):
    """Value, gradients and second derivatives of the folded convolution, against the plain form."""
    torch.manual_seed(0)
    block = DownBlock(3, 4 if first else 3, halve=True, first=first).double().eval()
    x = torch.randn(2, 3, 8, 8, dtype=torch.float64, requires_grad=True)

    def plain(x):
        hidden = block.conv2(block.conv1(x if first else x.relu()).relu())
        return nn.functional.avg_pool2d(hidden + block.shortcut(x), 2)

    found = []
    for function in (block, plain):
        value = function(x)
        weights = [x, block.conv2.bias, block.conv2.parametrizations.weight.original]
        gradients = torch.autograd.grad(value.square().sum(), weights, create_graph=True)
        second = torch.autograd.grad(gradients[0].square().sum(), weights[2])
        found.append([value, *gradients, *second])
    for ours, expected in zip(*found, strict=True):
        torch.testing.assert_close(ours, expected, rtol=1e-12, atol=1e-13)
