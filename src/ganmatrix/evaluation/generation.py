"""What generators make of latents, batch by batch."""

from collections.abc import Iterator

import torch
from torch import Tensor, nn

BATCH_SIZE = 256

NON_FINITE = "the generator's samples are not finite"


@torch.inference_mode()
def batches(generator: nn.Module, latents: Tensor) -> Iterator[Tensor]:
    """G of latents (n, d) in order, in batches. FloatingPointError if a sample is not finite."""
    for batch in latents.split(BATCH_SIZE):
        samples = generator(batch)
        if not samples.isfinite().all():
            raise FloatingPointError(NON_FINITE)
        yield samples


def generate(generator: nn.Module, latents: Tensor) -> Tensor:
    """G of all latents (n, d). FloatingPointError if a sample is not finite."""
    return torch.cat([*batches(generator, latents)])


def quantise(images: Tensor) -> Tensor:
    """Floats in [-1, 1] as the nearest uint8; what lies outside is clipped."""
    return ((images + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)


def dtype_name(samples: Tensor) -> str:
    """`float32`."""
    return str(samples.dtype).removeprefix("torch.")
