"""Projected gradient descent in the L-infinity ball, Madry et al. 2018."""

import torch
from torch import Tensor, nn

from ganmatrix.entry import Entry
from ganmatrix.probes.curve import curve_columns, robustness_curves
from ganmatrix.probes.input_gradient import input_gradient
from ganmatrix.probes.perturbation import Push, within_bounds
from ganmatrix.probes.subject import Probe, Subject


def pgd(
    discriminator: nn.Module,
    inputs: Tensor,
    strength: float,
    push: Push,
    steps: int,
    relative_step: float,
    bounded: bool,
    generator: torch.Generator | None,
) -> Tensor:
    """The last of `steps` signed gradient steps of size relative_step * strength.

    Each is projected to within `strength` of the inputs, and clipped if bounded. The start is
    uniform in the ball, drawn from `generator`; without one it is the input itself. Any corner of
    the ball is within reach of any start when steps * relative_step >= 2.
    """
    attacked = inputs
    if generator is not None:
        uniform = torch.rand(inputs.shape, generator=generator, device=generator.device)
        attacked = within_bounds(inputs + strength * (2 * uniform - 1).to(inputs.device), bounded)
    for _ in range(steps):
        moved = attacked + push * relative_step * strength * input_gradient(discriminator, attacked).sign()
        attacked = within_bounds(inputs + (moved - inputs).clamp(-strength, strength), bounded)
    return attacked


def _measure(subject: Subject) -> dict[str, Entry]:
    params = subject.params

    def perturb(discriminator: nn.Module, inputs: Tensor, strength: float, push: Push) -> Tensor:
        return pgd(
            discriminator,
            inputs,
            strength,
            push,
            params.pgd_steps,
            params.pgd_relative_step,
            subject.bounded,
            subject.stream,
        )

    protocol = {"steps": params.pgd_steps, "relative_step": params.pgd_relative_step, "start": "uniform"}
    return robustness_curves("pgd", subject, perturb, protocol)


PROBE = Probe(columns=curve_columns("pgd"), measure=_measure)
