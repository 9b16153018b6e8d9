"""R2: (gamma/2) E||grad D(G(z))||^2 at fakes, on logits (Mescheder et al. 2018)."""

from ganmatrix.methods.protocol import Update
from ganmatrix.methods.techniques.gradients import squared_norms
from ganmatrix.methods.techniques.technique import Penalty, Sides, Term
from ganmatrix.params.techniques import R2Params


class R2(Penalty[R2Params]):
    """R1's counterpart; both together penalise both sides."""

    def discriminator_term(self, sides: Sides, update: Update) -> Term:
        penalty = squared_norms(sides.fake_logits, sides.fake).mean()
        return self.params.gamma / 2 * penalty, {"r2": penalty.detach()}
