"""EBGAN's margin loss (Zhao et al. 2017), for a D whose logit is minus an energy."""

import torch.nn.functional as F
from torch import Tensor

from ganmatrix.methods.losses.loss import SeparableLoss
from ganmatrix.params.losses import EnergyMarginParams


class EnergyMargin(SeparableLoss):
    """Energy for reals, max(0, margin - energy) for fakes; G minimises the energy."""

    params: EnergyMarginParams

    def on_real(self, logits: Tensor) -> Tensor:
        return -logits.mean()

    def on_fake(self, logits: Tensor) -> Tensor:
        return F.relu(self.params.margin + logits).mean()

    def generator(self, fake: Tensor, real: Tensor | None) -> Tensor:
        return -fake.mean()
