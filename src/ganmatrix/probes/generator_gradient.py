"""How much of G's gradient is the luck of its latents: what AS-GAN (Liu et al. 2021) means to reduce."""

from collections.abc import Iterable, Iterator, Sequence

import torch
from torch import Tensor

from ganmatrix.entry import Entry, null_entries
from ganmatrix.probes.subject import Probe, Subject


def relative_variance(gradients: Iterable[Tensor]) -> float | None:
    """E|g - mean g|^2 / |mean g|^2 over two or more gradients (P,); None where their mean is 0.

    The variance has n - 1 degrees of freedom. n gradients that have nothing in common give n.
    """
    count, total, squares = 0, torch.zeros(()), torch.zeros(())
    for gradient in gradients:
        exact = gradient.double()
        count, total, squares = count + 1, exact + total, exact.square().sum() + squares
    signal = (total / count).square().sum()
    if signal == 0:
        return None
    return ((squares - count * signal) / (count - 1) / signal).clamp(min=0).item()


def weight_gradients(subject: Subject, weights: Sequence[Tensor]) -> Iterator[Tensor]:
    """The gradient of mean D(G(z)) in G's weights (P,), of one batch of fresh latents after another.

    G is in eval mode, so that its samples do not depend on each other. Weights that D(G(z)) does not
    depend on, such as those of an encoder beside G, count with 0. No `.grad` is touched.
    """
    shape, stream = subject.game.latents.shape, subject.stream
    for _ in range(subject.params.generator_batches):
        latents = torch.randn(shape, generator=stream, device=stream.device).to(subject.game.latents)
        with torch.enable_grad():
            score = subject.fake_view(subject.game.generator(latents)).mean()
            pieces = torch.autograd.grad(score, weights, materialize_grads=True)
        gradient = torch.cat([piece.flatten() for piece in pieces])
        if not gradient.isfinite().all():
            raise FloatingPointError("the generator's gradient is not finite")
        yield gradient


def _measure(subject: Subject) -> dict[str, Entry]:
    weights = list(subject.game.generator.parameters())
    if not weights:
        return null_entries(PROBE.columns, "the generator has no weights")
    value = relative_variance(weight_gradients(subject, weights))
    if value is None:
        return null_entries(PROBE.columns, "the generator receives no gradient")
    protocol = subject.protocol | {
        "batches": subject.params.generator_batches,
        "batch_size": len(subject.game.latents),
    }
    return {"generator_gradient_variance": {"value": value, "protocol": protocol}}


PROBE = Probe(columns=("generator_gradient_variance",), measure=_measure)
