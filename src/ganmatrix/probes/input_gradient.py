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


PIECE = 256
"""Samples at a time: their maps fit a processor's cache, and larger pieces take longer."""


def input_gradient(discriminator: Callable[[Tensor], Tensor], inputs: Tensor) -> Tensor:
    """grad_x D(x) of each sample, the shape of inputs; D is the logit.

    One backward pass of the summed logits serves a piece of the samples, because in eval mode none depends
    on another. Parameters receive no gradient. FloatingPointError if it is not finite.
    """
    gradient = torch.cat([_of_piece(discriminator, piece) for piece in inputs.split(PIECE)])
    if not gradient.isfinite().all():
        raise FloatingPointError("the discriminator's input gradient is not finite")
    return gradient


def _of_piece(discriminator: Callable[[Tensor], Tensor], inputs: Tensor) -> Tensor:
    # A clone, because fakes that were made in inference mode cannot require a gradient.
    leaf = inputs.detach().clone().requires_grad_()
    with torch.enable_grad():
        return torch.autograd.grad(discriminator(leaf).sum(), leaf)[0]


def gradient_norms(discriminator: nn.Module, inputs: Tensor) -> Tensor:
    """L2 norm of grad_x D(x) of each sample (n,), logits per data unit."""
    return input_gradient(discriminator, inputs).flatten(start_dim=1).norm(dim=1)


def _measure(subject: Subject) -> dict[str, Entry]:
    entries: dict[str, Entry] = {}
    between = interpolates(subject.reals, subject.fakes, subject.stream)
    sides = {
        "real": (subject.real_view, subject.reals, subject.protocol),
        "fake": (subject.fake_view, subject.fakes, subject.protocol),
        "interpolate": (subject.fake_view, between, subject.protocol_between),
    }
    for side, (discriminator, inputs, protocol) in sides.items():
        norms = gradient_norms(discriminator, inputs)
        for statistic, function in STATISTICS.items():
            entries[f"gradient_norm_{side}{statistic}"] = {
                "value": function(norms).item(),
                "protocol": protocol | {"norm": "L2"},
            }
    return entries


PROBE = Probe(
    columns=tuple(
        f"gradient_norm_{side}{statistic}"
        for side in ("real", "fake", "interpolate")
        for statistic in STATISTICS
    ),
    measure=_measure,
)


def interpolates(reals: Tensor, fakes: Tensor, generator: torch.Generator) -> Tensor:
    """u x + (1 - u) G(z) of each pair (N, *shape), with its own u uniform in [0, 1)."""
    shape = (len(reals), *[1] * (reals.ndim - 1))
    shares = torch.rand(shape, generator=generator, device=generator.device).to(reals)
    return torch.lerp(fakes, reals, shares)
