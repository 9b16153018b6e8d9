"""DAT, direct adversarial training (Li et al., arXiv 2008.09041; IEEE TETCI 2023).

With D a raw logit, m_r = mean D(x), m_f = mean D(G(z)) and t a threshold, each side takes one
raw-gradient step towards the other side's mean score:

    x~_f = clip(x_f - clamp_[-t,t](grad_{x_f} |mean D(x_f) - m_r|))
    x~_r = clip(x_r - clamp_[-t,t](grad_{x_r} |mean D(x_r) - m_f|))
    L_D  = real(D(x~_r)) + fake(D(x~_f))

The adversarial samples *replace* the clean ones in the one D step. Because the objective is a
batch mean, a sample's step is its own gradient over N: `reduction: mean` is that, as published;
`sum` leaves the factor 1/N out. Since |a - b| has gradient sign(a - b) grad a, one forward pass and
one input gradient a side suffice. The authors' code takes the means from passes of their own, six forward
passes of D in all: `passes: published` takes the same six in the same order. What they add is state: D's
power iterations and batch statistics move on at every pass.

Images are clipped to [-1, 1] before use, as in the authors' SSGAN and InfoMax-GAN. Points have no
bounds and are not clipped. Auxiliary tasks (SSGAN's rotation, InfoMax-GAN's InfoNCE) see clean images.

`direction: random` is the control: each sample moves as far, in a direction by chance.
"""

import torch
from torch import Tensor

from ganmatrix.methods.losses.loss import Loss, build
from ganmatrix.methods.method import Method
from ganmatrix.methods.protocol import Logs, Update
from ganmatrix.methods.techniques.directions import random_unit
from ganmatrix.methods.techniques.technique import build_all
from ganmatrix.params.methods import DatParams


class Dat(Method[Loss]):
    """D trains on reals and fakes that were moved towards each other."""

    def __init__(self, params: DatParams) -> None:
        super().__init__(build(params.loss), build_all(params.techniques))
        self.params = params

    def update_discriminator(self, update: Update) -> Logs:
        real, fake = update.real, update.draw_fakes(len(update.real))
        moved_real, moved_fake = self.perturb(real, fake, update)
        clean = (real, fake) if self.techniques else ()
        return self.descend_discriminator(update, moved_real, moved_fake, *clean)

    def perturb(self, real: Tensor, fake: Tensor, update: Update) -> tuple[Tensor, Tensor]:
        """x~_r and x~_f of x_r and x_f."""
        if self.params.passes == "published":
            other_real, other_fake = (_sum_of_logits(x, update) for x in (real, fake))
            sum_fake, gradients_fake = _sum_and_gradients(fake, update)
            sum_real, gradients_real = _sum_and_gradients(real, update)
            sides = torch.sign(sum_real - other_fake), torch.sign(sum_fake - other_real)
        else:
            pieces = [
                _sums_and_gradients(x_r, x_f, update) for x_r, x_f in update.discriminator.split(real, fake)
            ]
            sums_real, sums_fake, found_real, found_fake = zip(*pieces, strict=True)
            gradients_real, gradients_fake = torch.cat(found_real), torch.cat(found_fake)
            side = torch.sign(torch.stack(sums_real).sum() - torch.stack(sums_fake).sum())
            sides = side, -side
        size = len(real) if self.params.reduction == "mean" else 1
        step_real = self.step(-(sides[0] / size) * gradients_real, update)
        step_fake = self.step(-(sides[1] / size) * gradients_fake, update)
        return update.within_bounds(real + step_real), update.within_bounds(fake + step_fake)

    def contest(self, real: Tensor, fake: Tensor, update: Update) -> tuple[Tensor, Tensor, Tensor]:
        """D's loss on both sides, and its logits of each; the published passes take the fakes first."""
        if self.params.passes == "fewest":
            return super().contest(real, fake, update)
        fake_logits, real_logits = update.discriminator(fake), update.discriminator(real)
        return self.loss.discriminator(real_logits, fake_logits), real_logits, fake_logits

    def step(self, raw: Tensor, update: Update) -> Tensor:
        """The step (N, *shape) that a raw one becomes: clamped, or as long in a random direction."""
        step = raw.clamp(-self.params.threshold, self.params.threshold)
        if self.params.direction == "gradient":
            return step
        lengths = step.flatten(1).norm(dim=1).view(-1, *[1] * (step.ndim - 1))
        return lengths * random_unit(step, update.noise)


def _sums_and_gradients(real: Tensor, fake: Tensor, update: Update) -> tuple[Tensor, ...]:
    """Sums of the logits of reals and of fakes, and each logit's gradient at its sample."""
    real, fake = real.detach().requires_grad_(), fake.detach().requires_grad_()
    real_logits, fake_logits = update.discriminator.pair(real, fake)
    gradients = torch.autograd.grad(real_logits.sum() + fake_logits.sum(), (real, fake))
    return real_logits.detach().sum(), fake_logits.detach().sum(), *gradients


def _sum_of_logits(batch: Tensor, update: Update) -> Tensor:
    """The sum of D's logits of a batch, over its micro-batches."""
    with torch.no_grad():
        return torch.stack(
            [update.discriminator(x).sum() for (x,) in update.discriminator.split(batch)]
        ).sum()


def _sum_and_gradients(batch: Tensor, update: Update) -> tuple[Tensor, Tensor]:
    """The sum of D's logits of one side, and each logit's gradient at its sample."""
    pieces = []
    for (piece,) in update.discriminator.split(batch):
        x = piece.detach().requires_grad_()
        total = update.discriminator(x).sum()
        pieces.append((total.detach(), *torch.autograd.grad(total, x)))
    sums, gradients = zip(*pieces, strict=True)
    return torch.stack(sums).sum(), torch.cat(gradients)
