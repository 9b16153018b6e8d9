"""Unified gradient regularisation (Lyu et al. 2015), on D's own loss.

Training on x + r with the worst r of ||r||_p <= epsilon is, to first order, adding
epsilon ||grad_x L||_q with the dual norm q to each sample's loss L. p: l1, l2, linf; q: max, 2, 1.
"""

import math

import torch
from torch import Tensor

from ganmatrix.methods.protocol import Update
from ganmatrix.methods.techniques.gradients import norms
from ganmatrix.methods.techniques.technique import Penalty, Sides, Term
from ganmatrix.params.techniques import UnifiedGradientParams

DUAL = {"l1": math.inf, "l2": 2.0, "linf": 1.0}


class UnifiedGradient(Penalty[UnifiedGradientParams]):
    """Adversarial training of both sides without a second pass."""

    def discriminator_term(self, sides: Sides, update: Update) -> Term:
        size = len(sides.real)
        loss = sides.loss.discriminator(sides.real_logits, sides.fake_logits) * size
        gradients = torch.autograd.grad(loss, (sides.real, sides.fake), create_graph=True)
        penalty = sum((self.norm(gradient).mean() for gradient in gradients), loss.new_zeros(()))
        return self.params.epsilon * penalty, {"unified_gradient": penalty.detach()}

    def norm(self, gradient: Tensor) -> Tensor:
        """||g||_q (N,) of gradients (N, *shape)."""
        flat = gradient.flatten(1)
        q = DUAL[self.params.perturbation]
        return norms(flat.square().sum(1)) if q == 2 else flat.norm(q, dim=1)
