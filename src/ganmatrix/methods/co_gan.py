"""CoGAN, coupled GANs (Liu & Tuzel 2016): two domains learned from unpaired data by shared weights.

The second domain is made of the first: edges of images, points at half their distance from the origin. Both G
share all but their last weighted layer, both D all but their first; losses of the domains add up. Scores
and probes are of the first domain.
"""

import dataclasses

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ganmatrix.methods.losses.loss import Loss, build
from ganmatrix.methods.method import Build, Method, score_logs
from ganmatrix.methods.protocol import Logs, Objective, Update
from ganmatrix.networks.coupled import CoupledCritic, CoupledGenerator
from ganmatrix.networks.pair import Pair
from ganmatrix.params.methods import CoGanParams


class CoGan(Method[Loss]):
    """Two GANs with one idea of what the data are about."""

    def __init__(self, params: CoGanParams) -> None:
        super().__init__(build(params.loss))

    def networks(self, build: Build, shape: tuple[int, ...]) -> Pair:
        pair, other = super().networks(build, shape), build(shape)
        assert isinstance(pair.generator, nn.Sequential)
        assert isinstance(other.generator, nn.Sequential)
        return dataclasses.replace(
            pair,
            generator=CoupledGenerator(pair.generator, other.generator),
            discriminator=CoupledCritic(pair.critic(), other.critic()),
        )

    def update_discriminator(self, update: Update) -> Logs:
        network = update.generator.network
        assert isinstance(network, CoupledGenerator)
        with torch.no_grad():
            fakes = update.generator.call(network.both, update.draw_latents(len(update.real)))
        return update.discriminator.descend(
            self.coupled_objective(update), update.real, fakes.first, second_domain(update.real), fakes.second
        )

    def coupled_objective(self, update: Update) -> Objective:
        """D's loss in both domains."""
        judge = update.discriminator
        network = judge.network
        assert isinstance(network, CoupledCritic)

        def objective(real: Tensor, fake: Tensor, *others: Tensor) -> tuple[Tensor, Logs]:
            real_logits, fake_logits = judge.pair(real, fake)
            other_logits = [judge.call(network.other, x) for x in others]
            loss = self.loss.discriminator(real_logits, fake_logits) + self.loss.discriminator(*other_logits)
            return loss, score_logs(loss, real_logits, fake_logits)

        return objective

    def generator_objective(self, update: Update) -> Objective:
        network, judge = update.generator.network, update.discriminator
        assert isinstance(network, CoupledGenerator)
        assert isinstance(judge.network, CoupledCritic)
        other = judge.network.other

        def objective(latents: Tensor, *partners: Tensor) -> tuple[Tensor, Logs]:
            fakes = update.generator.call(network.both, latents)
            real = judge(partners[0]).detach() if partners else None
            other_real = judge.call(other, second_domain(partners[0])).detach() if partners else None
            loss = self.loss.generator(judge(fakes.first), real)
            loss = loss + self.loss.generator(judge.call(other, fakes.second), other_real)
            return loss, {"loss_generator": loss.detach()}

        return objective


def second_domain(batch: Tensor) -> Tensor:
    """Edges of images (N, C, H, W) by Sobel filters, in [-1, 1]; points (N, 2) at half their distance."""
    if batch.ndim == 2:
        return batch / 2
    channels = batch.shape[1]
    # [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], made on the device: copying it there would wait for the device.
    places = torch.arange(-1.0, 2.0, device=batch.device, dtype=batch.dtype)
    across = torch.outer(2 - places.abs(), places)
    kernels = torch.stack([across, across.T])[:, None].repeat(channels, 1, 1, 1) / 8
    padded = F.pad(batch, (1, 1, 1, 1), mode="replicate")
    slopes = F.conv2d(padded, kernels, groups=channels).unflatten(1, (channels, 2))
    return 2 * slopes.square().sum(2).sqrt().clamp(max=1) - 1
