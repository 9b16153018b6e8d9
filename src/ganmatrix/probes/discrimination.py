"""How well D tells reals from fakes, and how that changes as its inputs are changed ever more."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ganmatrix.entry import Axis, Entry
from ganmatrix.probes.perturbation import Push
from ganmatrix.probes.subject import Subject


def real_accuracy(real_logits: NDArray[np.floating]) -> float:
    """Share of reals that are called real, their logit above 0; 0..1."""
    _require_finite(real_logits)
    return float((real_logits > 0).mean())


def fake_accuracy(fake_logits: NDArray[np.floating]) -> float:
    """Share of fakes that are called fake, their logit not above 0; 0..1."""
    _require_finite(fake_logits)
    return float((fake_logits <= 0).mean())


def accuracy(real_logits: NDArray[np.floating], fake_logits: NDArray[np.floating]) -> float:
    """Mean of the shares of reals called real and of fakes called fake, 0..1; chance is 1/2."""
    return (real_accuracy(real_logits) + fake_accuracy(fake_logits)) / 2


def auroc(real_logits: NDArray[np.floating], fake_logits: NDArray[np.floating]) -> float:
    """Probability that a real scores above a fake, ties counting half, 0..1: Mann-Whitney's U / (n m)."""
    _require_finite(real_logits, fake_logits)
    fakes = np.sort(fake_logits)
    below = np.searchsorted(fakes, real_logits, side="left")
    not_above = np.searchsorted(fakes, real_logits, side="right")
    return float((below + not_above).mean() / (2 * len(fakes)))


def _require_finite(*logits: NDArray[np.floating]) -> None:
    if not all(np.isfinite(side).all() for side in logits):
        raise FloatingPointError("the discriminator's logits are not finite")


Perturb = Callable[[nn.Module, Tensor, float, Push], Tensor]

MEASURES = {"accuracy": accuracy, "auroc": auroc}


def curve_columns(name: str) -> tuple[str, ...]:
    """`rotation_accuracy`, `rotation_auroc`."""
    return tuple(f"{name}_{measure}" for measure in MEASURES)


def robustness_columns(name: str) -> tuple[str, ...]:
    """`fgsm_accuracy`, `fgsm_auroc`, then the same of `fgsm_real` and of `fgsm_fake`."""
    return tuple(column for side in (name, f"{name}_real", f"{name}_fake") for column in curve_columns(side))


def robustness_curves(
    name: str, subject: Subject, perturb: Perturb, protocol: dict[str, Any]
) -> dict[str, Entry]:
    """Accuracy and AUROC with reals pushed to look fake and fakes to look real.

    First with both at once, then with each side alone, the other left as it is: then accuracy is that
    of the side which is pushed. The value is the area under the curve over the range of strengths,
    hence a mean in 0..1.
    """
    clean_real = logits(subject.real_view, subject.reals)
    clean_fake = logits(subject.fake_view, subject.fakes)
    rows = []
    for strength in subject.strengths:
        real, fake = clean_real, clean_fake
        if strength > 0:
            reals = perturb(subject.real_view, subject.reals, strength, Push.DOWN)
            fakes = perturb(subject.fake_view, subject.fakes, strength, Push.UP)
            real, fake = logits(subject.real_view, reals), logits(subject.fake_view, fakes)
        rows.append(
            (
                *(measure(real, fake) for measure in MEASURES.values()),
                *(real_accuracy(real), auroc(real, clean_fake)),
                *(fake_accuracy(fake), auroc(clean_real, fake)),
            )
        )
    conditions = subject.protocol | {"bounded": subject.bounded} | protocol
    return curve_entries(robustness_columns(name), "strength", subject.strengths, rows, conditions)


def discrimination(subject: Subject, reals: Tensor, fakes: Tensor) -> tuple[float, ...]:
    """The values of `MEASURES` on these samples."""
    real, fake = logits(subject.real_view, reals), logits(subject.fake_view, fakes)
    return tuple(measure(real, fake) for measure in MEASURES.values())


def curve_entries(
    columns: Sequence[str],
    axis: Axis,
    at: Sequence[float],
    rows: Sequence[Sequence[float]],
    protocol: dict[str, Any],
) -> dict[str, Entry]:
    """An entry a column from its values, of which a row holds one for each column at a point of the axis."""
    return {
        column: {
            "value": normalised_area(at, values),
            "curve": {"axis": axis, "at": [*at], "value": [*values]},
            "protocol": protocol,
        }
        for column, values in zip(columns, zip(*rows, strict=True), strict=True)
    }


def normalised_area(at: Sequence[float], values: Sequence[float]) -> float:
    """Area by the trapezoid rule, divided by the range of the axis."""
    return float(np.trapezoid(values, at) / (at[-1] - at[0]))


@torch.no_grad()
def logits(discriminator: nn.Module, inputs: Tensor) -> NDArray[np.float32]:
    """D's logits (n,) of inputs (n, *shape)."""
    found: NDArray[np.float32] = discriminator(inputs).cpu().numpy()
    return found
