"""Relativistic losses (Jolicoeur-Martineau 2019): D judges reals against fakes, not each by itself."""

import torch.nn.functional as F
from torch import Tensor

from ganmatrix.methods.losses.loss import Loss


def _given(real: Tensor | None) -> Tensor:
    assert real is not None
    return real


class Relativistic(Loss):
    """RSGAN: softplus of fake minus real logit, in pairs as they stand; G swaps the two."""

    needs_reals_for_generator = True

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        return F.softplus(fake - real).mean()

    def generator(self, fake: Tensor, real: Tensor | None) -> Tensor:
        return F.softplus(_given(real) - fake).mean()


class RelativisticAverage(Loss):
    """RaSGAN: each side's logits less the other side's mean, in cross-entropy; G swaps the labels."""

    needs_reals_for_generator = True

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        return F.softplus(fake.mean() - real).mean() + F.softplus(fake - real.mean()).mean()

    def generator(self, fake: Tensor, real: Tensor | None) -> Tensor:
        return self.discriminator(fake, _given(real))
