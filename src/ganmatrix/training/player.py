"""One of the two players: a network and its optimiser."""

import contextlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import torch
from torch import Tensor, nn, optim

from ganmatrix.methods.protocol import Logs, Objective
from ganmatrix.networks.pair import looks_across_batch
from ganmatrix.params.recipes import Recipe
from ganmatrix.training.ledger import Ledger
from ganmatrix.training.outcome import Reason

PRECISIONS = {"float32": torch.float32, "bfloat16": torch.bfloat16}


class Player:
    """A player. It notes its steps in the ledger under its name; no step waits for the device."""

    def __init__(
        self, name: str, network: nn.Module, optimiser: optim.Optimizer, recipe: Recipe, ledger: Ledger
    ) -> None:
        self.name, self.ledger = name, ledger
        self.network = network
        self.optimiser = optimiser
        self.precision = PRECISIONS[recipe.precision]
        self.accumulate = recipe.accumulate
        self.forward: Callable[[Tensor], Tensor] = torch.compile(network) if recipe.compile else network
        self.weights = list(network.parameters())
        self.joint = not (recipe.separate_passes or looks_across_batch(network))

    def __call__(self, batch: Tensor) -> Tensor:
        """The network's output, computed in the recipe's precision, and returned in at least float32."""
        return self.call(self.forward, batch)

    def call(self, function: Callable[..., Any], *inputs: Tensor) -> Any:
        """The output of another function of the network in the same way: a tensor or a tuple of tensors."""
        with self._autocast(inputs[0].device.type):
            output = function(*inputs)
        if isinstance(output, Tensor):
            return _at_least_float32(output)
        values = (_at_least_float32(value) for value in output)
        return type(output)(*values) if hasattr(output, "_fields") else tuple(values)

    def pair(self, first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
        """The outputs for two batches, in one pass if no sample's output depends on the others.

        There are two passes if the recipe asks for separate passes.
        """
        if not self.joint:
            return self(first), self(second)
        outputs = self(torch.cat([first, second]))
        return outputs[: len(first)], outputs[len(first) :]

    @contextlib.contextmanager
    def full_precision(self) -> Iterator[None]:
        """A block in which the network computes in float32, whatever the recipe says."""
        precision, self.precision = self.precision, torch.float32
        try:
            yield
        finally:
            self.precision = precision

    def split(self, *batches: Tensor) -> Iterator[tuple[Tensor, ...]]:
        """The micro-batches of batches of equal length, one for each accumulated gradient."""
        return zip(*(batch.chunk(self.accumulate) for batch in batches), strict=True)

    def descend(self, objective: Objective, *batches: Tensor) -> Logs:
        """One optimiser step on the objective's mean over the batches, micro-batch by micro-batch.

        Gradients reach only this player's weights, and batches that require a gradient.
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
        self.ledger.note(total, reason=Reason.LOSS)
        # The Euclidean norm could overflow although every entry is finite.
        self.ledger.note(_largest(gradients), reason=Reason.GRADIENT)
        self.ledger.note(nn.utils.get_total_norm(gradients), f"gradient_norm_{self.name}")
        self.optimiser.step()
        return logs

    def set_rate(self, rate: float) -> None:
        """Set the learning rate."""
        for group in self.optimiser.param_groups:
            group["lr"] = rate

    def weights_are_finite(self) -> bool:
        """Whether every weight is finite. This waits for the device."""
        return bool(torch.isfinite(_largest(self.weights)))

    def state_dict(self) -> dict[str, Any]:
        return {"network": self.network.state_dict(), "optimiser": self.optimiser.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.network.load_state_dict(state["network"])
        self.optimiser.load_state_dict(state["optimiser"])

    def _autocast(self, device: str) -> contextlib.AbstractContextManager[Any]:
        if self.precision is torch.float32:
            return contextlib.nullcontext()
        return torch.autocast(device, self.precision)


def _largest(tensors: Iterable[Tensor]) -> Tensor:
    """The largest magnitude of all entries, or NaN if an entry is NaN.

    On a CPU it is much faster than torch's norm.
    """
    return torch.stack([tensor.detach().abs().amax() for tensor in tensors]).amax()


def _at_least_float32(value: Tensor) -> Tensor:
    return value.float() if value.dtype is torch.bfloat16 else value
