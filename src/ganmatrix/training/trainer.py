"""The step loop: n_dis discriminator updates, then one generator update, and so on.

It knows no method, file or clock. A method acts through the protocol of `methods.protocol`. Between steps
the caller decides whether to save, to report or to stop.
"""

from typing import Any

import torch
from torch import Tensor

from ganmatrix.cell import Run
from ganmatrix.methods.method import Method
from ganmatrix.methods.protocol import Logs, Update
from ganmatrix.networks.pair import Pair, placed
from ganmatrix.params.recipes import Recipe
from ganmatrix.training import optimisers
from ganmatrix.training.averaging import RunningAverage
from ganmatrix.training.data import Data
from ganmatrix.training.ledger import Ledger
from ganmatrix.training.outcome import Divergence, Reason
from ganmatrix.training.player import Player
from ganmatrix.training.sampling import EpochSampler
from ganmatrix.training.seeding import Stream, generator

READ_EVERY = 100
"""The most generator steps between two readings of the ledger, so that divergence ends a run soon."""


class Trainer:
    """One run's training state, advanced step by step and saved between any two steps."""

    def __init__(self, run: Run, pair: Pair, method: Method[Any], recipe: Recipe, data: Data) -> None:
        device = data.device
        self.recipe, self.method, self.data = recipe, method, data
        self.latent = pair.latent
        self.ledger = Ledger()
        rates = recipe.optimizer
        self.generator, self.discriminator = (
            Player(
                name,
                placed(network, device),
                optimisers.build(rates, network.parameters(), rate),
                recipe,
                self.ledger,
            )
            for name, network, rate in (
                ("generator", pair.generator, rates.generator_lr),
                ("discriminator", pair.discriminator, rates.discriminator_lr),
            )
        )
        self.average = RunningAverage(pair.generator, recipe.ema_half_life)
        self.streams = {
            Stream.DATA_ORDER: generator(run, Stream.DATA_ORDER),
            Stream.TRAINING_LATENTS: generator(run, Stream.TRAINING_LATENTS, device),
            Stream.METHOD_NOISE: generator(run, Stream.METHOD_NOISE, device),
        }
        self.sampler = EpochSampler(data.count, recipe.batch_size, self.streams[Stream.DATA_ORDER])
        self.step = 0
        self.discriminator_updates = 0
        self.real: Tensor | None = None
        self.history: list[dict[str, float]] = []
        self.snapshots: dict[int, dict[str, Tensor]] = {}
        self.divergence: Divergence | None = None

    @property
    def finished(self) -> bool:
        """Whether the run has ended: all steps were taken, or it diverged."""
        return self.divergence is not None or self.step >= self.recipe.generator_steps

    def take_step(self) -> None:
        """One generator step with its discriminator steps; every interval ends with a row of the history."""
        self._take_step()
        row_ends = self.step % self.recipe.log_every == 0 or self.step == self.recipe.generator_steps
        if row_ends or self.step % READ_EVERY == 0:
            self.divergence = self._find_divergence()
        if row_ends or self.divergence is not None:
            self.history.append({"step": self.step, **self.ledger.row()})

    def state_dict(self) -> dict[str, Any]:
        """Everything that the rest of the run depends on, including the unfinished row of the history."""
        return {
            "generator": self.generator.state_dict(),
            "discriminator": self.discriminator.state_dict(),
            "average": self.average.state_dict(),
            "sampler": self.sampler.state_dict(),
            "streams": {name.value: stream.get_state() for name, stream in self.streams.items()},
            "step": self.step,
            "discriminator_updates": self.discriminator_updates,
            "method": self.method.state_dict(),
            "ledger": self.ledger.state_dict(),
            "history": self.history,
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
        self.method.load_state_dict(state["method"])
        self.ledger.load_state_dict(state["ledger"])
        self.history = state["history"]
        self.snapshots = state["snapshots"]
        if (found := state["divergence"]) is not None:
            self.divergence = Divergence(Reason(found[0]), found[1])

    def update_discriminator(self) -> None:
        """One update of D by the method, on the next batch of reals."""
        indices = self.sampler.next()
        self.real = self.data.batch(indices, self.sampler.peek())
        iteration = self.discriminator_updates
        self.discriminator_updates += 1
        self._note(self.method.update_discriminator(self._update(self.real, len(self.real), iteration)))

    def update_generator(self) -> None:
        """One update of G by the method, and of its average."""
        assert self.real is not None, "D's update comes first"
        size = self.recipe.batch_size * self.recipe.generator_batch_multiple
        self._note(self.method.update_generator(self._update(self.real, size, self.step - 1)))
        self.average.update(self.generator.network)

    def _update(self, real: Tensor, size: int, iteration: int) -> Update:
        return Update(
            real=real,
            size=size,
            generator=self.generator,
            discriminator=self.discriminator,
            draw_latents=self._latents,
            bounds=(-1.0, 1.0) if self.data.is_image else None,
            iteration=iteration,
            iteration_in_epoch=self.sampler.batch_in_epoch,
            progress=max(self.step - 1, 0) / self.recipe.generator_steps,
            noise=self.streams[Stream.METHOD_NOISE],
        )

    def _take_step(self) -> None:
        factor = optimisers.rate_factor(self.recipe, self.step)
        self.step += 1
        self.ledger.step = self.step
        self.generator.set_rate(self.recipe.optimizer.generator_lr * factor)
        self.discriminator.set_rate(self.recipe.optimizer.discriminator_lr * factor)
        for _ in range(self.recipe.discriminator_steps):
            self.update_discriminator()
        self.update_generator()
        if self.step in self.recipe.snapshots:
            weights = self.average.network.state_dict()
            self.snapshots[self.step] = {name: value.cpu().clone() for name, value in weights.items()}

    def _latents(self, count: int) -> Tensor:
        stream = self.streams[Stream.TRAINING_LATENTS]
        return torch.randn(count, self.latent, generator=stream, device=stream.device)

    def _note(self, logs: Logs) -> None:
        for name, value in logs.items():
            self.ledger.note(value, name)

    def _find_divergence(self) -> Divergence | None:
        """The first value that was not finite, or the weights if they are not finite.

        This waits for the device.
        """
        self.ledger.read()
        if self.ledger.divergence is not None:
            return self.ledger.divergence
        if all(player.weights_are_finite() for player in (self.discriminator, self.generator)):
            return None
        return Divergence(Reason.WEIGHT, self.step)
