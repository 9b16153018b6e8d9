"""FARGAN, the fake-as-real GAN (Tao & Wang, CVPR 2020): a reconstruction.

No code was ever published and the body of the paper was out of reach, so what follows is our
reading of public summaries; every report says so. A D batch of B counts N1 reals and N0 fakes as
real, against B = N0 + N1 fresh fakes counted as fake. The N0 are those with the largest D output
among f N0 fresh fakes. It is combined with a zero-centred gradient penalty on samples (the
technique `zero_gp` at `real`, which here are all that is counted as real) or with spectral norm.

Controls: N0 = 0 (the penalty alone), random selection, f = 1.
"""

import torch
from torch import Tensor

from ganmatrix.methods.losses.catalogue import build
from ganmatrix.methods.losses.loss import Loss
from ganmatrix.methods.method import Method
from ganmatrix.methods.protocol import Logs, Update
from ganmatrix.methods.techniques.catalogue import build_all
from ganmatrix.params.methods import Fargan as FarganParams


class Fargan(Method[Loss]):
    """Some of what D should call real is fake."""

    def __init__(self, params: FarganParams) -> None:
        super().__init__(build(params.loss), build_all(params.techniques))
        self.params = params

    def update_discriminator(self, update: Update) -> Logs:
        batch = len(update.real)
        count = round(self.params.fake_as_real_share * batch)
        counted = torch.cat([update.real[: batch - count], self.select(count, update)])
        fake = update.draw_fakes(batch)
        clean = (update.real, fake) if self.techniques else ()
        return self.descend_discriminator(update, counted, fake, *clean)

    def select(self, count: int, update: Update) -> Tensor:
        """N0 of f N0 fresh fakes: those that D takes for real most, or any."""
        if count == 0:
            return update.real[:0]
        drawn = update.draw_fakes(count * self.params.oversampling)
        if self.params.selection == "random":
            chosen = torch.randperm(len(drawn), generator=update.noise, device=drawn.device)[:count]
        else:
            with torch.no_grad():
                chosen = update.discriminator(drawn).topk(count).indices
        return drawn[chosen]
