"""EBGAN's margin loss (Zhao et al. 2017), for a D whose logit is minus an energy."""

import torch.nn.functional as F
from torch import Tensor

from ganmatrix.methods.losses.loss import SeparableLoss


class EnergyMargin(SeparableLoss):
    """Energy for reals, max(0, margin - energy) for fakes; G minimises the energy."""

    def __init__(self, real_weight: float = 0.5, margin: float = 1.0) -> None:
        super().__init__(real_weight)
        self.margin = margin

    def on_real(self, logits: Tensor) -> Tensor:
        return -logits.mean()

    def on_fake(self, logits: Tensor) -> Tensor:
        return F.relu(self.margin + logits).mean()

    def generator(self, fake: Tensor, real: Tensor | None) -> Tensor:
        return -fake.mean()
