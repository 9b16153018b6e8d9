"""How much of the gradient that G receives is peculiar to a point rather than to its neighbourhood.

AS-GAN (Liu et al. 2021) claims that D's gradient at fakes carries adversarial noise: directions that no
neighbour shares. The average over a Gaussian neighbourhood is the gradient of the smoothed D; the
cosine to it is 1 where there is no such noise, near 0 where there is nothing else. The mean over few
draws keeps some noise of its own, so that the cosine is too small rather than too large.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ganmatrix.entry import Entry, null_entries
from ganmatrix.probes.discrimination import normalised_area
from ganmatrix.probes.input_gradient import input_gradient
from ganmatrix.probes.subject import Probe, Subject

FLAT = "D is flat at every fake"


def averaged_gradient(
    discriminator: nn.Module, inputs: Tensor, strength: float, draws: int, generator: torch.Generator
) -> Tensor:
    """Mean of grad D(x + delta) over draws of delta, N(0, strength^2) in every coordinate, not clipped."""
    total = torch.zeros_like(inputs)
    for _ in range(draws):
        delta = torch.randn(inputs.shape, generator=generator, device=generator.device).to(inputs)
        total += input_gradient(discriminator, inputs + strength * delta)
    return total / draws


def mean_cosine(one: Tensor, other: Tensor) -> float | None:
    """Mean cosine of vectors (N, *shape) with their partners, of the pairs without a zero; None if none."""
    one, other = one.flatten(1).double(), other.flatten(1).double()
    directed = (one != 0).any(dim=1) & (other != 0).any(dim=1)
    if not directed.any():
        return None
    return F.cosine_similarity(one[directed], other[directed], eps=1e-300).mean().item()


def _measure(subject: Subject) -> dict[str, Entry]:
    discriminator, fakes = subject.fake_view, subject.fakes
    draws, strengths = subject.params.neighbourhood_draws, subject.strengths
    own = input_gradient(discriminator, fakes)
    cosines: list[float | None] = []
    for strength in strengths:
        # The same draws at every strength.
        stream = subject.stream.clone_state()
        average = averaged_gradient(discriminator, fakes, strength, draws, stream) if strength else own
        cosines.append(mean_cosine(own, average))
    known = [cosine for cosine in cosines if cosine is not None]
    if len(known) < len(cosines):
        return null_entries(PROBE.columns, FLAT)
    protocol = subject.protocol | {"draws": draws, "neighbourhood": "Gaussian"}
    return {
        "gradient_cosine": {
            "value": normalised_area(strengths, known),
            "curve": {"axis": "strength", "at": [*strengths], "value": cosines},
            "protocol": protocol,
        }
    }


PROBE = Probe(columns=("gradient_cosine",), measure=_measure)
