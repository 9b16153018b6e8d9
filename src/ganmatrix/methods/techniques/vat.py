"""VAT on D (Miyato et al. 2018): D's verdict should not change in its most sensitive direction.

weight * E KL(p(x) || p(x + r)), p the Bernoulli of sigmoid(D), at reals and fakes. r has length epsilon along
the steepest direction of that divergence: power iterations from a random unit vector, the
gradient taken at xi d. p(x) and r are held fixed while the divergence is descended.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from ganmatrix.methods.protocol import Update
from ganmatrix.methods.techniques.directions import along, judged, random_unit
from ganmatrix.methods.techniques.technique import Sides, Technique, Term
from ganmatrix.params.techniques import VatParams


class Vat(Technique[VatParams]):
    """Smoothness of D where it is asked, without labels."""

    def discriminator_term(self, sides: Sides, update: Update) -> Term:
        points = torch.cat([sides.clean_real, sides.clean_fake]).detach()
        with update.discriminator.full_precision():
            with torch.no_grad():
                here = judged(points, update)
            direction = random_unit(points, update.noise)
            for _ in range(self.params.power_iterations):
                direction.requires_grad_()
                there = judged(points + self.params.xi * direction, update)
                (gradient,) = torch.autograd.grad(divergence(here, there).sum(), direction)
                direction = along(gradient, direction.detach())
            there = judged(points + self.params.epsilon * direction.detach(), update)
        penalty = divergence(here, there).mean()
        return self.params.weight * penalty, {"vat": penalty.detach()}


def divergence(here: Tensor, there: Tensor) -> Tensor:
    """KL (N,) between the Bernoullis of two logits (N,)."""
    p = here.sigmoid()
    return p * (F.softplus(-there) - F.softplus(-here)) + (1 - p) * (F.softplus(there) - F.softplus(here))
