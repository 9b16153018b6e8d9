"""AS-GAN, the adversarial symmetric GAN (Liu et al., Neural Networks 133, 2021).

First D step: l_r + l_f = real(D(x)) + fake(D(G(z))). Its backward pass also gives
g = d l_r / dx, hence x_adv = x + epsilon sign(g), neither clamped nor clipped. Second D step,
same optimiser state, on real(D_new(x_adv)) with weight 1. One G step with fresh z.

Conventions of the authors' code: epsilon 1/255 for images in [-1, 1]; epsilon is 0 for the first
300 iterations of *every* epoch, and the second step is taken all the same, on clean reals. That
makes epsilon = 0 the control: two D steps without the idea. `direction: random` is another: signs
by chance have the same norm.

D sees reals and fakes in separate forward passes wherever it normalises over the batch, so l_f
does not depend on x and the gradient at x is that of l_r alone. With techniques or PGD the gradient
takes a pass of its own through the same, old D.
"""

import torch
from torch import Tensor

from ganmatrix.methods.attacks import ascend
from ganmatrix.methods.losses.loss import SeparableLoss, build_separable
from ganmatrix.methods.method import Method
from ganmatrix.methods.protocol import Logs, Objective, Update
from ganmatrix.methods.techniques.technique import build_all
from ganmatrix.params.methods import AsGanParams


class AsGan(Method[SeparableLoss]):
    """Two D steps an iteration, the second on perturbed reals; or one step on all of it."""

    def __init__(self, params: AsGanParams) -> None:
        super().__init__(build_separable(params.loss), build_all(params.techniques))
        self.params = params

    def epsilon(self, update: Update) -> float:
        """The radius of the perturbation at this iteration."""
        elapsed = update.iteration_in_epoch if self.params.warm_up_recurs else update.iteration
        return 0.0 if elapsed < self.params.warm_up else self.params.epsilon

    def update_discriminator(self, update: Update) -> Logs:
        fake = update.draw_fakes(len(update.real))
        if self.params.update == "joint":
            return self.joint_step(fake, self.perturb(update), update)
        if self.shares_gradient:
            real = update.real.clone().requires_grad_()
            logs = self.descend_discriminator(update, real, fake)
            assert real.grad is not None
            adversarial = update.real + self.epsilon(update) * real.grad.sign()
        else:
            adversarial = self.perturb(update)
            logs = self.descend_discriminator(update, update.real, fake)
        batches = (adversarial, fake, update.real, fake) if self.techniques else (adversarial,)
        logs |= update.discriminator.descend(self.adversarial_objective(update), *batches)
        self.after_discriminator(update)
        return logs

    @property
    def shares_gradient(self) -> bool:
        """Whether the first step's backward pass gives the perturbation."""
        return self.params.direction == "gradient" and self.params.steps == 1 and not self.techniques

    def perturb(self, update: Update) -> Tensor:
        """x_adv of the update's reals (N, *shape), in passes of its own."""
        epsilon = self.epsilon(update)
        if self.params.direction == "random":
            coins = torch.randint(0, 2, update.real.shape, generator=update.noise, device=update.real.device)
            return update.real + epsilon * (2 * coins - 1)
        step_size = epsilon if self.params.steps == 1 else epsilon * self.params.relative_step
        return ascend(
            update.real, self.loss.real, update, epsilon=epsilon, step_size=step_size, steps=self.params.steps
        )

    def adversarial_objective(self, update: Update) -> Objective:
        """real(D(x_adv)) of a batch x_adv.

        With techniques it is of fakes and clean samples as well: their terms belong to every step of D.
        """
        with_terms = self.discriminator_objective(update, self.real_side)

        def objective(batch: Tensor, *others: Tensor) -> tuple[Tensor, Logs]:
            if others:
                loss, logs = with_terms(batch, *others)
                return loss, {"loss_adversarial": logs["loss_discriminator"]}
            loss = self.loss.real(update.discriminator(self.shown(batch, update)))
            return loss, {"loss_adversarial": loss.detach()}

        return objective

    def real_side(self, real: Tensor, fake: Tensor, update: Update) -> tuple[Tensor, Tensor, Tensor]:
        """The loss of reals alone, and the logits of both sides."""
        real_logits, fake_logits = update.discriminator.pair(real, fake)
        return self.loss.real(real_logits), real_logits, fake_logits

    def joint_step(self, fake: Tensor, adversarial: Tensor, update: Update) -> Logs:
        """One D step on l_r + l_f + l_adv."""
        clean, perturbed = self.discriminator_objective(update), self.adversarial_objective(update)

        def objective(real: Tensor, fake: Tensor, adversarial: Tensor) -> tuple[Tensor, Logs]:
            loss, logs = clean(real, fake)
            more, more_logs = perturbed(adversarial)
            return loss + more, logs | more_logs

        whole = self.in_its_precision(objective, update)
        logs = update.discriminator.descend(whole, update.real, fake, adversarial)
        self.after_discriminator(update)
        return logs
