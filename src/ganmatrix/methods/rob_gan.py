"""Rob-GAN's adversarial training (Liu & Hsieh 2019): D sees PGD-perturbed reals in place of clean ones.

PGD in L-infinity up the loss of calling a real real, clipped to the range of the data; fakes stay
clean. Published: epsilon 0.03125 at 64 pixels and 0.0625 at 128, five steps of 0.0078. Their D is also a
classifier of labels; here it is not.
"""

from ganmatrix.methods.attacks import ascend
from ganmatrix.methods.losses.loss import SeparableLoss, build_separable
from ganmatrix.methods.method import Method
from ganmatrix.methods.protocol import Logs, Update
from ganmatrix.methods.techniques.technique import build_all
from ganmatrix.params.methods import RobGanParams


class RobGan(Method[SeparableLoss]):
    """One D step on the hardest reals within reach."""

    def __init__(self, params: RobGanParams) -> None:
        super().__init__(build_separable(params.loss), build_all(params.techniques))
        self.params = params

    def update_discriminator(self, update: Update) -> Logs:
        fake = update.draw_fakes(len(update.real))
        hard = ascend(
            update.real,
            self.loss.real,
            update,
            epsilon=self.params.epsilon,
            step_size=self.params.step_size,
            steps=self.params.steps,
            bounded=True,
        )
        clean = (update.real, fake) if self.techniques else ()
        return self.descend_discriminator(update, hard, fake, *clean)
