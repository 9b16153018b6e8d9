"""Calibrated energy-based GAN (Dai et al. 2017): G is also rewarded for entropy.

With G minimising e(G(z)) - H(G), D's energy at the equilibrium tends to -log p(x) up to a constant instead
of becoming flat. The entropy is bounded from below by E log q(z | G(z)) + const (their variational
variant): a Gaussian q beside G, trained with it. D is EBGAN's autoencoder; keeping its margin
loss as the default is our choice.
"""

import dataclasses
import math

from torch import Tensor

from ganmatrix.methods.ebgan import autoencoder
from ganmatrix.methods.losses.loss import Loss, build
from ganmatrix.methods.method import Build, Method
from ganmatrix.methods.protocol import Logs, Update
from ganmatrix.methods.techniques.technique import Term, build_all
from ganmatrix.networks.inference import Encoder, InferenceGenerator, Posterior
from ganmatrix.networks.pair import Pair
from ganmatrix.params.methods import CeganParams


class Cegan(Method[Loss]):
    """An energy that can be read as a density."""

    def __init__(self, params: CeganParams) -> None:
        super().__init__(build(params.loss), build_all(params.techniques))
        self.entropy_weight = params.entropy_weight

    def networks(self, build: Build, shape: tuple[int, ...]) -> Pair:
        pair = super().networks(build, shape)
        encoder = Encoder(build(shape).critic(), 2 * pair.latent)
        return dataclasses.replace(
            pair,
            generator=InferenceGenerator(pair.generator, encoder),
            discriminator=autoencoder(build, pair, shape),
        )

    def update_discriminator(self, update: Update) -> Logs:
        return self.descend_discriminator(update, update.real, update.draw_fakes(len(update.real)))

    def generator_extra(self, latents: Tensor, fake: Tensor, update: Update) -> Term:
        network = update.generator.network
        assert isinstance(network, InferenceGenerator)
        posterior = update.generator.call(network.infer, fake)
        entropy = log_likelihood(posterior, latents).mean()
        return -self.entropy_weight * entropy, {"entropy_bound": entropy.detach()}


def log_likelihood(posterior: Posterior, latents: Tensor) -> Tensor:
    """log q(z | x) (N,) of latents (N, latent)."""
    scaled = (latents - posterior.mean) * (-posterior.log_std).exp()
    return (-0.5 * scaled.square() - posterior.log_std - 0.5 * math.log(2 * math.pi)).sum(1)
