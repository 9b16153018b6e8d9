"""Unrolled GAN (Metz et al. 2017): G descends the loss that it will have after k more steps of D.

From D's present weights w, w_j = w_(j-1) - step_size d L_D / dw on the current reals and G's fakes, k
times; G's gradient runs through all of them. The steps are plain gradient steps with a size of their
own; D's real step uses the recipe's optimiser.
"""

import torch
from torch import Tensor
from torch.func import functional_call

from ganmatrix.methods.losses.loss import Loss, build
from ganmatrix.methods.method import Method
from ganmatrix.methods.protocol import Logs, Update
from ganmatrix.methods.techniques.technique import build_all
from ganmatrix.params.methods import UnrolledParams


class Unrolled(Method[Loss]):
    """G knows how D will answer."""

    def __init__(self, params: UnrolledParams) -> None:
        super().__init__(build(params.loss), build_all(params.techniques))
        self.params = params

    def update_discriminator(self, update: Update) -> Logs:
        return self.descend_discriminator(update, update.real, update.draw_fakes(len(update.real)))

    @property
    def generator_needs_reals(self) -> bool:
        return True

    def adversarial_term(self, fake: Tensor, partners: tuple[Tensor, ...], update: Update) -> Tensor:
        network = update.discriminator.network
        weights: dict[str, Tensor] = dict(network.named_parameters())
        # Looking ahead leaves no trace: statistics and norm estimates are those of copies.
        buffers = {name: value.clone() for name, value in network.named_buffers()}
        real, fake = self.shown(partners[0], update), self.shown(fake, update)

        def logits(batch: Tensor) -> Tensor:
            return functional_call(network, weights | buffers, (batch,))

        with update.discriminator.full_precision():
            for _ in range(self.params.steps):
                loss = self.loss.discriminator(
                    update.discriminator.call(logits, real), update.discriminator.call(logits, fake)
                )
                # Heads that techniques hang on D have no part in this loss, and stay as they are.
                gradients = torch.autograd.grad(
                    loss, list(weights.values()), create_graph=True, allow_unused=True
                )
                weights = {
                    name: weight if step is None else weight - self.params.step_size * step
                    for (name, weight), step in zip(weights.items(), gradients, strict=True)
                }
            needs_reals = self.loss.needs_reals_for_generator
            reals = update.discriminator.call(logits, real) if needs_reals else None
            return self.loss.generator(update.discriminator.call(logits, fake), reals)
