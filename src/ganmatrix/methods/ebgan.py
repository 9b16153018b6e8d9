"""EBGAN, the energy-based GAN (Zhao et al. 2017): D is an autoencoder, its energy the squared error.

L_D = e(x) + max(0, m - e(G(z))); G minimises e(G(z)) + pull_away * PT. PT is the mean squared cosine
between the codes of different fakes. The code has the dimension of G's latents; the decoder is a second
generator of the family.
"""

import dataclasses

import torch
import torch.nn.functional as F
from torch import Tensor

from ganmatrix.methods.losses.loss import Loss, build
from ganmatrix.methods.method import Build, Method
from ganmatrix.methods.protocol import Logs, Update
from ganmatrix.methods.techniques.technique import build_all
from ganmatrix.networks.inference import Autoencoder, Encoder
from ganmatrix.networks.pair import Pair
from ganmatrix.params.methods import EbganParams


class Ebgan(Method[Loss]):
    """D shapes an energy that is low on the data."""

    def __init__(self, params: EbganParams) -> None:
        super().__init__(build(params.loss), build_all(params.techniques))
        self.pull_away = params.pull_away

    def networks(self, build: Build, shape: tuple[int, ...]) -> Pair:
        pair = super().networks(build, shape)
        return dataclasses.replace(pair, discriminator=autoencoder(build, pair, shape))

    def update_discriminator(self, update: Update) -> Logs:
        return self.descend_discriminator(update, update.real, update.draw_fakes(len(update.real)))

    def adversarial_term(self, fake: Tensor, partners: tuple[Tensor, ...], update: Update) -> Tensor:
        energy = super().adversarial_term(fake, partners, update)
        if self.pull_away == 0:
            return energy
        network = update.discriminator.network
        assert isinstance(network, Autoencoder)
        return energy + self.pull_away * pulling_away(update.discriminator.call(network.encoder, fake))


def autoencoder(build: Build, pair: Pair, shape: tuple[int, ...]) -> Autoencoder:
    """The pair's D turned into an autoencoder with a decoder of its own."""
    return Autoencoder(Encoder(pair.critic(), pair.latent), build(shape).generator)


def pulling_away(codes: Tensor) -> Tensor:
    """Mean squared cosine between different ones of codes (N, C); 0 for a single one."""
    count = len(codes)
    if count < 2:
        return codes.new_zeros(())
    cosines = F.normalize(codes, dim=1) @ F.normalize(codes, dim=1).T
    return (cosines.square().sum() - torch.diagonal(cosines).square().sum()) / (count * (count - 1))
