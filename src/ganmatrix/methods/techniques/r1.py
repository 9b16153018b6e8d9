"""R1: (gamma/2) E||grad D(x)||^2 at reals, on logits (Mescheder et al. 2018)."""

from ganmatrix.methods.protocol import Update
from ganmatrix.methods.techniques.gradients import squared_norms
from ganmatrix.methods.techniques.technique import Penalty, Sides, Term
from ganmatrix.params.techniques import R1Params


class R1(Penalty[R1Params]):
    """The authors' code has no factor 1/2: its reg_param 10 is gamma 20."""

    def discriminator_term(self, sides: Sides, update: Update) -> Term:
        penalty = squared_norms(sides.real_logits, sides.real).mean()
        return self.params.gamma / 2 * penalty, {"r1": penalty.detach()}
