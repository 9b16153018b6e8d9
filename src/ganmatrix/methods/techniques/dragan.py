"""DRAGAN: lambda E(||grad D(x + a (x_p - x))|| - 1)^2 around reals (Kodali et al. 2017).

As in the authors' code: x_p = x + spread * std * U[0, 1) elementwise, std that of the whole batch, and one a
from U[0, 1) a sample.
"""

import torch

from ganmatrix.methods.protocol import Update
from ganmatrix.methods.techniques.gradients import interpolates, norms, squared_norms_at
from ganmatrix.methods.techniques.technique import Penalty, Sides, Term
from ganmatrix.params.techniques import DraganParams


class Dragan(Penalty[DraganParams]):
    """D's slope is drawn to 1 near the data."""

    def discriminator_term(self, sides: Sides, update: Update) -> Term:
        real = sides.real.detach()
        noise = torch.rand(real.shape, generator=update.noise, device=real.device).to(real.dtype)
        perturbed = real + self.params.spread * real.std(correction=0) * noise
        points = interpolates(real, perturbed, update)
        penalty = (norms(squared_norms_at(points, update)) - 1).square().mean()
        return self.params.weight * penalty, {"dragan": penalty.detach()}
