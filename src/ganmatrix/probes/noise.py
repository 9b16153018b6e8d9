"""Random sign noise, the control of the attacks.

It has the L-infinity norm of an FGSM step but knows nothing of D: what accuracy falls under it is
mere sensitivity, and only the further fall under attack is adversarial vulnerability.
"""

import torch
from torch import Tensor, nn

from ganmatrix.entry import Entry
from ganmatrix.probes.curve import curve_columns, robustness_curves
from ganmatrix.probes.perturbation import Push, within_bounds
from ganmatrix.probes.subject import Probe, Subject


def sign_noise(inputs: Tensor, strength: float, bounded: bool, generator: torch.Generator) -> Tensor:
    """x + strength * s with independent s = +-1 of equal probability, clipped if bounded."""
    bits = torch.randint(0, 2, inputs.shape, generator=generator, device=generator.device)
    return within_bounds(inputs + strength * (2 * bits - 1).to(inputs), bounded)


def _measure(subject: Subject) -> dict[str, Entry]:
    def perturb(discriminator: nn.Module, inputs: Tensor, strength: float, push: Push) -> Tensor:
        return sign_noise(inputs, strength, subject.bounded, subject.stream)

    return robustness_curves("noise", subject, perturb, {})


PROBE = Probe(columns=curve_columns("noise"), measure=_measure)
