"""Projected gradient descent in the L-infinity ball and in the L2 ball, Madry et al. 2018."""

import torch
from torch import Tensor, nn

from ganmatrix.entry import Entry
from ganmatrix.probes.discrimination import robustness_columns, robustness_curves
from ganmatrix.probes.input_gradient import input_gradient
from ganmatrix.probes.perturbation import L2, LINF, Ball, Push, within_bounds
from ganmatrix.probes.subject import Probe, Subject


def pgd(
    discriminator: nn.Module,
    inputs: Tensor,
    strength: float,
    push: Push,
    ball: Ball,
    steps: int,
    relative_step: float,
    bounded: bool,
    generator: torch.Generator | None,
) -> Tensor:
    """The last of `steps` steps of size relative_step * strength in the ball's steepest direction.

    Each is projected to the ball of that strength around the inputs, and clipped if bounded. The
    start is by chance in the ball, drawn from `generator`; without one it is the input itself. Any
    point of the ball is within reach of any start when steps * relative_step >= 2.
    """
    attacked = inputs
    if generator is not None:
        attacked = within_bounds(inputs + strength * ball.random_start(inputs, generator), bounded)
    for _ in range(steps):
        direction = ball.steepest(input_gradient(discriminator, attacked))
        moved = attacked + push * relative_step * strength * direction
        attacked = within_bounds(inputs + ball.project(moved - inputs, strength), bounded)
    return attacked


def pgd_probe(name: str, ball: Ball) -> Probe:
    """The attack within that ball, under that name."""

    def measure(subject: Subject) -> dict[str, Entry]:
        steps, relative_step = subject.params.pgd_steps, subject.params.pgd_relative_step

        def perturb(discriminator: nn.Module, inputs: Tensor, strength: float, push: Push) -> Tensor:
            return pgd(
                discriminator,
                inputs,
                strength,
                push,
                ball,
                steps,
                relative_step,
                subject.bounded,
                subject.stream,
            )

        protocol = {"steps": steps, "relative_step": relative_step, "start": ball.start}
        return robustness_curves(name, subject, perturb, ball.protocol | protocol)

    return Probe(columns=robustness_columns(name), measure=measure)


PROBE = pgd_probe("pgd", LINF)
PROBE_L2 = pgd_probe("pgd_l2", L2)
