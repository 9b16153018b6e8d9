"""The GAN's own losses (Goodfellow et al. 2014): cross-entropy on logits.

softplus(-v) is -log D and softplus(v) is -log(1 - D) of D = sigmoid(v). One-sided label smoothing
(Salimans et al. 2016) aims D at `real_label` on reals instead of 1.
"""

import torch.nn.functional as F
from torch import Tensor

from ganmatrix.methods.losses.loss import SeparableLoss


class NonSaturating(SeparableLoss):
    """G minimises -log D(G(z))."""

    def __init__(self, real_weight: float = 0.5, real_label: float = 1.0) -> None:
        super().__init__(real_weight)
        self.real_label = real_label

    def on_real(self, logits: Tensor) -> Tensor:
        loss = F.softplus(-logits).mean()
        if self.real_label == 1:
            return loss
        return self.real_label * loss + (1 - self.real_label) * F.softplus(logits).mean()

    def on_fake(self, logits: Tensor) -> Tensor:
        return F.softplus(logits).mean()

    def generator(self, fake: Tensor, real: Tensor | None) -> Tensor:
        return F.softplus(-fake).mean()


class Saturating(NonSaturating):
    """The minimax game itself: G minimises log(1 - D(G(z)))."""

    def generator(self, fake: Tensor, real: Tensor | None) -> Tensor:
        return -F.softplus(fake).mean()
