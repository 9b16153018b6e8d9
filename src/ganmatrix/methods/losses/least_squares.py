"""Least squares (Mao et al. 2017), with labels 0 and 1."""

from torch import Tensor

from ganmatrix.methods.losses.loss import SeparableLoss


class LeastSquares(SeparableLoss):
    """(1/2)(D - 1)^2 for reals, (1/2) D^2 for fakes; G minimises (1/2)(D - 1)^2."""

    def on_real(self, logits: Tensor) -> Tensor:
        return (logits - 1).square().mean() / 2

    def on_fake(self, logits: Tensor) -> Tensor:
        return logits.square().mean() / 2

    def generator(self, fake: Tensor, real: Tensor | None) -> Tensor:
        return (fake - 1).square().mean() / 2
