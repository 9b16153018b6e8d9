"""Instance noise (Sonderby et al. 2017): D sees reals and fakes through Gaussian noise.

Its deviation falls linearly from `std` to `last_std`. G's step meets the noise as well.
"""

import torch
from torch import Tensor

from ganmatrix.methods.protocol import Update
from ganmatrix.methods.techniques.technique import Technique
from ganmatrix.params.techniques import InstanceNoiseParams


class InstanceNoise(Technique[InstanceNoiseParams]):
    """Makes the supports of both sides overlap."""

    def disturb(self, batch: Tensor, update: Update) -> Tensor:
        std = self.params.std + (self.params.last_std - self.params.std) * update.progress
        noise = torch.randn(batch.shape, generator=update.noise, device=batch.device)
        return batch + std * noise.to(batch.dtype)
