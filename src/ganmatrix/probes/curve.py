"""Discrimination as its inputs are perturbed ever more strongly."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ganmatrix.entry import Entry
from ganmatrix.probes.discrimination import accuracy, auroc
from ganmatrix.probes.perturbation import Push
from ganmatrix.probes.subject import Subject

Perturb = Callable[[nn.Module, Tensor, float, Push], Tensor]

MEASURES = {"accuracy": accuracy, "auroc": auroc}


def curve_columns(name: str) -> tuple[str, ...]:
    """`fgsm_accuracy`, `fgsm_auroc`."""
    return tuple(f"{name}_{measure}" for measure in MEASURES)


def robustness_curves(
    name: str, subject: Subject, perturb: Perturb, protocol: dict[str, Any]
) -> dict[str, Entry]:
    """Accuracy and AUROC with reals pushed to look fake and fakes to look real, both at once.

    The value is the area under the curve over the range of strengths, hence a mean in 0..1.
    """
    curves: dict[str, list[float]] = {measure: [] for measure in MEASURES}
    for strength in subject.strengths:
        reals, fakes = subject.reals, subject.fakes
        if strength > 0:
            reals = perturb(subject.real_view, reals, strength, Push.DOWN)
            fakes = perturb(subject.fake_view, fakes, strength, Push.UP)
        real_logits, fake_logits = logits(subject.real_view, reals), logits(subject.fake_view, fakes)
        for measure, function in MEASURES.items():
            curves[measure].append(function(real_logits, fake_logits))
    conditions = subject.protocol | {"norm": "Linf", "bounded": subject.bounded} | protocol
    return {
        f"{name}_{measure}": {
            "value": normalised_area(subject.strengths, values),
            "curve": {"axis": "strength", "at": [*subject.strengths], "value": [*values]},
            "protocol": conditions,
        }
        for measure, values in curves.items()
    }


def normalised_area(strengths: tuple[float, ...], values: list[float]) -> float:
    """Area by the trapezoid rule, divided by the range of strengths."""
    return float(np.trapezoid(values, strengths) / (strengths[-1] - strengths[0]))


@torch.no_grad()
def logits(discriminator: nn.Module, inputs: Tensor) -> NDArray[np.float32]:
    """D's logits (n,) of inputs (n, *shape)."""
    found: NDArray[np.float32] = discriminator(inputs).cpu().numpy()
    return found
