"""The Wasserstein critic's loss (Arjovsky et al. 2017); it needs a bound on D's slope to mean anything."""

from torch import Tensor

from ganmatrix.methods.losses.loss import SeparableLoss


class Wasserstein(SeparableLoss):
    """-D for reals, D for fakes; G minimises -D."""

    def on_real(self, logits: Tensor) -> Tensor:
        return -logits.mean()

    def on_fake(self, logits: Tensor) -> Tensor:
        return logits.mean()

    def generator(self, fake: Tensor, real: Tensor | None) -> Tensor:
        return -fake.mean()
