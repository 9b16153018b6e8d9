"""DAT, direct adversarial training (Li et al., arXiv 2008.09041; IEEE TETCI 2023).

With D a raw logit, m_r = mean D(x), m_f = mean D(G(z)) and t a threshold, each side takes one
raw-gradient step towards the other side's mean score:

    x~_f = clip(x_f - clamp_[-t,t](grad_{x_f} |mean D(x_f) - m_r|))
    x~_r = clip(x_r - clamp_[-t,t](grad_{x_r} |mean D(x_r) - m_f|))
    L_D  = real(D(x~_r)) + fake(D(x~_f))

The adversarial samples *replace* the clean ones in the one D step. Because the objective is a
batch mean, a sample's step is its own gradient over N: `reduction: mean` is that, as published;
`sum` leaves the factor 1/N out. Since |a - b| has gradient sign(a - b) grad a, one forward pass and
one input gradient a side suffice, where the authors' code takes six forward passes.

Images are clipped to [-1, 1] before use, as in the authors' SSGAN and InfoMax-GAN. Points have no
bounds and are not clipped.
"""

import torch
from torch import Tensor

from ganmatrix.methods.losses import LOSSES
from ganmatrix.methods.method import DiscriminatorUpdate, Logs, Method, score_logs
from ganmatrix.params.methods import Dat as DatParams


class Dat(Method):
    """D trains on reals and fakes that were moved towards each other."""

    def __init__(self, params: DatParams) -> None:
        super().__init__(LOSSES[params.loss])
        self.params = params

    def update_discriminator(self, update: DiscriminatorUpdate) -> Logs:
        real = update.real.clone().requires_grad_()
        fake = update.draw_fakes(len(real)).requires_grad_()
        real, fake = self.perturb(real, fake, update)
        real_logits, fake_logits = update.discriminate_pair(real, fake)
        loss = self.loss.real(real_logits) + self.loss.fake(fake_logits)
        update.descend(loss)
        return score_logs(loss, real_logits, fake_logits)

    def perturb(self, real: Tensor, fake: Tensor, update: DiscriminatorUpdate) -> tuple[Tensor, Tensor]:
        """x~_r and x~_f for leaves x_r and x_f that require a gradient."""
        real_logits, fake_logits = update.discriminate_pair(real, fake)
        total_real, total_fake = real_logits.sum(), fake_logits.sum()
        grad_real, grad_fake = torch.autograd.grad(total_real + total_fake, (real, fake))
        side = torch.sign(total_real / len(real) - total_fake / len(fake)).detach()
        scale = 1 / len(real) if self.params.reduction == "mean" else 1.0
        t = self.params.threshold
        moved_real = real.detach() - (side * scale * grad_real).clamp(-t, t)
        moved_fake = fake.detach() + (side * scale * grad_fake).clamp(-t, t)
        if update.bounds is not None:
            return moved_real.clamp(*update.bounds), moved_fake.clamp(*update.bounds)
        return moved_real, moved_fake
