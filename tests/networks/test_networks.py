"""Every family at every data shape, and the published counts of the networks they become."""

import copy
import math

import pytest
import torch
from torch import nn

from ganmatrix.networks import catalogue, dcgan, sngan_resnet
from ganmatrix.networks.catalogue import FAMILIES
from ganmatrix.networks.pair import has_batch_statistics, parameter_count
from ganmatrix.params import architectures
from ganmatrix.params.architectures import ImageNetwork, PointNetwork

SHAPES = [(2,), (1, 16, 16), (3, 16, 16), (1, 32, 32), (3, 32, 32)]
MEMBERS = [(kind, shape) for kind in FAMILIES for shape in SHAPES]
PARAMS = {"conventional": architectures.Conventional, "resnet_sn": architectures.ResnetSn}


def _build(kind, shape, seed=0):
    torch.manual_seed(seed)
    points = PointNetwork(latent=5, width=12, depth=2)
    images = ImageNetwork(latent=5, generator_width=6, discriminator_width=4)
    return catalogue.build(PARAMS[kind](kind=kind, points=points, images=images), shape)


@pytest.mark.parametrize(("kind", "shape"), MEMBERS)
def test_shapes_ranges_and_determinism(kind, shape):
    pair, again, other = (_build(kind, shape, seed) for seed in (0, 0, 1))
    z = torch.randn(7, 5)
    fakes = pair.generator(z)
    assert fakes.shape == (7, *shape)
    assert fakes.std() > 0
    if len(shape) == 3:
        assert fakes.abs().max() <= 1
    logits = pair.discriminator(fakes)
    assert logits.shape == (7,)
    assert logits.isfinite().all()
    for name in ("generator", "discriminator"):
        a, b, c = (getattr(p, name).state_dict() for p in (_fresh(kind, shape), again, other))
        assert all(torch.equal(a[key], b[key]) for key in a)
        assert any(not torch.equal(a[key], c[key]) for key in a)


def _fresh(kind, shape):
    return _build(kind, shape, 0)


@pytest.mark.parametrize(("kind", "shape"), MEMBERS)
def test_gradients_reach_every_parameter(kind, shape):
    pair = _build(kind, shape)
    logits = pair.discriminator(pair.generator(torch.randn(16, 5)))
    (logits * torch.linspace(-1, 2, 16)).sum().backward()
    for network in (pair.generator, pair.discriminator):
        for name, weight in network.named_parameters():
            assert weight.grad is not None, name
            assert weight.grad.abs().max() > 0, name


@pytest.mark.parametrize(("kind", "shape"), MEMBERS)
def test_batch_statistics_are_told(kind, shape):
    """A sample's output in training depends on its batch exactly where the network says so."""
    discriminator = _build(kind, shape).discriminator.train()
    x = torch.randn(6, *shape)
    # Each pass on a copy: a pass in training moves the estimates of the spectral norm.
    with torch.no_grad():
        together = copy.deepcopy(discriminator)(x)[:3]
        alone = copy.deepcopy(discriminator)(x[:3])
    difference = float((together - alone).abs().max() / alone.abs().max())
    assert (difference > 1e-3) == has_batch_statistics(discriminator)
    assert difference > 1e-3 or difference < 1e-5


@pytest.mark.parametrize("shape", SHAPES)
def test_spectral_norm_is_one(shape):
    discriminator = _build("resnet_sn", shape).discriminator.train()
    with torch.no_grad():
        for _ in range(300):
            discriminator(torch.zeros(1, *shape))
    discriminator.eval()
    layers = [m for m in discriminator.modules() if isinstance(m, nn.Linear | nn.Conv2d)]
    for layer in layers:
        largest = torch.linalg.matrix_norm(layer.weight.detach().flatten(1), ord=2)
        assert float(largest) == pytest.approx(1, abs=2e-3)
        assert nn.utils.parametrize.is_parametrized(layer, "weight")
    expected = {1: 6, 16: 3 + 3 + 2 + 1, 32: 3 + 3 + 2 + 2 + 1}
    assert len(layers) == expected[1 if len(shape) == 1 else shape[1]]


def test_the_points_discriminator_is_bounded_in_slope():
    """Each residual block is at most 2-Lipschitz, each linear map 1-Lipschitz: 4 for two blocks."""
    discriminator = _build("resnet_sn", (2,)).discriminator
    with torch.no_grad():
        for _ in range(200):
            discriminator.train()(torch.zeros(1, 2))
    discriminator.eval()
    x = torch.randn(500, 2, requires_grad=True)
    (gradient,) = torch.autograd.grad(discriminator(x).sum(), x)
    assert gradient.norm(dim=1).max() <= 4 * 1.01


def test_sngan_has_the_published_counts():
    """mimicry's SNGAN at 32 pixels."""
    pair = sngan_resnet.build(ImageNetwork(latent=128, generator_width=256, discriminator_width=128), 3, 32)
    assert parameter_count(pair.generator) == 4_276_739
    assert parameter_count(pair.discriminator) == 1_053_825


def test_dcgan_32_has_the_channels_of_as_gans_authors():
    """G 512-256-128-3 and D 128-256-512-1, 4x4 kernels, no biases."""
    pair = dcgan.build(ImageNetwork(latent=100, generator_width=128, discriminator_width=128), 3, 32)
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


@pytest.mark.parametrize(("resolution", "widths"), [(16, [8, 16]), (64, [8, 16, 32, 64])])
def test_dcgan_deepens_with_the_resolution(resolution, widths):
    pair = dcgan.build(ImageNetwork(latent=4, generator_width=8, discriminator_width=8), 1, resolution)
    convolutions = [m.out_channels for m in pair.discriminator.modules() if isinstance(m, nn.Conv2d)]
    assert convolutions == widths
    assert pair.generator(torch.zeros(2, 4)).shape == (2, 1, resolution, resolution)


def test_sngan_initialisation():
    """Xavier uniform: variance gain^2 2 / (fan in + fan out), gain sqrt(2) within blocks."""
    pair = sngan_resnet.build(ImageNetwork(latent=128, generator_width=64, discriminator_width=64), 3, 32)
    block = pair.generator[2]
    for conv, gain in ((block.conv1, math.sqrt(2)), (block.shortcut, 1.0)):
        kernel = conv.kernel_size[0] ** 2
        expected = gain * math.sqrt(2 / (kernel * 128))
        assert float(conv.weight.detach().std()) == pytest.approx(expected, rel=0.05)


@pytest.mark.parametrize("first", [True, False])
def test_a_halving_block_is_convolution_then_mean(first):
    """Value, gradients and second derivatives of the folded convolution, against the plain form."""
    torch.manual_seed(0)
    block = sngan_resnet.DownBlock(3, 4 if first else 3, halve=True, first=first).double().eval()
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


@pytest.mark.parametrize(("kind", "shape"), MEMBERS)
def test_a_critic_shows_what_its_logit_is_made_of(kind, shape):
    critic = _build(kind, shape).discriminator.eval()
    x = torch.randn(5, *shape)
    views = critic.views(x)
    assert torch.equal(views.logits, critic(x))
    assert views.features.shape == (5, critic.width)
    assert views.local.shape[:2] == (5, critic.channels)
    assert views.local.ndim == len(shape) + 1
    assert torch.allclose(critic.logit(views.features).flatten(), views.logits)
    assert torch.allclose(critic.pool(views.local), views.features)
    assert critic.spectral == nn.utils.parametrize.is_parametrized(critic.normed(nn.Linear(2, 2)), "weight")
