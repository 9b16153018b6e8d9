"""FastGAN's free adversarial training (Zhong et al. 2020).

D takes several steps on one batch of reals, shifted by delta. Each step's backward pass also gives the
loss's gradient at the reals: delta moves by tau times its sign, within epsilon, and lasts into the
next batch. Published: two steps a batch, tau = epsilon = 0.006. Fakes are fresh at each step.
"""

from typing import Any

from torch import Tensor

from ganmatrix.methods.losses.loss import SeparableLoss, build_separable
from ganmatrix.methods.method import Method
from ganmatrix.methods.protocol import Logs, Update
from ganmatrix.methods.techniques.technique import build_all
from ganmatrix.params.methods import FastGanParams


class FastGan(Method[SeparableLoss]):
    """Adversarial reals at no extra pass."""

    def __init__(self, params: FastGanParams) -> None:
        super().__init__(build_separable(params.loss), build_all(params.techniques))
        self.params = params
        self.delta: Tensor | None = None

    def update_discriminator(self, update: Update) -> Logs:
        clean = update.real
        delta = clean.new_zeros(clean.shape) if self.delta is None else self.delta.to(clean.device)
        logs: Logs = {}
        for _ in range(self.params.repeats):
            real = update.within_bounds(clean + delta).requires_grad_()
            fake = update.draw_fakes(len(clean))
            unmoved = (clean, fake) if self.techniques else ()
            logs = self.descend_discriminator(update, real, fake, *unmoved)
            assert real.grad is not None
            delta = delta + self.params.step_size * real.grad.sign()
            delta = delta.clamp(-self.params.epsilon, self.params.epsilon)
        self.delta = delta
        return logs

    def state_dict(self) -> dict[str, Any]:
        return super().state_dict() | {"delta": self.delta}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        super().load_state_dict(state)
        self.delta = state["delta"]
