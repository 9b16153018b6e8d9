"""A discriminator that shows what it computes on its way to the logit."""

from typing import NamedTuple

from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm


class Views(NamedTuple):
    """What a critic makes of a batch of N."""

    logits: Tensor
    """(N,), high for what it takes to be real."""
    features: Tensor
    """(N, F), what the logit is a linear map of."""
    local: Tensor
    """(N, C, h, w) of images, (N, C) of points: what the features are pooled from."""


class Critic(nn.Module):
    """D in three parts: `local` maps, `pool` to features, a linear `logit`.

    A method that asks more of D than the logit hangs its own layers under `heads`; they are trained,
    saved and averaged as part of D.
    """

    def __init__(
        self,
        local: nn.Module,
        pool: nn.Module,
        logit: nn.Module,
        *,
        channels: int,
        width: int,
        spectral: bool,
    ) -> None:
        super().__init__()
        self.local, self.pool, self.logit = local, pool, logit
        self.channels = channels
        """C of the local maps."""
        self.width = width
        """F, the dimension of the features."""
        self.spectral = spectral
        """Whether every linear map of D is spectrally normalised: then heads are, too."""
        self.heads = nn.ModuleDict()

    def forward(self, x: Tensor) -> Tensor:
        return self.logit(self.pool(self.local(x))).flatten()

    def views(self, x: Tensor) -> Views:
        """The logits with the features and local maps that they come from."""
        local = self.local(x)
        features = self.pool(local)
        return Views(self.logit(features).flatten(), features, local)

    def normed(self, layer: nn.Module) -> nn.Module:
        """A new linear layer, spectrally normalised where D's own are."""
        return spectral_norm(layer) if self.spectral else layer


def normalise_spectrally(network: nn.Module) -> None:
    """Spectral norm on every linear map of the network, in place: largest singular value 1."""
    for module in list(network.modules()):
        if isinstance(module, nn.Linear | nn.Conv2d):
            spectral_norm(module)
