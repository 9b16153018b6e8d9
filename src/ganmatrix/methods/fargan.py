"""FARGAN, the fake-as-real GAN (Tao & Wang, CVPR 2020): a reconstruction.

No code was ever published and the body of the paper was out of reach, so what follows is our
reading of public summaries; every report says so. A D batch of B counts N1 reals and N0 fakes as
real, against B = N0 + N1 fresh fakes counted as fake. The N0 are those with the largest D output
among f N0 fresh fakes. A zero-centred gradient penalty on samples, lambda E||grad D(x)||^2 at all
that is counted as real, accompanies it.

Controls: N0 = 0 (the penalty alone), random selection, f = 1.
"""

import torch
from torch import Tensor

from ganmatrix.methods.losses import LOSSES
from ganmatrix.methods.method import DiscriminatorUpdate, Logs, Method, Objective, score_logs
from ganmatrix.params.methods import Fargan as FarganParams


class Fargan(Method):
    """Some of what D should call real is fake."""

    def __init__(self, params: FarganParams) -> None:
        super().__init__(LOSSES[params.loss])
        self.params = params

    def update_discriminator(self, update: DiscriminatorUpdate) -> Logs:
        batch = len(update.real)
        count = round(self.params.fake_as_real_share * batch)
        counted = torch.cat([update.real[: batch - count], self.select(count, update)])
        fake = update.draw_fakes(batch)
        penalised = self.params.gradient_penalty > 0
        objective = self.penalised_objective(update) if penalised else self.clean_objective(update)
        return update.descend(objective, counted, fake)

    def penalised_objective(self, update: DiscriminatorUpdate) -> Objective:
        """The clean objective and lambda E||grad D||^2 at what counts as real."""

        def objective(counted: Tensor, fake: Tensor) -> tuple[Tensor, Logs]:
            counted = counted.detach().requires_grad_()
            with update.full_precision():
                real_logits, fake_logits = update.discriminate_pair(counted, fake)
                (gradient,) = torch.autograd.grad(real_logits.sum(), counted, create_graph=True)
            loss = self.loss.real(real_logits) + self.loss.fake(fake_logits)
            penalty = gradient.flatten(1).square().sum(1).mean()
            logs = score_logs(loss, real_logits, fake_logits) | {"gradient_penalty": penalty.detach()}
            return loss + self.params.gradient_penalty * penalty, logs

        return objective

    def select(self, count: int, update: DiscriminatorUpdate) -> Tensor:
        """N0 of f N0 fresh fakes: those that D takes for real most, or any."""
        if count == 0:
            return update.real[:0]
        drawn = update.draw_fakes(count * self.params.oversampling)
        if self.params.selection == "random":
            chosen = torch.randperm(len(drawn), generator=update.noise, device=drawn.device)[:count]
        else:
            with torch.no_grad():
                chosen = update.discriminate(drawn).topk(count).indices
        return drawn[chosen]
