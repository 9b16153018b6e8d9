"""Hinge loss (Lim & Ye 2017)."""

import torch.nn.functional as F
from torch import Tensor

from ganmatrix.methods.losses.loss import SeparableLoss


class Hinge(SeparableLoss):
    """max(0, 1 - D) for reals, max(0, 1 + D) for fakes; G maximises D."""

    def on_real(self, logits: Tensor) -> Tensor:
        return F.relu(1 - logits).mean()

    def on_fake(self, logits: Tensor) -> Tensor:
        return F.relu(1 + logits).mean()

    def generator(self, fake: Tensor, real: Tensor | None) -> Tensor:
        return -fake.mean()
