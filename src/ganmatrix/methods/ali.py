"""ALI (Dumoulin et al. 2017) and BiGAN (Donahue et al. 2017): D judges pairs of data and latents.

Reals come with z ~ q(z | x) of an encoder, fakes with the z that they were made of:
L_D = real(D(x, z^)) + fake(D(G(z), z)). G and the encoder play together against it, each side wanting
its pairs taken for the other's: generator(D(G(z), z)) + fake(D(x, z^)). ALI draws z^ from q, BiGAN
takes its mean (`stochastic: false`).
"""

import dataclasses

import torch
from torch import Tensor, nn

from ganmatrix.methods.losses.loss import SeparableLoss, build_separable
from ganmatrix.methods.method import Build, Method, score_logs
from ganmatrix.methods.protocol import Logs, Objective, Update
from ganmatrix.networks.inference import Encoder, InferenceGenerator, JointCritic, MarginalCritic
from ganmatrix.networks.pair import Pair
from ganmatrix.params.methods import AliParams


class Ali(Method[SeparableLoss]):
    """G learns to be inverted while it learns."""

    def __init__(self, params: AliParams) -> None:
        super().__init__(build_separable(params.loss))
        self.stochastic = params.stochastic

    def networks(self, build: Build, shape: tuple[int, ...]) -> Pair:
        pair = super().networks(build, shape)
        encoder = Encoder(build(shape).critic(), 2 * pair.latent)
        return dataclasses.replace(
            pair,
            generator=InferenceGenerator(pair.generator, encoder),
            discriminator=JointCritic(pair.critic(), pair.latent),
        )

    def critic(self, pair: Pair) -> nn.Module:
        assert isinstance(pair.generator, InferenceGenerator)
        assert isinstance(pair.discriminator, JointCritic)
        return MarginalCritic(pair.discriminator, pair.generator)

    def encode(self, real: Tensor, noise: Tensor, update: Update) -> Tensor:
        """z^ (N, latent) of reals (N, *shape), with standard normal noise (N, latent)."""
        network = update.generator.network
        assert isinstance(network, InferenceGenerator)
        posterior = update.generator.call(network.infer, real)
        if not self.stochastic:
            return posterior.mean
        return posterior.mean + posterior.log_std.exp() * noise

    def draw_noise(self, like: Tensor, update: Update) -> Tensor:
        """Standard normal noise for the encoder, shaped as latents."""
        return torch.randn(like.shape, generator=update.noise, device=like.device)

    def update_discriminator(self, update: Update) -> Logs:
        latents = update.draw_latents(len(update.real))
        with torch.no_grad():
            fake = update.generator(latents)
            inferred = self.encode(update.real, self.draw_noise(latents, update), update)
        judge = update.discriminator

        def objective(real: Tensor, inferred: Tensor, fake: Tensor, latents: Tensor) -> tuple[Tensor, Logs]:
            real_logits = judge.call(judge.network, real, inferred)
            fake_logits = judge.call(judge.network, fake, latents)
            loss = self.loss.discriminator(real_logits, fake_logits)
            return loss, score_logs(loss, real_logits, fake_logits)

        return judge.descend(objective, update.real, inferred, fake, latents)

    def update_generator(self, update: Update) -> Logs:
        latents = update.draw_latents(update.size)
        noise = self.draw_noise(latents, update)
        return update.generator.descend(
            self.inference_objective(update), latents, update.partners(latents), noise
        )

    def inference_objective(self, update: Update) -> Objective:
        """What G and the encoder descend together."""
        judge = update.discriminator

        def objective(latents: Tensor, real: Tensor, noise: Tensor) -> tuple[Tensor, Logs]:
            fake_logits = judge.call(judge.network, update.generator(latents), latents)
            real_logits = judge.call(judge.network, real, self.encode(real, noise, update))
            loss = self.loss.generator(fake_logits, None) + self.loss.on_fake(real_logits)
            return loss, {"loss_generator": loss.detach()}

        return objective
