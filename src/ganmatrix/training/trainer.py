"""The step loop: n_dis discriminator updates, one generator update, over and over.

It knows no method, file or clock: a method acts through the protocol of `methods.method`, and the
caller decides between steps whether to save, to report or to stop.
"""

from typing import Any

import torch
from torch import Tensor

from ganmatrix.cell import Cell
from ganmatrix.methods.method import DiscriminatorUpdate, GeneratorUpdate, Logs, Method
from ganmatrix.networks.pair import Pair
from ganmatrix.params.recipes import Recipe
from ganmatrix.training import averaging, optimisers
from ganmatrix.training.data import Data
from ganmatrix.training.outcome import Divergence, Reason, first_divergence
from ganmatrix.training.player import Player
from ganmatrix.training.sampling import EpochSampler
from ganmatrix.training.seeding import Stream, generator


class Trainer:
    """One cell's training state, advanced step by step and saved between any two steps."""

    def __init__(self, cell: Cell, pair: Pair, method: Method, recipe: Recipe, data: Data) -> None:
        device = data.device
        self.recipe, self.method, self.data = recipe, method, data
        self.latent = pair.latent
        if data.is_image:
            for network in (pair.generator, pair.discriminator):
                network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        rates = recipe.optimizer
        self.generator, self.discriminator = (
            Player(network.to(device), optimisers.build(rates, network.parameters(), rate), recipe)
            for network, rate in (
                (pair.generator, rates.generator_lr),
                (pair.discriminator, rates.discriminator_lr),
            )
        )
        self.average = averaging.averaged(pair.generator, recipe.ema_half_life)
        self.streams = {
            Stream.DATA_ORDER: generator(cell, Stream.DATA_ORDER),
            Stream.TRAINING_LATENTS: generator(cell, Stream.TRAINING_LATENTS, device),
            Stream.METHOD_NOISE: generator(cell, Stream.METHOD_NOISE, device),
        }
        self.sampler = EpochSampler(data.count, recipe.batch_size, self.streams[Stream.DATA_ORDER])
        self.step = 0
        self.discriminator_updates = 0
        self.history: list[dict[str, float]] = []
        self.snapshots: dict[int, dict[str, Tensor]] = {}
        self.divergence: Divergence | None = None
        self._logs: list[Logs] = []

    @property
    def finished(self) -> bool:
        """Whether there is nothing left to do: all steps taken, or diverged."""
        return self.divergence is not None or self.step >= self.recipe.generator_steps

    def take_step(self) -> None:
        """One generator step with its discriminator steps; at the end of an interval, one history row."""
        self._take_step()
        if self.step % self.recipe.log_every == 0 or self.step == self.recipe.generator_steps:
            self._record()

    def state_dict(self) -> dict[str, Any]:
        """Everything that the rest of the run depends on; also of the row in the making."""
        return {
            "generator": self.generator.state_dict(),
            "discriminator": self.discriminator.state_dict(),
            "average": self.average.state_dict(),
            "sampler": self.sampler.state_dict(),
            "streams": {name.value: stream.get_state() for name, stream in self.streams.items()},
            "step": self.step,
            "discriminator_updates": self.discriminator_updates,
            "history": self.history,
            "logs": self._logs,
            "snapshots": self.snapshots,
            "divergence": self.divergence and (self.divergence.reason.value, self.divergence.step),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue exactly where the state was saved."""
        self.generator.load_state_dict(state["generator"])
        self.discriminator.load_state_dict(state["discriminator"])
        self.average.load_state_dict(state["average"])
        self.sampler.load_state_dict(state["sampler"])
        for name, stream in self.streams.items():
            stream.set_state(state["streams"][name.value])
        self.step = state["step"]
        self.discriminator_updates = state["discriminator_updates"]
        self.history = state["history"]
        device = self.data.device
        self._logs = [{name: value.to(device) for name, value in logs.items()} for logs in state["logs"]]
        self.snapshots = state["snapshots"]
        if (found := state["divergence"]) is not None:
            self.divergence = Divergence(Reason(found[0]), found[1])

    def update_discriminator(self) -> Logs:
        """One update of D by the method, on the next batch of reals."""
        indices = self.sampler.next()
        update = DiscriminatorUpdate(
            real=self.data.batch(indices, self.sampler.peek()),
            discriminate=self.discriminator,
            discriminate_pair=self.discriminator.pair,
            draw_fakes=self._draw_fakes,
            descend=self.discriminator.descend,
            split=self.discriminator.split,
            bounds=(-1.0, 1.0) if self.data.is_image else None,
            iteration=self.discriminator_updates,
            iteration_in_epoch=self.sampler.batch_in_epoch,
            noise=self.streams[Stream.METHOD_NOISE],
        )
        self.discriminator_updates += 1
        return self.method.update_discriminator(update)

    def update_generator(self) -> Logs:
        """One update of G by the method, and of its average."""
        count = self.recipe.batch_size * self.recipe.generator_batch_multiple
        update = GeneratorUpdate(
            latents=self._latents(count),
            generate=self.generator,
            discriminate=self.discriminator,
            descend=self.generator.descend,
        )
        logs = self.method.update_generator(update)
        self.average.update_parameters(self.generator.network)
        return logs

    def _take_step(self) -> None:
        factor = optimisers.rate_factor(self.recipe, self.step)
        self.step += 1
        self.generator.begin(self.step, self.recipe.optimizer.generator_lr * factor)
        self.discriminator.begin(self.step, self.recipe.optimizer.discriminator_lr * factor)
        logs: Logs = {}
        for _ in range(self.recipe.discriminator_steps):
            logs |= self.update_discriminator()
        self._logs.append(logs | self.update_generator())
        if self.step in self.recipe.snapshots:
            weights = self.average.module.state_dict()
            self.snapshots[self.step] = {name: value.cpu().clone() for name, value in weights.items()}

    def _latents(self, count: int) -> Tensor:
        stream = self.streams[Stream.TRAINING_LATENTS]
        return torch.randn(count, self.latent, generator=stream, device=stream.device)

    def _draw_fakes(self, count: int) -> Tensor:
        with torch.no_grad():
            return self.generator(self._latents(count))

    def _record(self) -> None:
        """Read what the steps left on the device: one row of means, and the first non-finite value."""
        row = {name: _mean([logs[name] for logs in self._logs]) for name in self._logs[0]}
        self._logs.clear()
        players = {"discriminator": self.discriminator, "generator": self.generator}
        descents = {name: player.collect() for name, player in players.items()}
        for name, steps in descents.items():
            row[f"gradient_norm_{name}"] = sum(d.gradient_norm for d in steps) / len(steps)
        self.history.append({"step": self.step, **row})
        self.divergence = first_divergence([*descents["discriminator"], *descents["generator"]])
        if self.divergence is None and not all(p.weights_are_finite() for p in players.values()):
            self.divergence = Divergence(Reason.WEIGHT, self.step)


def _mean(values: list[Tensor]) -> float:
    return float(torch.stack(values).mean())
