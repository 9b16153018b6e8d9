"""The GAN's own losses (Goodfellow et al. 2014): cross-entropy on logits.

softplus(-v) is -log D and softplus(v) is -log(1 - D) of D = sigmoid(v). One-sided label smoothing
(Salimans et al. 2016) aims D at `real_label` on reals instead of 1.
"""

import torch.nn.functional as F
from torch import Tensor

from ganmatrix.methods.losses.loss import SeparableLoss
from ganmatrix.params.losses import LogisticSection


class NonSaturating(SeparableLoss):
    """G minimises -log D(G(z))."""

    params: LogisticSection

    def on_real(self, logits: Tensor) -> Tensor:
        loss, label = F.softplus(-logits).mean(), self.params.real_label
        if label == 1:
            return loss
        return label * loss + (1 - label) * F.softplus(logits).mean()

    def on_fake(self, logits: Tensor) -> Tensor:
        return F.softplus(logits).mean()

    def generator(self, fake: Tensor, real: Tensor | None) -> Tensor:
        return F.softplus(-fake).mean()


class Saturating(NonSaturating):
    """The minimax game itself: G minimises log(1 - D(G(z)))."""

    def generator(self, fake: Tensor, real: Tensor | None) -> Tensor:
        return -F.softplus(fake).mean()
