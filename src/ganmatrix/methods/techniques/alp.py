"""ALP, the adversarial Lipschitz penalty (Terjek 2020).

lambda E max(0, |D(x) - D(x')| / ||x - x'|| - 1)^2 at reals and fakes, x' = clip(x + r). r points where D
changes most: power iterations on the difference |D(x) - D(clip(x + xi d))| from a random unit d, as VAT does
it; its length is drawn from U(smallest, largest). d is held fixed while the penalty is descended. Images are
clipped to [-1, 1], as in the author's code (dterjek/adversarial_lipschitz_regularization), so that the
distance is that of the clipped point; points of the plane have no bounds.
"""

import torch
from torch import Tensor

from ganmatrix.methods.protocol import Update
from ganmatrix.methods.techniques.directions import along, judged, random_unit
from ganmatrix.methods.techniques.technique import Sides, Technique, Term
from ganmatrix.params.techniques import AlpParams

SMALLEST_DISTANCE = 1e-10
"""Below which a distance is rounding."""


class Alp(Technique[AlpParams]):
    """D's difference quotient along its steepest direction is kept below 1."""

    def discriminator_term(self, sides: Sides, update: Update) -> Term:
        points = torch.cat([sides.clean_real, sides.clean_fake]).detach()
        with update.discriminator.full_precision():
            return self.penalty(points, update)

    def penalty(self, points: Tensor, update: Update) -> Term:
        """The penalty at points (N, *shape)."""
        direction = self.steepest(points, update)
        low, high = self.params.smallest_radius, self.params.largest_radius
        shape = (len(points), *[1] * (points.ndim - 1))
        shares = torch.rand(shape, generator=update.noise, device=points.device).to(points.dtype)
        moved = update.within_bounds(points + direction * (low + (high - low) * shares))
        here, there = judged(points, update), judged(moved, update)
        distance = (points - moved).flatten(1).norm(dim=1)
        # A point that clipping brings back to where it was has no quotient.
        quotient = (here - there).abs() * (distance > 0) / distance.clamp(min=SMALLEST_DISTANCE)
        penalty = (quotient - 1).clamp(min=0).square().mean()
        return self.params.weight * penalty, {"alp": penalty.detach()}

    def steepest(self, points: Tensor, update: Update) -> Tensor:
        """Unit directions (N, *shape) in which D's output changes most, nearly."""
        direction = random_unit(points, update.noise)
        for _ in range(self.params.power_iterations):
            direction.requires_grad_()
            moved = update.within_bounds(points + self.params.xi * direction)
            here, there = judged(points, update), judged(moved, update)
            (gradient,) = torch.autograd.grad((here - there).abs().sum(), direction)
            direction = along(gradient, direction.detach())
        return direction.detach()
