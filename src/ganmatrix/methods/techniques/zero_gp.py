"""Zero-centred gradient penalties: lambda E||grad D||^2, on logits.

At interpolates: 0-GP (Thanh-Tung et al. 2019, whose code penalises after the sigmoid; Mescheder et al.'s
takes logits, as here). At what counts as real: 0-GP-sample, which FARGAN is combined with.
"""

from ganmatrix.methods.protocol import Update
from ganmatrix.methods.techniques.gradients import interpolates, squared_norms, squared_norms_at
from ganmatrix.methods.techniques.technique import Penalty, Sides, Term
from ganmatrix.params.techniques import ZeroGpParams


class ZeroGp(Penalty[ZeroGpParams]):
    """D's slope is drawn to 0."""

    def discriminator_term(self, sides: Sides, update: Update) -> Term:
        if self.params.at == "real":
            squared = squared_norms(sides.real_logits, sides.real)
        elif self.params.at == "fake":
            squared = squared_norms(sides.fake_logits, sides.fake)
        else:
            squared = squared_norms_at(interpolates(sides.real, sides.fake, update), update)
        penalty = squared.mean()
        return self.params.weight * penalty, {"gradient_penalty": penalty.detach()}
