"""Fast gradient sign method, Goodfellow et al. 2015: one step of the full strength."""

from torch import Tensor, nn

from ganmatrix.entry import Entry
from ganmatrix.probes.curve import curve_columns, robustness_curves
from ganmatrix.probes.input_gradient import input_gradient
from ganmatrix.probes.perturbation import Push, within_bounds
from ganmatrix.probes.subject import Probe, Subject


def fgsm(discriminator: nn.Module, inputs: Tensor, strength: float, push: Push, bounded: bool) -> Tensor:
    """x + push * strength * sign(grad_x D(x)), clipped if bounded.

    D is the logit. The sigmoid and the cross-entropy on top are monotonic, so that their
    gradient has the same sign, but it vanishes in float32 where D is confident.
    """
    step = push * strength * input_gradient(discriminator, inputs).sign()
    return within_bounds(inputs + step, bounded)


def _measure(subject: Subject) -> dict[str, Entry]:
    def perturb(discriminator: nn.Module, inputs: Tensor, strength: float, push: Push) -> Tensor:
        return fgsm(discriminator, inputs, strength, push, subject.bounded)

    return robustness_curves("fgsm", subject, perturb, {})


PROBE = Probe(columns=curve_columns("fgsm"), measure=_measure)
