"""Self-attention over the places of a map (SAGAN, Zhang et al. 2019).

y = x + gamma W_o (V softmax(K^T Q)), with Q = W_q x of C/8 channels at every place, K = W_k x of C/8 and
V = W_v x of C/2 channels, both max-pooled 2x2, and a learned scalar gamma that starts from 0: at first the
layer is the identity. Scores are not scaled. The four maps are 1x1 convolutions without biases, as in the
authors' public code, in the form that BigGAN and mimicry took over.

The paper normalises G spectrally, too; here the layer is normalised where D's other layers are. Ours: Xavier
uniform of gain 1 (in a DCGAN N(0, 0.02), as its other maps), at least one channel of each kind in narrow
networks, and the places: in a ResNet the sum that a block gives, in a DCGAN the map after its activation.
"""

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from ganmatrix.params.architectures import Attention


class SelfAttention(nn.Module):
    """Maps (N, C, h, w) of even sides to maps of the same shape."""

    def __init__(self, channels: int, *, spectral: bool) -> None:
        super().__init__()

        def pointwise(inputs: int, outputs: int) -> nn.Module:
            conv = nn.Conv2d(inputs, outputs, 1, bias=False)
            nn.init.xavier_uniform_(conv.weight)
            return spectral_norm(conv) if spectral else conv

        narrow, half = max(1, channels // 8), max(1, channels // 2)
        self.query, self.key = pointwise(channels, narrow), pointwise(channels, narrow)
        self.value, self.out = pointwise(channels, half), pointwise(half, channels)
        self.gamma = nn.Parameter(torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        queries = self.query(x).flatten(2)
        keys, values = _pooled(self.key(x)).flatten(2), _pooled(self.value(x)).flatten(2)
        weights = torch.softmax(queries.transpose(1, 2) @ keys, dim=2)
        gathered = (values @ weights.transpose(1, 2)).unflatten(2, x.shape[2:])
        return x + self.gamma * self.out(gathered)


def _pooled(x: Tensor) -> Tensor:
    """The 2x2 maximum, as a reduction: its gradients are the same bits on every run, on every device."""
    return x.unflatten(3, (-1, 2)).unflatten(2, (-1, 2)).amax((3, 5))


def attention_at(attention: Attention, side: int, channels: int, *, spectral: bool) -> list[nn.Module]:
    """The layer for maps (N, channels, side, side) if they are those that `attention` names, else nothing."""
    return [SelfAttention(channels, spectral=spectral)] if side == attention else []
