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

from ganmatrix.methods.losses import LOSSES
from ganmatrix.methods.method import DiscriminatorUpdate, Logs, Method, score_logs
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
        real_logits, fake_logits = update.discriminate_pair(real, fake)
        loss = self.loss.real(real_logits) + self.loss.fake(fake_logits)
        update.descend(loss)

        assert real.grad is not None
        adversarial = real.detach() + self.epsilon(update) * real.grad.sign()
        adversarial_logits = update.discriminate(adversarial)
        adversarial_loss = self.loss.real(adversarial_logits)
        update.descend(adversarial_loss)
        return score_logs(loss, real_logits, fake_logits) | {
            "loss_adversarial": adversarial_loss.detach(),
        }
