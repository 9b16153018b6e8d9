"""Every network of every family: at every size, with every option, with and without self-attention."""

import copy
from typing import get_args

import pytest
import torch
from torch import nn

from ganmatrix.networks.pair import build, has_batch_statistics
from ganmatrix.networks.self_attention import SelfAttention
from ganmatrix.params.architectures import (
    Architecture,
    AsGanNetwork,
    Attention,
    DcganNetwork,
    SnganNetwork,
)
from ganmatrix.params.kinds import adapter, kinds

SIDES = {"conventional": (16, 32, 48, 64, 128), "resnet_sn": (16, 32, 48, 64, 128), "as_gan_resnet": (32, 64)}
ATTENTION = {16: 4, 32: 8, 48: 6, 64: 16, 128: 4}
POINT_OPTIONS = {
    "conventional": [
        {},
        {"batch_norm": True, "activation": "maxout", "discriminator_width": 7, "discriminator_depth": 1},
    ],
    "resnet_sn": [{}],
    "as_gan_resnet": [{"spectral": False}, {"spectral": True}],
}
IMAGE_OPTIONS = {
    "conventional": [{"normalisation": each} for each in ("batch", "spectral_and_batch", "spectral")],
    "resnet_sn": [{}],
    "as_gan_resnet": [
        {"layout": layout, "spectral": spectral} for layout in ("wide", "same") for spectral in (False, True)
    ],
}
POINTS = [(kind, (2,), options) for kind in kinds(Architecture) for options in POINT_OPTIONS[kind]]
IMAGES = [
    (kind, (1 if side == 16 else 3, side, side), options)
    for kind in kinds(Architecture)
    for side in SIDES[kind]
    for options in IMAGE_OPTIONS[kind]
]
ATTENTIVE = [
    (kind, shape, options | {"attention": ATTENTION[shape[1]]})
    for kind, shape, options in IMAGES
    if options == IMAGE_OPTIONS[kind][-1]
]
MEMBERS = [*POINTS, *IMAGES, *ATTENTIVE]
NAMES = [f"{kind}-{shape[-1]}-{'-'.join(map(str, options.values()))}" for kind, shape, options in MEMBERS]
every_member = pytest.mark.parametrize(("kind", "shape", "options"), MEMBERS, ids=NAMES)


def _build(kind, shape, options, seed=0):
    """A narrow pair; gamma of self-attention is not 0, so that all weights count."""
    torch.manual_seed(seed)
    points = {"latent": 5, "width": 12, "depth": 2} | (options if len(shape) == 1 else {})
    sizes = {"latent": 5, "generator_width": 8, "discriminator_width": 8}
    images = sizes | (options if len(shape) == 3 else {})
    params = adapter(Architecture).validate_python({"kind": kind, "points": points, "images": images})
    pair = build(params, shape)
    for network in (pair.generator, pair.discriminator):
        for module in network.modules():
            if isinstance(module, SelfAttention):
                assert module.gamma == 0
                nn.init.constant_(module.gamma, 0.5)
    return pair


@every_member
def test_forward_and_backward(kind, shape, options):
    """Shapes, ranges, finite values, and gradients that reach every parameter."""
    pair = _build(kind, shape, options)
    fakes = pair.generator(torch.randn(8, 5))
    assert fakes.shape == (8, *shape)
    assert fakes.std() > 0
    if len(shape) == 3:
        assert fakes.abs().max() <= 1
    logits = pair.discriminator(fakes)
    assert logits.shape == (8,)
    assert logits.isfinite().all()
    (logits * torch.linspace(-1, 2, 8)).sum().backward()
    for network in (pair.generator, pair.discriminator):
        for name, weight in network.named_parameters():
            assert weight.grad is not None, name
            assert weight.grad.isfinite().all(), name
            assert weight.grad.abs().max() > 0, name


@every_member
def test_a_seed_gives_the_same_weights(kind, shape, options):
    fresh, again, other = (_build(kind, shape, options, seed) for seed in (0, 0, 1))
    for name in ("generator", "discriminator"):
        a, b, c = (getattr(pair, name).state_dict() for pair in (fresh, again, other))
        assert all(torch.equal(a[key], b[key]) for key in a)
        assert any(not torch.equal(a[key], c[key]) for key in a)


@every_member
def test_batch_statistics_are_told(kind, shape, options):
    """A sample's output in training depends on its batch exactly where the network says so."""
    discriminator = _build(kind, shape, options).discriminator.train()
    x = torch.randn(6, *shape)
    # Each pass on a copy: a pass in training moves the estimates of the spectral norm.
    with torch.no_grad():
        together = copy.deepcopy(discriminator)(x)[:3]
        alone = copy.deepcopy(discriminator)(x[:3])
    difference = float((together - alone).abs().max() / alone.abs().max())
    assert (difference > 1e-3) == has_batch_statistics(discriminator)
    assert difference > 1e-3 or difference < 1e-5


@every_member
def test_spectral_norm_is_on_every_linear_map_or_on_none(kind, shape, options):
    discriminator = _build(kind, shape, options).discriminator
    spectral = (
        kind == "resnet_sn" or options.get("spectral") or "spectral" in options.get("normalisation", "")
    )
    assert discriminator.spectral == bool(spectral)
    for layer in discriminator.modules():
        if isinstance(layer, nn.Linear | nn.Conv2d):
            assert nn.utils.parametrize.is_parametrized(layer, "weight") == discriminator.spectral


@pytest.mark.parametrize(
    ("kind", "shape", "options"),
    [
        ("resnet_sn", (2,), {}),
        ("resnet_sn", (1, 16, 16), {}),
        ("resnet_sn", (3, 48, 48), {"attention": 6}),
        ("conventional", (3, 32, 32), {"normalisation": "spectral_and_batch"}),
        ("conventional", (3, 32, 32), {"normalisation": "spectral", "attention": 8}),
        ("as_gan_resnet", (3, 32, 32), {"layout": "same", "spectral": True}),
    ],
)
def test_spectral_norm_is_one(kind, shape, options):
    discriminator = _build(kind, shape, options).discriminator.train()
    for layer in (m for m in discriminator.modules() if isinstance(m, nn.Linear | nn.Conv2d)):
        for _ in range(300):
            weight = layer.weight  # in training each look is a step of the power iteration
        largest = torch.linalg.matrix_norm(weight.detach().flatten(1), ord=2)
        assert float(largest) == pytest.approx(1, abs=2e-3)


@pytest.mark.parametrize(("kind", "side"), [(kind, side) for kind in SIDES for side in SIDES[kind]])
def test_attention_stands_on_every_map_that_params_offer_and_both_have(kind, side):
    """One layer a network, on maps of the side that is asked for; params offer all such sides."""
    offered = {"conventional": DcganNetwork, "resnet_sn": SnganNetwork, "as_gan_resnet": AsGanNetwork}[
        kind
    ].maps
    assert set(offered) == set(SIDES[kind])
    for asked in (each for each in get_args(Attention) if each != "none"):
        pair = _build(kind, (1, side, side), {"attention": asked})
        seen = []
        networks = [pair.generator, pair.discriminator]
        layers = [[m for m in network.modules() if isinstance(m, SelfAttention)] for network in networks]
        for layer in [*layers[0], *layers[1]]:
            layer.register_forward_hook(lambda _, inputs, __, seen=seen: seen.append(inputs[0].shape[2:]))
        assert ([len(each) for each in layers] == [1, 1]) == (asked in offered[side])
        if asked in offered[side]:
            with torch.no_grad():
                pair.discriminator.eval()(pair.generator.eval()(torch.zeros(1, 5)))
            assert seen == [(asked, asked)] * 2


def test_networks_of_one_name_are_alike():
    """A name tells family, side, width and options: two of the same name have the same structure."""
    structures = {}
    for kind, shape, options in MEMBERS:
        pair = _build(kind, shape, options)
        for name, network in (
            (pair.generator_name, pair.generator),
            (pair.discriminator_name, pair.discriminator),
        ):
            player = "G" if network is pair.generator else "D"
            assert structures.setdefault((player, name, shape), str(network)) == str(network)
            assert ("attention" in name) == ("attention" in options)
            assert len(shape) == 1 or f"{shape[1]}_" in name


def test_the_points_discriminator_is_bounded_in_slope():
    """Each residual block is at most 2-Lipschitz, each linear map 1-Lipschitz: 4 for two blocks."""
    discriminator = _build("resnet_sn", (2,), {}).discriminator
    with torch.no_grad():
        for _ in range(200):
            discriminator.train()(torch.zeros(1, 2))
    discriminator.eval()
    x = torch.randn(500, 2, requires_grad=True)
    (gradient,) = torch.autograd.grad(discriminator(x).sum(), x)
    assert gradient.norm(dim=1).max() <= 4 * 1.01


@every_member
def test_a_critic_shows_what_its_logit_is_made_of(kind, shape, options):
    critic = _build(kind, shape, options).discriminator.eval()
    x = torch.randn(5, *shape)
    views = critic.views(x)
    assert torch.equal(views.logits, critic(x))
    assert views.features.shape == (5, critic.width)
    assert views.local.shape[:2] == (5, critic.channels)
    assert views.local.ndim == len(shape) + 1
    assert torch.allclose(critic.logit(views.features).flatten(), views.logits)
    assert torch.allclose(critic.pool(views.local), views.features)
    assert critic.spectral == nn.utils.parametrize.is_parametrized(critic.normed(nn.Linear(2, 2)), "weight")
