"""One perturbation for all samples of a side, after Moosavi-Dezfooli et al. 2017.

It is found on one half of the samples and tested on the other: what it fools there is a direction that
D has in common everywhere, not an accident of single samples.
"""

import dataclasses

import torch
from torch import Tensor, nn

from ganmatrix.entry import Entry, null_entries
from ganmatrix.methods.pac_gan import Packed
from ganmatrix.probes.discrimination import robustness_columns, robustness_curves
from ganmatrix.probes.input_gradient import input_gradient
from ganmatrix.probes.perturbation import LINF, Push, within_bounds
from ganmatrix.probes.subject import Probe, Subject

STEPS = 5
RELATIVE_STEP = 0.4
"""Size of a step as a share of the strength: every corner is within reach of every other in five."""

COLUMNS = robustness_columns("universal")


def universal(discriminator: nn.Module, inputs: Tensor, strength: float, push: Push, bounded: bool) -> Tensor:
    """The perturbation (*shape) of L-infinity norm <= strength that drives the mean logit of inputs.

    `STEPS` steps of projected signed gradient descent (Shafahi et al. 2020) from 0, along
    grad_v mean D(clip(x + v)). Where bounds clip a sample, it has no say.
    """

    def clipped(moved: Tensor) -> Tensor:
        logits: Tensor = discriminator(within_bounds(moved, bounded))
        return logits

    perturbation = torch.zeros_like(inputs[0])
    for _ in range(STEPS):
        slope = input_gradient(clipped, inputs + perturbation).mean(dim=0)
        moved = perturbation + push * RELATIVE_STEP * strength * LINF.steepest(slope)
        perturbation = LINF.project(moved, strength)
    return perturbation


def _measure(subject: Subject) -> dict[str, Entry]:
    game = subject.game
    half = _half(game.discriminator, len(game.fakes))
    if half == 0:
        return null_entries(COLUMNS, "all samples make one pack, which has no halves")
    found_on = {Push.DOWN: game.reals[:half], Push.UP: game.fakes[:half]}
    rest = dataclasses.replace(
        game, reals=game.reals[half:], fakes=game.fakes[half:], latents=game.latents[half:]
    )

    def perturb(discriminator: nn.Module, inputs: Tensor, strength: float, push: Push) -> Tensor:
        perturbation = universal(discriminator, found_on[push], strength, push, subject.bounded)
        return within_bounds(inputs + perturbation, subject.bounded)

    protocol = {
        "found_on": f"{half} other samples of each side",
        "steps": STEPS,
        "relative_step": RELATIVE_STEP,
        "start": "zero",
    }
    return robustness_curves(
        "universal", dataclasses.replace(subject, game=rest), perturb, LINF.protocol | protocol
    )


def _half(discriminator: nn.Module, samples: int) -> int:
    """Half of the samples, in whole packs where D judges packs."""
    pack = max((part.packing for part in discriminator.modules() if isinstance(part, Packed)), default=1)
    return samples // 2 // pack * pack


PROBE = Probe(columns=COLUMNS, measure=_measure)
