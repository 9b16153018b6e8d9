"""One of the two players: a network, its optimiser, and a record of what its steps met."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn, optim

from ganmatrix.methods.method import Logs, Objective
from ganmatrix.networks.pair import has_batch_statistics
from ganmatrix.params.recipes import Recipe
from ganmatrix.training.outcome import Descent

PRECISIONS = {"float32": torch.float32, "bfloat16": torch.bfloat16}


class Player:
    """Steps are recorded on the device and read only when the loop logs: no step waits for it."""

    def __init__(self, network: nn.Module, optimiser: optim.Optimizer, recipe: Recipe) -> None:
        self.network = network
        self.optimiser = optimiser
        self.precision = PRECISIONS[recipe.precision]
        self.accumulate = recipe.accumulate
        self.forward: Callable[[Tensor], Tensor] = torch.compile(network) if recipe.compile else network
        self.weights = list(network.parameters())
        self.joint = not has_batch_statistics(network)
        self.step = 0
        self._descents: list[tuple[int, Tensor, Tensor]] = []

    def __call__(self, batch: Tensor) -> Tensor:
        """The network's output in float32, computed in the recipe's precision."""
        with self._autocast(batch.device.type):
            output = self.forward(batch)
        return output.float()

    def pair(self, first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
        """The outputs for two batches: one pass if no sample's output depends on the others."""
        if not self.joint:
            return self(first), self(second)
        outputs = self(torch.cat([first, second]))
        return outputs[: len(first)], outputs[len(first) :]

    def split(self, *batches: Tensor) -> Iterator[tuple[Tensor, ...]]:
        """The micro-batches of batches of equal length, as many as gradients are accumulated over."""
        return zip(*(batch.chunk(self.accumulate) for batch in batches), strict=True)

    def descend(self, objective: Objective, *batches: Tensor) -> Logs:
        """One optimiser step on the objective's mean over the batches, micro-batch by micro-batch.

        Gradients reach this player's weights and those batches that require one, nothing else.
        """
        self.optimiser.zero_grad(set_to_none=True)
        leaves = [*self.weights, *(batch for batch in batches if batch.requires_grad)]
        logs: Logs = {}
        total: Tensor | None = None
        for pieces in self.split(*batches):
            share = len(pieces[0]) / len(batches[0])
            loss, piece_logs = objective(*pieces)
            scaled = loss * share
            scaled.backward(inputs=leaves)
            total = scaled.detach() if total is None else total + scaled.detach()
            for name, value in piece_logs.items():
                logs[name] = logs[name] + share * value if name in logs else share * value
        assert total is not None
        gradients = [w.grad for w in self.weights if w.grad is not None]
        self._descents.append((self.step, total, nn.utils.get_total_norm(gradients)))
        self.optimiser.step()
        return logs

    def begin(self, step: int, rate: float) -> None:
        """Enter a generator step (counted from 1) with its learning rate."""
        self.step = step
        for group in self.optimiser.param_groups:
            group["lr"] = rate

    def collect(self) -> list[Descent]:
        """The optimiser steps since the last call; waits for the device."""
        steps = [step for step, _, _ in self._descents]
        losses = torch.stack([loss for _, loss, _ in self._descents]).tolist()
        norms = torch.stack([norm for _, _, norm in self._descents]).tolist()
        self._descents.clear()
        return [Descent(*values) for values in zip(steps, losses, norms, strict=True)]

    def weights_are_finite(self) -> bool:
        """Whether every weight is finite; waits for the device."""
        return bool(torch.isfinite(nn.utils.get_total_norm(self.weights)))

    def state_dict(self) -> dict[str, Any]:
        return {
            "network": self.network.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "descents": self._descents,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.network.load_state_dict(state["network"])
        self.optimiser.load_state_dict(state["optimiser"])
        device = self.weights[0].device
        self._descents = [(step, loss.to(device), norm.to(device)) for step, loss, norm in state["descents"]]

    def _autocast(self, device: str) -> contextlib.AbstractContextManager[Any]:
        if self.precision is torch.float32:
            return contextlib.nullcontext()
        return torch.autocast(device, self.precision)
