"""The bound of D's Lipschitz constant against dense operators, and that nothing in D exceeds it."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from ganmatrix.methods import method as methods
from ganmatrix.networks import pair as networks
from ganmatrix.networks.pair import Pair
from ganmatrix.networks.residual_mlp import Residual
from ganmatrix.networks.resnet import DownBlock, SumPool
from ganmatrix.params.architectures import Architecture
from ganmatrix.params.kinds import adapter
from ganmatrix.params.methods import Method
from ganmatrix.probes.input_gradient import gradient_norms
from ganmatrix.probes.lipschitz import steepest
from ganmatrix.probes.lipschitz_bound import Unbounded, convolution_norm, upper_bound

ARCHITECTURES = [
    ("conventional", (2,), {}),
    ("conventional", (2,), {"activation": "maxout"}),
    ("resnet_sn", (2,), {}),
    ("as_gan_resnet", (2,), {"spectral": False}),
    *[
        ("conventional", (1, 16, 16), {"normalisation": n})
        for n in ("batch", "spectral_and_batch", "spectral")
    ],
    ("resnet_sn", (3, 32, 32), {}),
    ("as_gan_resnet", (3, 32, 32), {"layout": "wide", "spectral": False}),
]
CRITICS = ["gan", "gman", "co_gan", "ali"]
ACROSS = "depends on other samples"
NONE = {"ebgan": "squared error", "cegan": "squared error", "pac_gan": ACROSS}


def _architecture(kind, shape, options):
    points = {"latent": 4, "width": 12, "depth": 2} | (options if len(shape) == 1 else {})
    sizes = {"latent": 4, "generator_width": 4, "discriminator_width": 8}
    images = sizes | (options if len(shape) == 3 else {})
    return adapter(Architecture).validate_python({"kind": kind, "points": points, "images": images})


def _critic(architecture, shape, method: dict) -> nn.Module:
    """D after some batches, so that its batch statistics and its spectral norm have settled."""
    torch.manual_seed(0)
    rule = methods.build(adapter(Method).validate_python(method))
    pair: Pair = rule.networks(lambda each: networks.build(architecture, each), shape)
    critic = rule.critic(pair)
    with torch.no_grad():
        for _ in range(30):
            critic(torch.randn(16, *shape))
    return critic.eval()


def _dense(layer: nn.Module, shape: tuple[int, ...]) -> np.ndarray:
    origin = torch.zeros(1, *shape, dtype=torch.float64)
    jacobian = torch.autograd.functional.jacobian(lambda x: layer(x).flatten(), origin)
    return jacobian.flatten(1).numpy()


@pytest.mark.parametrize(
    ("channels", "outputs", "kernel", "stride", "padding", "side"),
    [(1, 6, 4, 2, 1, 16), (6, 4, 4, 2, 1, 8), (3, 5, 3, 1, 1, 6), (5, 2, 1, 1, 0, 4), (4, 3, 3, 2, 0, 7)],
)
def test_a_convolution_is_the_operator_that_it_is(channels, outputs, kernel, stride, padding, side) -> None:
    torch.manual_seed(0)
    layer = nn.Conv2d(channels, outputs, kernel, stride, padding).double()
    exact = np.linalg.norm(_dense(layer, (channels, side, side)), 2)
    found = convolution_norm(layer.weight, stride, padding, side)
    assert exact * (1 - 1e-12) <= found <= 1.15 * exact
    if kernel == stride == 1:
        assert found == pytest.approx(exact, rel=1e-12)


@pytest.mark.parametrize(("kernel", "padding", "side"), [(4, 2, 4), (5, 4, 5)])
def test_a_wide_padding_counts(kernel: int, padding: int, side: int) -> None:
    """The frequencies of the map alone, without its padding, would miss the norm of some of these."""
    torch.manual_seed(0)
    layer = nn.Conv2d(1, 1, kernel, 1, padding, bias=False).double()
    for _ in range(200):
        nn.init.normal_(layer.weight)
        exact = np.linalg.norm(_dense(layer, (1, side, side)), 2)
        assert convolution_norm(layer.weight, 1, padding, side) >= exact * (1 - 1e-12)


def test_a_reshaped_kernel_would_be_no_bound() -> None:
    """What spectral norm divides by: a mean over neighbours has the norm 1 as an operator, and 1/3 so."""
    kernel = torch.full((1, 1, 3, 3), 1 / 9)
    assert torch.linalg.matrix_norm(kernel.flatten(1), 2).item() == pytest.approx(1 / 3)
    assert convolution_norm(kernel, 1, 1, 64) == pytest.approx(1)


def test_linear_layers_are_exact() -> None:
    torch.manual_seed(0)
    layer = nn.utils.parametrizations.spectral_norm(nn.Linear(7, 5)).eval()
    exact = np.linalg.svd(layer.weight.detach().double().numpy(), compute_uv=False)[0]
    assert upper_bound(layer, torch.zeros(1, 7)) == pytest.approx(exact, rel=1e-12)
    assert upper_bound(nn.Sequential(layer, nn.LeakyReLU(3.0)), torch.zeros(1, 7)) == pytest.approx(3 * exact)


@pytest.mark.parametrize("halve", [False, True])
def test_a_block_that_only_adds_is_nearly_exact(halve) -> None:
    """With identity kernels and non-negative inputs a block is (1 + 1) times its halving."""
    block = DownBlock(1, 1, halve=halve, spectral=False).eval()
    with torch.no_grad():
        for layer in block.children():
            for parameter in layer.parameters():
                parameter.zero_()
            if isinstance(layer, nn.Conv2d):
                layer.weight[0, 0, layer.kernel_size[0] // 2, layer.kernel_size[1] // 2] = 1
    assert upper_bound(block, torch.zeros(1, 1, 8, 8)) == pytest.approx(1.0 if halve else 2.0)
    assert upper_bound(SumPool(), torch.zeros(1, 5, 3, 4)) == pytest.approx(math.sqrt(12))


def test_batch_normalisation_is_a_diagonal_map() -> None:
    torch.manual_seed(0)
    layer = nn.BatchNorm1d(6).double()
    with torch.no_grad():
        layer.weight.normal_()
        layer(torch.randn(50, 6).double() * torch.arange(1, 7))
    assert upper_bound(layer.eval(), torch.zeros(2, 6).double()) == pytest.approx(
        np.linalg.norm(_dense(layer, (6,)), 2), rel=1e-12
    )


@pytest.mark.parametrize("method", CRITICS)
@pytest.mark.parametrize(("kind", "shape", "options"), ARCHITECTURES)
def test_bound_ascent_and_samples_are_in_order(kind, shape, options, method) -> None:
    critic = _critic(_architecture(kind, shape, options), shape, {"kind": method})
    inputs = torch.rand(8, *shape, generator=torch.Generator().manual_seed(1)) * 2 - 1
    upper = upper_bound(critic, inputs)
    found = steepest(critic, inputs, 2.0, 3, bounded=True)
    sampled = gradient_norms(critic, inputs)
    assert 0 < sampled.max() <= found.max() <= upper
    assert (found >= sampled).all()
    assert not any(module._forward_pre_hooks for module in critic.modules())


@pytest.mark.parametrize("method", NONE)
def test_a_method_without_a_bound_says_why(method) -> None:
    critic = _critic(_architecture("conventional", (2,), {}), (2,), {"kind": method})
    with pytest.raises(Unbounded, match=NONE[method]):
        upper_bound(critic, torch.zeros(4, 2))


def test_a_layer_without_a_bound_says_why(linear) -> None:
    attentive = _architecture("conventional", (1, 16, 16), {"attention": 8})
    with pytest.raises(Unbounded, match="self-attention"):
        upper_bound(_critic(attentive, (1, 16, 16), {"kind": "gan"}), torch.zeros(4, 1, 16, 16))
    techniques = {"kind": "gan", "techniques": [{"kind": "minibatch_discrimination"}]}
    critic = _critic(_architecture("conventional", (2,), {}), (2,), techniques)
    with pytest.raises(Unbounded, match=ACROSS):
        upper_bound(critic, torch.zeros(4, 2))
    with pytest.raises(Unbounded, match="no Lipschitz bound is known for a layer of the kind Linear"):
        upper_bound(linear, torch.zeros(4, 2))


def test_refuses_weights_that_are_not_finite() -> None:
    layer = nn.Linear(2, 1)
    nn.init.constant_(layer.weight, math.nan)
    with pytest.raises(FloatingPointError, match="weights are not finite"):
        upper_bound(layer, torch.zeros(1, 2))


def test_a_residual_block_adds_its_input() -> None:
    block = Residual(4)
    for layer in (block.body[1], block.body[3]):
        nn.init.eye_(layer.weight)
        nn.init.zeros_(layer.bias)
    assert upper_bound(block, torch.zeros(1, 4)) == pytest.approx(2)
    moved = block(torch.ones(1, 4)) - block(torch.zeros(1, 4))
    assert moved.norm().item() == pytest.approx(2 * 2)
