"""What a loss is to the methods."""

from abc import ABC, abstractmethod

from torch import Tensor

from ganmatrix.params.losses import LossSection, SeparableSection


class Loss(ABC):
    """D's loss on both sides' logits, and G's loss on D's view of its fakes."""

    needs_reals_for_generator = False
    """Whether G's loss compares its fakes with reals."""

    def __init__(self, params: LossSection) -> None:
        self.params = params

    @abstractmethod
    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        """D's loss on the logits (N,) of reals and (M,) of fakes."""

    @abstractmethod
    def generator(self, fake: Tensor, real: Tensor | None) -> Tensor:
        """G's loss; `real` are the reals' logits where the loss needs them."""


class SeparableLoss(Loss):
    """A loss whose two sides do not know of each other, weighted 2 pi and 2 (1 - pi).

    At pi = 1/2 both count once. With the logistic losses other values of pi make the divergence that
    D measures the generalised Jensen-Shannon JS_pi (Huszar, arXiv 1511.05101): near 0 it tends to
    KL(data || model), near 1 to KL(model || data).
    """

    params: SeparableSection

    @abstractmethod
    def on_real(self, logits: Tensor) -> Tensor:
        """D's unweighted loss on samples that it should call real."""

    @abstractmethod
    def on_fake(self, logits: Tensor) -> Tensor:
        """D's unweighted loss on samples that it should call fake."""

    def real(self, logits: Tensor) -> Tensor:
        """D's loss on samples that it should call real."""
        return 2 * self.params.real_weight * self.on_real(logits)

    def fake(self, logits: Tensor) -> Tensor:
        """D's loss on samples that it should call fake."""
        return 2 * (1 - self.params.real_weight) * self.on_fake(logits)

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        return self.real(real) + self.fake(fake)


def build(params: LossSection) -> Loss:
    """The loss that the params describe."""
    return params.load()(params)


def build_separable(params: LossSection) -> SeparableLoss:
    """The same, of a loss whose sides stand by themselves; which ones do is checked with the params."""
    return params.load()(params)
