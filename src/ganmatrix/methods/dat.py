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
from ganmatrix.methods.method import DiscriminatorUpdate, Logs, Method
from ganmatrix.params.methods import Dat as DatParams


class Dat(Method):
    """D trains on reals and fakes that were moved towards each other."""

    def __init__(self, params: DatParams) -> None:
        super().__init__(LOSSES[params.loss])
        self.params = params

    def update_discriminator(self, update: DiscriminatorUpdate) -> Logs:
        real = update.real
        real, fake = self.perturb(real, update.draw_fakes(len(real)), update)
        return update.descend(self.clean_objective(update), real, fake)

    def perturb(self, real: Tensor, fake: Tensor, update: DiscriminatorUpdate) -> tuple[Tensor, Tensor]:
        """x~_r and x~_f of x_r and x_f."""
        size = len(real)
        pieces = [_sums_and_gradients(x_r, x_f, update) for x_r, x_f in update.split(real, fake)]
        sum_real, sum_fake, gradients_real, gradients_fake = zip(*pieces, strict=True)
        side = torch.sign(torch.stack(sum_real).sum() - torch.stack(sum_fake).sum())
        scale = side / size if self.params.reduction == "mean" else side
        t = self.params.threshold
        moved_real = real - (scale * torch.cat(gradients_real)).clamp(-t, t)
        moved_fake = fake + (scale * torch.cat(gradients_fake)).clamp(-t, t)
        if update.bounds is not None:
            return moved_real.clamp(*update.bounds), moved_fake.clamp(*update.bounds)
        return moved_real, moved_fake


def _sums_and_gradients(real: Tensor, fake: Tensor, update: DiscriminatorUpdate) -> tuple[Tensor, ...]:
    """Sums of the logits of reals and of fakes, and each logit's gradient at its sample."""
    real, fake = real.detach().requires_grad_(), fake.detach().requires_grad_()
    real_logits, fake_logits = update.discriminate_pair(real, fake)
    gradients = torch.autograd.grad(real_logits.sum() + fake_logits.sum(), (real, fake))
    return real_logits.detach().sum(), fake_logits.detach().sum(), *gradients
