"""AS-GAN, the adversarial symmetric GAN (Liu et al., Neural Networks 133, 2021).

First D step: l_r + l_f = real(D(x)) + fake(D(G(z))). Its backward pass also gives
g = d l_r / dx, hence x_adv = x + epsilon sign(g), neither clamped nor clipped. Second D step,
same optimiser state, on real(D_new(x_adv)) with weight 1. One G step with fresh z.

Conventions of the authors' code: epsilon 1/255 for images in [-1, 1]; epsilon is 0 for the first
300 iterations of *every* epoch, and the second step is taken all the same, on clean reals. That
makes epsilon = 0 the control: two D steps without the idea.

D sees reals and fakes in separate forward passes wherever it normalises over the batch, so l_f
does not depend on x and the gradient at x is that of l_r alone.
"""

from torch import Tensor

from ganmatrix.methods.losses import LOSSES
from ganmatrix.methods.method import DiscriminatorUpdate, Logs, Method
from ganmatrix.params.methods import AsGan as AsGanParams


class AsGan(Method):
    """Two D steps an iteration, the second on FGSM-perturbed reals."""

    def __init__(self, params: AsGanParams) -> None:
        super().__init__(LOSSES[params.loss])
        self.params = params

    def epsilon(self, update: DiscriminatorUpdate) -> float:
        """The FGSM step at this iteration."""
        elapsed = update.iteration_in_epoch if self.params.warm_up_recurs else update.iteration
        return 0.0 if elapsed < self.params.warm_up else self.params.epsilon

    def update_discriminator(self, update: DiscriminatorUpdate) -> Logs:
        real = update.real.clone().requires_grad_()
        fake = update.draw_fakes(len(real))
        logs = update.descend(self.clean_objective(update), real, fake)
        assert real.grad is not None
        adversarial = real.detach() + self.epsilon(update) * real.grad.sign()

        def objective(batch: Tensor) -> tuple[Tensor, Logs]:
            loss = self.loss.real(update.discriminate(batch))
            return loss, {"loss_adversarial": loss.detach()}

        return logs | update.descend(objective, adversarial)
