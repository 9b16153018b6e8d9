"""Random sign noise, and noise of exact L2 norm in a uniform direction: the controls of the attacks.

It has the norm of a step of the attack but knows nothing of D: what accuracy falls under it is
mere sensitivity, and only the further fall under attack is adversarial vulnerability.
"""

import torch
from torch import Tensor, nn

from ganmatrix.entry import Entry
from ganmatrix.probes.discrimination import robustness_columns, robustness_curves
from ganmatrix.probes.perturbation import L2, LINF, Ball, Push, within_bounds
from ganmatrix.probes.subject import Probe, Subject


def noisy(inputs: Tensor, strength: float, ball: Ball, bounded: bool, generator: torch.Generator) -> Tensor:
    """x + strength * (a random direction on the ball's surface), clipped if bounded."""
    return within_bounds(inputs + strength * ball.random_direction(inputs, generator), bounded)


def noise_probe(name: str, ball: Ball) -> Probe:
    """Noise of that ball, under that name."""

    def measure(subject: Subject) -> dict[str, Entry]:
        def perturb(discriminator: nn.Module, inputs: Tensor, strength: float, push: Push) -> Tensor:
            return noisy(inputs, strength, ball, subject.bounded, subject.stream)

        return robustness_curves(name, subject, perturb, ball.protocol)

    return Probe(columns=robustness_columns(name), measure=measure)


PROBE = noise_probe("noise", LINF)
PROBE_L2 = noise_probe("noise_l2", L2)
