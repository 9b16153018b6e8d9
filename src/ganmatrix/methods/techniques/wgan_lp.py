"""WGAN-LP: lambda E max(0, ||grad D(x^)|| - 1)^2 at interpolates x^ (Petzka et al. 2018)."""

from ganmatrix.methods.protocol import Update
from ganmatrix.methods.techniques.gradients import interpolates, norms, squared_norms_at
from ganmatrix.methods.techniques.technique import Penalty, Sides, Term
from ganmatrix.params.techniques import WganLpParams


class WganLp(Penalty[WganLpParams]):
    """Only a slope above 1 is penalised."""

    def discriminator_term(self, sides: Sides, update: Update) -> Term:
        points = interpolates(sides.real, sides.fake, update)
        penalty = (norms(squared_norms_at(points, update)) - 1).clamp(min=0).square().mean()
        return self.params.weight * penalty, {"wgan_lp": penalty.detach()}
