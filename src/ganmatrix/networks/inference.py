"""Networks that go from data back to latents, made of the family's own parts."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from ganmatrix.networks.critic import Critic


class Encoder(nn.Module):
    """A D of the family up to its features, then a linear map: data (N, *shape) to (N, outputs)."""

    def __init__(self, critic: Critic, outputs: int) -> None:
        super().__init__()
        self.local, self.pool = critic.local, critic.pool
        self.code = nn.Linear(critic.width, outputs)

    def forward(self, x: Tensor) -> Tensor:
        return self.code(self.pool(self.local(x)))


class Autoencoder(nn.Module):
    """A D whose logit (N,) is minus the energy: the mean squared error of reconstructing x."""

    def __init__(self, encoder: Encoder, decoder: nn.Module) -> None:
        super().__init__()
        self.encoder, self.decoder = encoder, decoder

    def forward(self, x: Tensor) -> Tensor:
        return -(self.decoder(self.encoder(x)) - x).square().flatten(1).mean(1)


class Posterior(NamedTuple):
    """A diagonal Gaussian over latents, (N, latent) each."""

    mean: Tensor
    log_std: Tensor


class InferenceGenerator(nn.Module):
    """G together with an encoder of its samples; by itself it is G: z (N, latent) to data."""

    def __init__(self, generator: nn.Module, encoder: Encoder) -> None:
        super().__init__()
        self.generator, self.encoder = generator, encoder

    def forward(self, z: Tensor) -> Tensor:
        return self.generator(z)

    def infer(self, x: Tensor) -> Posterior:
        """q(z | x) of data (N, *shape); the encoder gives two values a latent."""
        mean, log_std = self.encoder(x).chunk(2, dim=1)
        return Posterior(mean, log_std.clamp(-5, 2))


class JointCritic(nn.Module):
    """A D of pairs: data (N, *shape) and latents (N, latent) to logits (N,)."""

    def __init__(self, critic: Critic, latent: int) -> None:
        super().__init__()
        self.local, self.pool = critic.local, critic.pool
        self.joint = critic.normed(nn.Linear(critic.width + latent, critic.width))
        self.verdict = critic.normed(nn.Linear(critic.width, 1))

    def forward(self, x: Tensor, z: Tensor) -> Tensor:
        features = torch.cat([self.pool(self.local(x)), z.to(x.dtype)], dim=1)
        return self.verdict(self.joint(features).relu()).flatten()


class MarginalCritic(nn.Module):
    """A D of pairs as a function of data alone: each x with the mean of its own q(z | x)."""

    def __init__(self, critic: JointCritic, generator: InferenceGenerator) -> None:
        super().__init__()
        self.critic, self.generator = critic, generator

    def forward(self, x: Tensor) -> Tensor:
        return self.critic(x, self.generator.infer(x).mean)
