"""The discriminator's gradient in its input: the size of what it tells the generator."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from ganmatrix.entry import Entry
from ganmatrix.probes.subject import Probe, Subject

STATISTICS: dict[str, Callable[[Tensor], Tensor]] = {
    "": torch.mean,
    "_p95": lambda norms: norms.quantile(0.95),
    "_max": torch.max,
}
"""By the suffix of a column: the mean has none."""


def input_gradient(discriminator: Callable[[Tensor], Tensor], inputs: Tensor) -> Tensor:
    """grad_x D(x) of each sample, the shape of inputs; D is the logit.

    One backward pass of the summed logits serves all samples, because in eval mode none depends on
    another. Parameters receive no gradient. FloatingPointError if it is not finite.
    """
    # A clone, because fakes that were made in inference mode cannot require a gradient.
    leaf = inputs.detach().clone().requires_grad_()
    with torch.enable_grad():
        gradient: Tensor = torch.autograd.grad(discriminator(leaf).sum(), leaf)[0]
    if not gradient.isfinite().all():
        raise FloatingPointError("the discriminator's input gradient is not finite")
    return gradient


def gradient_norms(discriminator: nn.Module, inputs: Tensor) -> Tensor:
    """L2 norm of grad_x D(x) of each sample (n,), logits per data unit."""
    gradient = input_gradient(discriminator, inputs)
    norms: Tensor = torch.linalg.vector_norm(gradient.flatten(start_dim=1), dim=1)
    return norms


def _measure(subject: Subject) -> dict[str, Entry]:
    entries: dict[str, Entry] = {}
    sides = {"real": (subject.real_view, subject.reals), "fake": (subject.fake_view, subject.fakes)}
    for side, (discriminator, inputs) in sides.items():
        norms = gradient_norms(discriminator, inputs)
        for statistic, function in STATISTICS.items():
            entries[f"gradient_norm_{side}{statistic}"] = {
                "value": function(norms).item(),
                "protocol": subject.protocol | {"norm": "L2"},
            }
    return entries


PROBE = Probe(
    columns=tuple(
        f"gradient_norm_{side}{statistic}" for side in ("real", "fake") for statistic in STATISTICS
    ),
    measure=_measure,
)
