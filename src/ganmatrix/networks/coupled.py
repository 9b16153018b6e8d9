"""Players for two domains at once, as CoGAN couples them: what is far from the data is shared."""

from typing import NamedTuple

from torch import Tensor, nn

from ganmatrix.networks.critic import Critic


class Both(NamedTuple):
    """One value for each domain."""

    first: Tensor
    second: Tensor


def _weighted(layers: nn.Sequential) -> list[int]:
    return [i for i, layer in enumerate(layers) if any(True for _ in layer.parameters())]


class CoupledGenerator(nn.Module):
    """Two G that differ in their last weighted layer; by itself the first one: z to data."""

    def __init__(self, first: nn.Sequential, second: nn.Sequential) -> None:
        super().__init__()
        last = _weighted(first)[-1]
        self.shared, self.first, self.second = first[:last], first[last:], second[last:]

    def forward(self, z: Tensor) -> Tensor:
        return self.first(self.shared(z))

    def both(self, z: Tensor) -> Both:
        """What each makes of the same latents."""
        common = self.shared(z)
        return Both(self.first(common), self.second(common))


class CoupledCritic(nn.Module):
    """Two D that differ in their first weighted layer; by itself the first domain's: data to logits."""

    def __init__(self, first: Critic, second: Critic) -> None:
        super().__init__()
        assert isinstance(first.local, nn.Sequential)
        assert isinstance(second.local, nn.Sequential)
        start = _weighted(first.local)[0] + 1
        self.first, self.second = first.local[:start], second.local[:start]
        self.shared = nn.Sequential(first.local[start:], first.pool, first.logit, nn.Flatten(0))

    def forward(self, x: Tensor) -> Tensor:
        return self.shared(self.first(x))

    def other(self, x: Tensor) -> Tensor:
        """Logits (N,) of data of the second domain."""
        return self.shared(self.second(x))
