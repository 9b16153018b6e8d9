"""Weight clipping (Arjovsky et al. 2017): D's weights stay within [-bound, bound]."""

import torch

from ganmatrix.methods.protocol import Update
from ganmatrix.methods.techniques.technique import Technique
from ganmatrix.params.techniques import WeightClippingParams


class WeightClipping(Technique[WeightClippingParams]):
    """With the Wasserstein loss: the original WGAN."""

    def after_discriminator(self, update: Update) -> None:
        with torch.no_grad():
            for weight in update.discriminator.network.parameters():
                weight.clamp_(-self.params.bound, self.params.bound)
