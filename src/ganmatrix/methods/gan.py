"""The plain GAN (Goodfellow et al. 2014): D steps on reals and fakes, one G step."""

from ganmatrix.methods.losses.loss import Loss, build
from ganmatrix.methods.method import Method
from ganmatrix.methods.protocol import Logs, Update
from ganmatrix.methods.techniques.technique import build_all
from ganmatrix.params.methods import GanParams


class Gan(Method[Loss]):
    """L_D = real(D(x)) + fake(D(G(z))).

    `repeats: 2` takes a second step on the same reals and fresh fakes: the control for methods that
    take two.
    """

    def __init__(self, params: GanParams) -> None:
        super().__init__(build(params.loss), build_all(params.techniques))
        self.repeats = params.repeats

    def update_discriminator(self, update: Update) -> Logs:
        logs: Logs = {}
        for _ in range(self.repeats):
            logs = self.descend_discriminator(update, update.real, update.draw_fakes(len(update.real)))
        return logs
