"""Random sign noise, the control of the attacks.

It has the L-infinity norm of an FGSM step but knows nothing of D: what accuracy falls under it is
mere sensitivity, and only the further fall under attack is adversarial vulnerability.
"""

import torch
from torch import Tensor, nn

from ganmatrix.entry import Entry
from ganmatrix.probes.balls import LINF, Ball
from ganmatrix.probes.curve import robustness_columns, robustness_curves
from ganmatrix.probes.perturbation import Push, within_bounds
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
