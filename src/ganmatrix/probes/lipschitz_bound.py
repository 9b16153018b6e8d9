"""An upper bound of a network's global Lipschitz constant: the product of its layers' (Szegedy et al. 2014).

Each kind of layer has a rule. Linear maps count with their largest singular value, convolutions as the
operators that they are on their maps (not their kernels reshaped to matrices, which is what spectral
norm divides by); branches that are summed add up. A layer without a rule has no bound, rather than a guess.
"""

import math
from collections.abc import Mapping
from functools import singledispatch

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from ganmatrix.methods.gman import Ensemble
from ganmatrix.methods.pac_gan import OfOneSample, Packed
from ganmatrix.networks.coupled import CoupledCritic
from ganmatrix.networks.critic import Critic
from ganmatrix.networks.inference import Autoencoder, Encoder, MarginalCritic
from ganmatrix.networks.mlp import Maxout
from ganmatrix.networks.pair import AcrossBatch
from ganmatrix.networks.residual_mlp import Residual
from ganmatrix.networks.resnet import DownBlock, SumPool, halving_kernel
from ganmatrix.networks.self_attention import SelfAttention

Shapes = Mapping[nn.Module, torch.Size]
"""Of what each layer is given whose constant depends on it, (N, C, h, w)."""


class Unbounded(Exception):
    """Why a network has no known bound."""


def upper_bound(network: nn.Module, samples: Tensor) -> float:
    """At least sup |D(x) - D(y)| / |x - y| (L2) of D in eval mode; samples (N, *shape) tell the maps' sizes.

    Unbounded if a layer has no known bound; FloatingPointError if weights are not finite.
    """
    shapes: dict[nn.Module, torch.Size] = {}

    def note(module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        shapes[module] = inputs[0].shape

    sized = (module for module in network.modules() if isinstance(module, nn.Conv2d | SumPool))
    hooks = [module.register_forward_pre_hook(note) for module in sized]
    try:
        with torch.no_grad():
            network(samples)
            return bound(network, shapes)
    finally:
        for hook in hooks:
            hook.remove()


def largest_singular_value(matrices: Tensor) -> float:
    """Over all of the matrices (..., m, n), in float64."""
    if not matrices.isfinite().all():
        raise FloatingPointError("the discriminator's weights are not finite")
    tall = matrices if matrices.shape[-2] >= matrices.shape[-1] else matrices.mH
    return math.sqrt(max(torch.linalg.eigvalsh(tall.mH @ tall).max().item(), 0))


def convolution_norm(kernel: Tensor, stride: int, padding: int, side: int) -> float:
    """The norm of a zero-padded convolution of maps (C, side, side) by a kernel (O, C, k, k), or just above.

    On the padded map the convolution is a part of the circular one, whose norm is the largest over its
    frequencies (Sedghi et al. 2019). With a stride s it is one of stride 1 of the map's s*s phases as
    channels. Unlike a power iteration, which ends below the norm, this is never too small.
    """
    taps = -(-kernel.shape[-1] // stride)
    grid = max(taps, -(-(side + 2 * padding) // stride))
    missing = taps * stride - kernel.shape[-1]
    whole = F.pad(kernel.double(), (0, missing, 0, missing))
    phases = whole.unflatten(3, (taps, stride)).unflatten(2, (taps, stride)).permute(0, 1, 3, 5, 2, 4)
    spectrum = torch.fft.rfft2(phases.flatten(1, 3), s=(grid, grid))
    return largest_singular_value(spectrum.permute(2, 3, 0, 1))


@singledispatch
def bound(layer: nn.Module, shapes: Shapes) -> float:
    """The layer's Lipschitz constant, or a bound of it."""
    raise Unbounded(f"no Lipschitz bound is known for a layer of the kind {type(layer).__name__}")


@bound.register(nn.Identity)
@bound.register(nn.Flatten)
@bound.register(nn.ReLU)
@bound.register(Maxout)
def _one(layer: nn.Module, shapes: Shapes) -> float:
    return 1.0


@bound.register(nn.LeakyReLU)
def _leaky_relu(layer: nn.LeakyReLU, shapes: Shapes) -> float:
    return max(1.0, abs(layer.negative_slope))


@bound.register(nn.Linear)
def _linear(layer: nn.Linear, shapes: Shapes) -> float:
    return largest_singular_value(layer.weight.double())


@bound.register(nn.Conv2d)
def _convolution(layer: nn.Conv2d, shapes: Shapes) -> float:
    assert not isinstance(layer.padding, str)
    return convolution_norm(layer.weight, layer.stride[0], layer.padding[0], shapes[layer][-1])


@bound.register(_BatchNorm)
def _batch_norm(layer: _BatchNorm, shapes: Shapes) -> float:
    """In eval mode a diagonal map: max |gamma| / sqrt(var + eps)."""
    assert layer.running_var is not None
    scales = (layer.running_var.double() + layer.eps).rsqrt()
    return (scales if layer.weight is None else scales * layer.weight.abs()).max().item()


@bound.register(SumPool)
def _sum_pool(layer: SumPool, shapes: Shapes) -> float:
    """The sum over P positions: sqrt(P)."""
    return math.sqrt(shapes[layer][2:].numel())


@bound.register(nn.Sequential)
def _sequential(layers: nn.Sequential, shapes: Shapes) -> float:
    return math.prod(bound(layer, shapes) for layer in layers)


@bound.register(Residual)
def _residual(block: Residual, shapes: Shapes) -> float:
    return 1 + bound(block.body, shapes)


@bound.register(DownBlock)
def _down_block(block: DownBlock, shapes: Shapes) -> float:
    """Both paths, as the block computes them: a 2x2 mean has the norm 1/2."""
    first, shortcut = bound(block.conv1, shapes), bound(block.shortcut, shapes)
    if not block.halve:
        return first * bound(block.conv2, shapes) + shortcut
    assert isinstance(block.conv2, nn.Conv2d)
    second = convolution_norm(halving_kernel(block.conv2.weight), 2, 1, shapes[block.conv1][-1])
    return first * second + shortcut / 2


@bound.register(Critic)
def _critic(critic: Critic, shapes: Shapes) -> float:
    return math.prod(bound(part, shapes) for part in (critic.local, critic.pool, critic.logit))


@bound.register(Encoder)
def _encoder(encoder: Encoder, shapes: Shapes) -> float:
    return math.prod(bound(part, shapes) for part in (encoder.local, encoder.pool, encoder.code))


@bound.register(MarginalCritic)
def _marginal_critic(network: MarginalCritic, shapes: Shapes) -> float:
    """Features and latents side by side; the mean is a part of the encoder's output."""
    critic = network.critic
    features = bound(critic.local, shapes) * bound(critic.pool, shapes)
    both = math.hypot(features, bound(network.generator.encoder, shapes))
    return both * bound(critic.joint, shapes) * bound(critic.verdict, shapes)


@bound.register(CoupledCritic)
def _coupled_critic(critic: CoupledCritic, shapes: Shapes) -> float:
    return bound(critic.first, shapes) * bound(critic.shared, shapes)


@bound.register(Ensemble)
def _ensemble(ensemble: Ensemble, shapes: Shapes) -> float:
    return math.fsum(bound(member, shapes) for member in ensemble.members) / len(ensemble.members)


@bound.register(SelfAttention)
def _self_attention(layer: SelfAttention, shapes: Shapes) -> float:
    """Kim et al. 2021."""
    raise Unbounded("self-attention has no Lipschitz constant")


@bound.register(Autoencoder)
def _autoencoder(network: Autoencoder, shapes: Shapes) -> float:
    raise Unbounded("D is a squared error, whose slope grows without bound")


@bound.register(AcrossBatch)
@bound.register(OfOneSample)
@bound.register(Packed)
def _across_samples(network: nn.Module, shapes: Shapes) -> float:
    raise Unbounded("D's logit for a sample depends on other samples")
