"""The order in which the training data are seen."""

from typing import Any

import torch
from torch import Tensor


class EpochSampler:
    """Shuffled passes over `count` indices in full batches. An incomplete last batch is dropped.

    Its state is the stream, the current order and the position in it. A restored sampler continues exactly
    where the saved one stopped.
    """

    def __init__(self, count: int, batch_size: int, stream: torch.Generator) -> None:
        if not 0 < batch_size <= count:
            raise ValueError(f"batch_size is {batch_size}; expected 1 to {count}, the number of samples")
        self.batch_size = batch_size
        self.stream = stream
        self.order = torch.randperm(count, generator=stream)
        self.position = 0

    @property
    def batch_in_epoch(self) -> int:
        """Index within its pass of the batch drawn last."""
        return self.position // self.batch_size - 1

    def next(self) -> Tensor:
        """The indices (batch_size,) of the next batch."""
        if self.position + self.batch_size > len(self.order):
            self.order = torch.randperm(len(self.order), generator=self.stream)
            self.position = 0
        batch = self.order[self.position : self.position + self.batch_size]
        self.position += self.batch_size
        return batch

    def peek(self) -> Tensor | None:
        """The indices of the batch after the last one; None if a new pass would begin."""
        batch = self.order[self.position : self.position + self.batch_size]
        return batch if len(batch) == self.batch_size else None

    def state_dict(self) -> dict[str, Any]:
        return {"order": self.order, "position": self.position}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.order, self.position = state["order"], state["position"]
