"""The JS regulariser of Roth et al. 2017 ("Stabilizing training of GANs through regularization").

(gamma/2) E[(1 - s(x))^2 ||grad phi(x)||^2 + s(G)^2 ||grad phi(G)||^2] with logit phi and s = sigmoid(phi).
gamma is annealed as gamma * last_factor^(t/T), as in the authors' code. The weights s carry
gradients, as there.
"""

from ganmatrix.methods.protocol import Update
from ganmatrix.methods.techniques.gradients import squared_norms
from ganmatrix.methods.techniques.technique import Penalty, Sides, Term
from ganmatrix.params.techniques import RothParams


class Roth(Penalty[RothParams]):
    """Noise on D's inputs, to first order."""

    def discriminator_term(self, sides: Sides, update: Update) -> Term:
        on_real = (1 - sides.real_logits.sigmoid()).square() * squared_norms(sides.real_logits, sides.real)
        on_fake = sides.fake_logits.sigmoid().square() * squared_norms(sides.fake_logits, sides.fake)
        penalty = on_real.mean() + on_fake.mean()
        gamma = self.params.gamma * self.params.last_factor**update.progress
        return gamma / 2 * penalty, {"roth": penalty.detach()}
