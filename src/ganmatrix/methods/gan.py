"""The plain GAN (Goodfellow et al. 2014): one D step on reals and fakes, one G step."""

from ganmatrix.methods.losses import LOSSES
from ganmatrix.methods.method import DiscriminatorUpdate, Logs, Method
from ganmatrix.params.methods import Gan as GanParams


class Gan(Method):
    """L_D = real(D(x)) + fake(D(G(z)))."""

    def __init__(self, params: GanParams) -> None:
        super().__init__(LOSSES[params.loss])

    def update_discriminator(self, update: DiscriminatorUpdate) -> Logs:
        fake = update.draw_fakes(len(update.real))
        return update.descend(self.clean_objective(update), update.real, fake)
