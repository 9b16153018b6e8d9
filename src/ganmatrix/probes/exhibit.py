"""An attack on a few held-out reals, to be looked at: the one that `transfer` tries on other runs."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ganmatrix.probes.discrimination import logits
from ganmatrix.probes.transfer import Attack, AttackSource, Contestant, finite_logits


@dataclass(frozen=True)
class Exhibit:
    """The first reals (n, *shape), what the attack makes of them, and D's logits (n,) of both."""

    view: nn.Module
    strength: float
    reals: Tensor
    attacked: Tensor
    before: list[float]
    after: list[float]

    @property
    def note(self) -> dict[str, object]:
        """What a picture of it cannot say itself."""
        return {"strength": self.strength, "before": self.before, "after": self.after}


def exhibit(contestant: Contestant, reals: Tensor, attack: Attack, count: int) -> Exhibit:
    """The first `count` of the attacked reals. FloatingPointError if a gradient or a logit is not finite.

    All reals are attacked, as everywhere, since some D judge samples in packs.
    """
    source = AttackSource.of(contestant, reals, attack)
    before, after = (finite_logits(source.view, inputs)[:count] for inputs in (reals, source.attacked))
    attacked = source.attacked[:count]
    return Exhibit(source.view, attack.strength, reals[:count], attacked, before.tolist(), after.tolist())


def landscape(view: nn.Module, extent: float, side: int, batch: int, device: torch.device) -> Tensor:
    """D's logits (side, side) on the plane within [-extent, extent], the first row at the top.

    D sees `batch` points at a time, neighbours in a row; of packs it judges those.
    """
    ticks = torch.linspace(-extent, extent, side, device=device)
    plane = torch.cartesian_prod(-ticks, ticks).flip(1)
    padded = torch.cat([plane, plane[-1:].expand(-len(plane) % batch, -1)])
    found = [torch.from_numpy(logits(view, points)) for points in padded.split(batch)]
    return torch.cat(found)[: len(plane)].reshape(side, side)
