"""WGAN-GP: lambda E(||grad D(x^)|| - 1)^2 at interpolates x^ (Gulrajani et al. 2017)."""

from ganmatrix.methods.protocol import Update
from ganmatrix.methods.techniques.gradients import interpolates, norms, squared_norms_at
from ganmatrix.methods.techniques.technique import Penalty, Sides, Term
from ganmatrix.params.techniques import WganGpParams


class WganGp(Penalty[WganGpParams]):
    """D's slope is drawn to 1 from both sides."""

    def discriminator_term(self, sides: Sides, update: Update) -> Term:
        points = interpolates(sides.real, sides.fake, update)
        penalty = (norms(squared_norms_at(points, update)) - 1).square().mean()
        return self.params.weight * penalty, {"wgan_gp": penalty.detach()}
