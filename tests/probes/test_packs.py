"""A D of packs is probed by the gradient of a pack's logit, however often the logit is repeated."""

import torch
from torch import Tensor, nn

from ganmatrix.methods.pac_gan import OfOneSample, Packed
from ganmatrix.probes.input_gradient import gradient_norms


class PackLogit(nn.Module):
    """The linear logit w.(x_1, x_2) of packs of two points (N, 4)."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.tensor([3.0, 4.0, 5.0, 12.0])

    def forward(self, packs: Tensor) -> Tensor:
        return packs @ self.weight


def test_the_gradient_in_a_sample_is_that_of_one_logit() -> None:
    packed = Packed(PackLogit(), 2)
    critic = OfOneSample(packed, 2).eval()
    points = torch.randn(6, 2)
    assert torch.equal(critic(points), packed(points))
    torch.testing.assert_close(gradient_norms(critic, points), torch.tensor([5.0, 13.0] * 3))
