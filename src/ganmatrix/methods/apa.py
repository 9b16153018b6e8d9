"""APA, adaptive pseudo augmentation (Jiang et al. 2021): with probability p a real is a random fake.

p starts at 0 and is steered by how far D overfits: every `interval` D steps it moves by
sign(E sign D(real) - target) * interval * B / ramp, within [0, 1]; E over the logits of what counted as real
since the last move.
"""

from typing import Any

import torch

from ganmatrix.methods.losses.loss import Loss, build
from ganmatrix.methods.method import Method
from ganmatrix.methods.protocol import Logs, Update
from ganmatrix.methods.techniques.technique import Sides, build_all
from ganmatrix.params.methods import ApaParams


class Apa(Method[Loss]):
    """D's reals are diluted as much as it overfits."""

    def __init__(self, params: ApaParams) -> None:
        super().__init__(build(params.loss), build_all(params.techniques))
        self.params = params
        self.probability = torch.zeros(())
        self.signs = torch.zeros(())
        self.count = 0

    def update_discriminator(self, update: Update) -> Logs:
        batch, device = len(update.real), update.real.device
        self.probability, self.signs = self.probability.to(device), self.signs.to(device)
        chance = torch.rand(batch, generator=update.noise, device=device)
        replaced = (chance < self.probability).view(-1, *[1] * (update.real.ndim - 1))
        real = torch.where(replaced, update.draw_fakes(batch), update.real)
        fake = update.draw_fakes(batch)
        clean = (update.real, fake) if self.techniques else ()
        logs = self.descend_discriminator(update, real, fake, *clean)
        self.signs = self.signs + logs["sign_real"]
        self.count += 1
        if self.count == self.params.interval:
            move = self.params.interval * batch / self.params.ramp
            direction = (self.signs / self.count - self.params.target).sign()
            self.probability = (self.probability + move * direction).clamp(0, 1)
            self.signs, self.count = torch.zeros_like(self.signs), 0
        return logs | {"replaced_share": self.probability}

    def observe(self, sides: Sides) -> Logs:
        return {"sign_real": sides.real_logits.detach().sign().mean()}

    def state_dict(self) -> dict[str, Any]:
        mine = {"probability": self.probability, "signs": self.signs, "count": self.count}
        return super().state_dict() | mine

    def load_state_dict(self, state: dict[str, Any]) -> None:
        super().load_state_dict(state)
        self.probability, self.signs, self.count = state["probability"], state["signs"], state["count"]
