"""Fast gradient sign method, Goodfellow et al. 2015: one step of the full strength.

In the L2 norm it is a step along g / |g|_2, Miyato et al. 2017.
"""

from torch import Tensor, nn

from ganmatrix.entry import Entry
from ganmatrix.probes.discrimination import robustness_columns, robustness_curves
from ganmatrix.probes.input_gradient import input_gradient
from ganmatrix.probes.perturbation import L2, LINF, Ball, Push, within_bounds
from ganmatrix.probes.subject import Probe, Subject


def fast_gradient(
    discriminator: nn.Module, inputs: Tensor, strength: float, push: Push, ball: Ball, bounded: bool
) -> Tensor:
    """x + push * strength * (the ball's steepest direction along grad_x D(x)), clipped if bounded.

    D is the logit. The sigmoid and the cross-entropy on top are monotonic, so that their
    gradient has the same direction, but it vanishes in float32 where D is confident.
    """
    step = push * strength * ball.steepest(input_gradient(discriminator, inputs))
    return within_bounds(inputs + step, bounded)


def fast_gradient_probe(name: str, ball: Ball) -> Probe:
    """The attack within that ball, under that name."""

    def measure(subject: Subject) -> dict[str, Entry]:
        def perturb(discriminator: nn.Module, inputs: Tensor, strength: float, push: Push) -> Tensor:
            return fast_gradient(discriminator, inputs, strength, push, ball, subject.bounded)

        return robustness_curves(name, subject, perturb, ball.protocol)

    return Probe(columns=robustness_columns(name), measure=measure)


PROBE = fast_gradient_probe("fgsm", LINF)
PROBE_L2 = fast_gradient_probe("fgsm_l2", L2)
