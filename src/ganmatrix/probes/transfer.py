"""Transfer of attacks: made on one discriminator (the source), tried on another (the target).

With x' = PGD(D_s, x) of reals x pushed to look fake, and drop_t(x') = mean[D_t(x) - D_t(x')], the
transfer rate is drop_t(x'_s) / drop_t(x'_t) (after Papernot et al. 2016, who count labels that change):
1 on the diagonal, 0 where the source's attack does nothing to the target. For linear D and no bounds it
is w_t.sign(w_s) / |w_t|_1. Logits differ in scale between losses; the target's own drop cancels it.

The control is sign noise of the same norm in the place of the attack: a rate that is no higher is
sensitivity to any perturbation, not transfer.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ganmatrix.params.probes import Probes
from ganmatrix.probes.discrimination import logits
from ganmatrix.probes.noise import noisy
from ganmatrix.probes.perturbation import LINF, Push
from ganmatrix.probes.pgd import pgd
from ganmatrix.probes.subject import OWN_STATISTICS, view_of

P = ParamSpec("P")
T = TypeVar("T")

ROUNDING = float(np.finfo(np.float32).eps)
"""A drop below this share of the logits' own size is their rounding."""


@dataclass(frozen=True)
class Attack:
    """PGD in the L-infinity ball; `bounded` data are images within [-1, 1]."""

    strength: float
    steps: int
    relative_step: float
    bounded: bool

    @classmethod
    def of(cls, params: Probes, bounded: bool) -> "Attack":
        """The attack that the params name for images (`bounded`) or points.

        By default its strength is the middle one of the curves, of two middles the upper.
        """
        chosen = params.transfer_image_strength if bounded else params.transfer_point_strength
        strengths = params.image_strengths if bounded else params.point_strengths
        strength = strengths[len(strengths) // 2] if chosen is None else chosen
        return cls(strength, params.pgd_steps, params.pgd_relative_step, bounded)

    @property
    def protocol(self) -> dict[str, Any]:
        return {
            "attack": "pgd",
            "norm": LINF.norm,
            "strength": self.strength,
            "steps": self.steps,
            "relative_step": self.relative_step,
            "start": LINF.start,
            "bounded": self.bounded,
            "batch_statistics": OWN_STATISTICS,
        }


@dataclass(frozen=True)
class Contestant:
    """A run's D in eval mode, and the stream that its attack and its noise are drawn from."""

    discriminator: nn.Module
    stream: torch.Generator


@dataclass(frozen=True)
class Outcome:
    """What a source's attack does to a target. A number is None exactly when `reason` says why."""

    rate: float | None = None
    control: float | None = None
    """The target's drop under sign noise, over its drop under its own attack."""
    flipped: float | None = None
    """Share of the reals that the target calls real (logit above 0) and no longer does, 0..1."""
    reason: str | None = None


@dataclass(frozen=True)
class AttackSource:
    """A D in its view of reals, and the reals as it would have them attacked."""

    view: nn.Module
    attacked: Tensor
    noisy: Tensor

    @classmethod
    def of(cls, contestant: Contestant, reals: Tensor, attack: Attack) -> "AttackSource":
        """FloatingPointError if an input gradient is not finite."""
        view = view_of(contestant.discriminator, reals)
        attacked = pgd(
            view,
            reals,
            attack.strength,
            Push.DOWN,
            LINF,
            attack.steps,
            attack.relative_step,
            attack.bounded,
            contestant.stream.clone_state(),
        )
        noise = noisy(reals, attack.strength, LINF, attack.bounded, contestant.stream.clone_state())
        return cls(view, attacked, noise)


@dataclass(frozen=True)
class Target:
    """A D, what it says of unperturbed reals (n,), and its mean drops under its own attack and noise."""

    view: nn.Module
    clean: NDArray[np.float32]
    own_drop: float
    noise_drop: float

    @classmethod
    def of(cls, own: AttackSource, reals: Tensor) -> "Target":
        """FloatingPointError if a logit is not finite."""
        clean = finite_logits(own.view, reals)
        drops = (_drop(clean, finite_logits(own.view, inputs)) for inputs in (own.attacked, own.noisy))
        return cls(own.view, clean, *drops)

    def under(self, attacked: Tensor) -> Outcome:
        """What these inputs (n, *shape) do to D. FloatingPointError if a logit is not finite."""
        found = finite_logits(self.view, attacked)
        reasons = []
        rate = control = flipped = None
        if self.own_drop > ROUNDING * float(np.abs(self.clean).max()):
            rate, control = _drop(self.clean, found) / self.own_drop, self.noise_drop / self.own_drop
        else:
            reasons.append("its own attack does not lower its logits")
        if (called := self.clean > 0).any():
            flipped = float((found[called] <= 0).mean())
        else:
            reasons.append("it calls no real sample real")
        return Outcome(rate, control, flipped, f"target: {'; '.join(reasons)}" if reasons else None)


def transfers(
    contestants: Mapping[str, Contestant | str], reals: Tensor, attack: Attack
) -> Iterator[dict[tuple[str, str], Outcome]]:
    """By (source, target): every contestant's attack on reals (n, *shape), tried on every contestant.

    A text in the place of a contestant says why there is none. Streams are copied, so that a pair's
    numbers depend on no third. Gives the outcomes of one target at a time.
    """
    sources = {
        name: found if isinstance(found, str) else _attempt(AttackSource.of, found, reals, attack)
        for name, found in contestants.items()
    }
    for name, own in sources.items():
        target = own if isinstance(own, str) else _attempt(Target.of, own, reals)
        yield {(other, name): _outcome(source, target) for other, source in sources.items()}


def _outcome(source: AttackSource | str, target: Target | str) -> Outcome:
    if isinstance(target, str):
        return Outcome(reason=f"target: {target}")
    if isinstance(source, str):
        return Outcome(reason=f"source: {source}")
    outcome = _attempt(target.under, source.attacked)
    return Outcome(reason=f"target: {outcome}") if isinstance(outcome, str) else outcome


def _attempt(make: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | str:
    """What is made, or what was not finite."""
    try:
        return make(*args, **kwargs)
    except FloatingPointError as error:
        return str(error)


def finite_logits(view: nn.Module, inputs: Tensor) -> NDArray[np.float32]:
    """D's logits (n,); FloatingPointError if one is not finite."""
    found = logits(view, inputs)
    if not np.isfinite(found).all():
        raise FloatingPointError("the discriminator's logits are not finite")
    return found


def _drop(clean: NDArray[np.float32], found: NDArray[np.float32]) -> float:
    """mean[D(x) - D(x')]."""
    return float((clean.astype(np.float64) - found).mean())
