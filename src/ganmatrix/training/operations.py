"""The operations of a training step, counted instead of timed: load, processor and seed do not matter."""

from collections.abc import Callable
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

from ganmatrix.training.trainer import Trainer

MILLION = 1_000_000

_FORMULAS: dict[Any, Callable[..., int]] = flop_registry | {
    torch.ops.aten.mv: lambda matrix, vector, out_val: 2 * matrix.numel()
}
"""Torch's counts, and that of a matrix times a vector. A multiplication and an addition count as two."""


class _Counter(TorchDispatchMode):
    """Adds up the operations inside its block.

    Torch's FlopCounterMode also follows modules, with hooks that fail if a penalty takes D's gradient.
    """

    total = 0

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        out = func(*args, **(kwargs or {}))
        if formula := _FORMULAS.get(func.overloadpacket):
            self.total += formula(*args, **(kwargs or {}), out_val=out)
        return out


def per_step(trainer: Trainer) -> float:
    """Millions of multiply-adds in a generator step with its discriminator steps.

    The function takes that step.

    It counts the matrix products and convolutions that torch carries out: the forward pass, the backward
    pass for the gradients that are needed, second derivatives of penalties, attention, and the products with
    vectors in spectral norm. A product of m x k by k x n counts m k n. A convolution counts one for each
    weight, sample and place of the output (of the input if it is transposed), including padding. Operations
    on single entries are not counted: activations, normalisation, losses, optimiser, averages.

    Every step of a run has the same operations, whatever the weights, so one step is enough. The recipe must
    not use torch.compile, because the count would miss its fused kernels.
    """
    with _Counter() as counter:  # type: ignore[no-untyped-call]
        trainer.take_step()
    return counter.total / 2 / MILLION
