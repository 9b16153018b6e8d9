"""Values of the steps: noted on the device, read sometimes, and kept as running means.

Noting does not wait for the device. Reading waits, and finds the first value that was not finite. The time of
reading changes no mean and no finding, so reading for a checkpoint is safe.
"""

import math
from typing import Any

import torch
from torch import Tensor

from ganmatrix.training.outcome import Divergence, Reason


class Ledger:
    """The unfinished row of the history, and the first divergence so far."""

    def __init__(self) -> None:
        self.step = 0
        """The generator step (counted from 1) of the values that are noted."""
        self.divergence: Divergence | None = None
        self._unread: list[tuple[int, str | None, Reason | None, Tensor]] = []
        self._sums: dict[str, tuple[float, int]] = {}

    def note(self, value: Tensor, name: str | None = None, reason: Reason | None = None) -> None:
        """Note a scalar. With `name` it goes into the history; with `reason` it must be finite."""
        self._unread.append((self.step, name, reason, value.detach().reshape(())))

    def read(self) -> None:
        """Copy the noted values to the host."""
        if not self._unread:
            return
        values = torch.stack([value for *_, value in self._unread]).tolist()
        for (step, name, reason, _), value in zip(self._unread, values, strict=True):
            if name is not None:
                total, count = self._sums.get(name, (0.0, 0))
                self._sums[name] = (total + value, count + 1)
            if reason is not None and self.divergence is None and not math.isfinite(value):
                self.divergence = Divergence(reason, step)
        self._unread.clear()

    def row(self) -> dict[str, float]:
        """The means of the values that were read since the last row."""
        means = {name: total / count for name, (total, count) in self._sums.items()}
        self._sums.clear()
        return means

    def state_dict(self) -> dict[str, Any]:
        """Everything noted so far as plain numbers, after reading."""
        self.read()
        found = self.divergence
        return {"sums": self._sums, "divergence": found and (found.reason.value, found.step)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self._sums = {name: tuple(sum_) for name, sum_ in state["sums"].items()}
        found = state["divergence"]
        self.divergence = found and Divergence(Reason(found[0]), found[1])
