"""FARGAN, the fake-as-real GAN (Tao & Wang, CVPR 2020, arXiv 1912.12485v2).

D overfits to finite reals: where a fake comes near a real, D's slope between the two explodes and draws
more fakes there. FARGAN counts some fakes as real, those where D is lowest, because D is lower where more
such close pairs lie (the paper's Proposition 2). With D = sigmoid(D0) and a batch of N, D maximises

    1/N [ sum over N1 reals of log D(x) + sum over N0 of log D(y~) ] + 1/M sum over M of log(1 - D(y))

with N = N0 + N1 and M = N. The M fakes y are drawn first. Then `oversampling` f times N0 more fakes are
drawn, and y~ are the N0 of these with the lowest D0 (equation 10). The paper adds
-k/N sum ||grad D0(c)||^2 over all N samples c that count as real: the technique `zero_gp` at `real`,
weight k = 10. G's step is the non-saturating one.

The paper's settings: N = 64, N0 = 32 (16 on its Gaussian toy), f = 8, k = 10. Controls: N0 = 0, which is the
paper's baseline NSGAN-0GP; f = 1, which takes the N0 fakes as they come; `selection: largest`, the rule
turned round.
"""

import torch
from torch import Tensor

from ganmatrix.methods.losses.loss import Loss, build
from ganmatrix.methods.method import Method
from ganmatrix.methods.protocol import Logs, Update
from ganmatrix.methods.techniques.technique import build_all
from ganmatrix.params.methods import FarganParams


class Fargan(Method[Loss]):
    """Some of what D should call real is fake."""

    def __init__(self, params: FarganParams) -> None:
        super().__init__(build(params.loss), build_all(params.techniques))
        self.params = params

    def update_discriminator(self, update: Update) -> Logs:
        batch = len(update.real)
        count = round(self.params.fake_as_real_share * batch)
        fake = update.draw_fakes(batch)
        counted = torch.cat([update.real[: batch - count], self.select(count, update)])
        clean = (update.real, fake) if self.techniques else ()
        return self.descend_discriminator(update, counted, fake, *clean)

    def select(self, count: int, update: Update) -> Tensor:
        """The N0 = `count` of f N0 fresh fakes that count as real (count, *shape)."""
        if count == 0:
            return update.real[:0]
        drawn = update.draw_fakes(count * self.params.oversampling)
        if self.params.selection == "random":
            chosen = torch.randperm(len(drawn), generator=update.noise, device=drawn.device)[:count]
        else:
            with torch.no_grad():
                scores = update.discriminator(drawn)
            chosen = scores.topk(count, largest=self.params.selection == "largest").indices
        return drawn[chosen]
