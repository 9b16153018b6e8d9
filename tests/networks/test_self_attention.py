"""Self-attention against the paper's formula, place by place."""

import pytest
import torch
from torch import nn

from ganmatrix.networks.self_attention import SelfAttention, attention_at


def _naive(layer, x):
    """y_j = x_j + gamma W_o sum_i softmax_i(k_i . q_j) v_i over the places i of the pooled maps."""
    maps = {name: getattr(layer, name).weight[:, :, 0, 0] for name in ("query", "key", "value", "out")}
    result = x.clone()
    count, _, height, width = x.shape
    for n in range(count):
        keys, values = [], []
        for top in range(0, height, 2):
            for left in range(0, width, 2):
                places = [x[n, :, top + i, left + j] for i in (0, 1) for j in (0, 1)]
                keys.append(torch.stack([maps["key"] @ place for place in places]).max(0).values)
                values.append(torch.stack([maps["value"] @ place for place in places]).max(0).values)
        for i in range(height):
            for j in range(width):
                query = maps["query"] @ x[n, :, i, j]
                scores = torch.stack([key @ query for key in keys]).exp()
                gathered = sum(s * v for s, v in zip(scores / scores.sum(), values, strict=True))
                result[n, :, i, j] += layer.gamma * (maps["out"] @ gathered)
    return result


@pytest.mark.parametrize("spectral", [False, True])
def test_it_is_the_papers_formula(spectral):
    torch.manual_seed(0)
    layer = SelfAttention(16, spectral=spectral).double().eval()
    nn.init.constant_(layer.gamma, 0.7)
    x = torch.randn(2, 16, 4, 6, dtype=torch.float64)
    found, expected = layer(x), _naive(layer, x)
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)
    assert (found - x).abs().max() > 0.01


def test_widths_and_counts():
    """1x1 maps without biases: C to C/8, C/8 and C/2, C/2 to C; one gamma."""
    layer = SelfAttention(64, spectral=False)
    shapes = {name: tuple(weight.shape[:2]) for name, weight in layer.named_parameters() if weight.ndim}
    assert shapes == {
        "query.weight": (8, 64),
        "key.weight": (8, 64),
        "value.weight": (32, 64),
        "out.weight": (64, 32),
    }
    assert sum(weight.numel() for weight in layer.parameters()) == 64 * (8 + 8 + 32 + 32) + 1


def test_at_first_it_changes_nothing_and_gamma_moves_first():
    layer = SelfAttention(8, spectral=False)
    x = torch.randn(3, 8, 4, 4)
    found = layer(x)
    assert torch.equal(found, x)
    found.square().sum().backward()
    assert layer.gamma.grad != 0
    assert layer.query.weight.grad.abs().max() == 0


def test_gradients_and_second_derivatives_are_right():
    """Penalties on D's gradient need second derivatives."""
    torch.manual_seed(0)
    layer = SelfAttention(8, spectral=False).double()
    nn.init.constant_(layer.gamma, 0.5)
    x = torch.randn(1, 8, 2, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(layer, (x,))
    assert torch.autograd.gradgradcheck(layer, (x,))


def test_it_moves_with_the_image():
    """Attention has no notion of place: mirrored maps give the mirrored result."""
    layer = SelfAttention(8, spectral=False)
    nn.init.constant_(layer.gamma, 1.0)
    x = torch.randn(2, 8, 6, 6)
    torch.testing.assert_close(layer(x.flip(3)), layer(x).flip(3))


def test_it_stands_where_it_is_asked_for():
    assert attention_at("none", 8, 16, spectral=False) == []
    assert attention_at(16, 8, 16, spectral=False) == []
    (layer,) = attention_at(8, 8, 16, spectral=True)
    assert nn.utils.parametrize.is_parametrized(layer.query, "weight")
