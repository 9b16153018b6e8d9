"""What every adversarial training rule shares: a loss, techniques, and the steps built from them."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from torch import Tensor, nn

from ganmatrix.methods.losses.loss import Loss, SeparableLoss
from ganmatrix.methods.protocol import Logs, Objective, Update
from ganmatrix.methods.techniques.technique import NOTHING, Sides, Technique, Term
from ganmatrix.networks.pair import Pair
from ganmatrix.params.methods import MethodSection

AnyLoss = TypeVar("AnyLoss", bound=Loss, covariant=True)

Build = Callable[[tuple[int, ...]], Pair]
"""The family's pair for data of a shape, drawn from torch's default generator."""


Contest = Callable[[Tensor, Tensor, Update], tuple[Tensor, Tensor, Tensor]]
"""Batches of either side to D's loss, and its logits of each."""


class Method(ABC, Generic[AnyLoss]):
    """One adversarial training rule."""

    def __init__(self, loss: AnyLoss, techniques: Sequence[Technique[Any]] = ()) -> None:
        self.loss, self.techniques = loss, tuple(techniques)

    def networks(self, build: Build, shape: tuple[int, ...]) -> Pair:
        """The players that the rule needs, made from the family's pair.

        The pair is built first, so that methods which add to it start from the same G and D.
        """
        pair = build(shape)
        for technique in self.techniques:
            pair = technique.adapt(pair)
        return pair

    def critic(self, pair: Pair) -> nn.Module:
        """D as a function of data alone (N, *shape) -> logits (N,), for the probes."""
        return pair.discriminator

    def members(self, pair: Pair) -> tuple[nn.Module, ...]:
        """The several D of data alone that D consists of, for the probes; none where D is one."""
        return ()

    @abstractmethod
    def update_discriminator(self, update: Update) -> Logs:
        """Improve D on one batch of reals, in one optimiser step or more."""

    def update_generator(self, update: Update) -> Logs:
        """Improve G: one step on the loss's generator term and the techniques'."""
        latents = update.draw_latents(update.size)
        batches = (latents, update.partners(latents)) if self.generator_needs_reals else (latents,)
        logs = update.generator.descend(self.generator_objective(update), *batches)
        for technique in self.techniques:
            technique.after_generator(update)
        return logs

    @property
    def generator_needs_reals(self) -> bool:
        """Whether G's loss is also of reals: then each fake has one for a partner."""
        return self.loss.needs_reals_for_generator

    def discriminator_objective(self, update: Update, contest: Contest | None = None) -> Objective:
        """D's loss of batches of reals and fakes, with the techniques' terms.

        The loss is `contest`'s, if one is given. Two more batches are the clean reals and fakes, if those
        that D trains on are not: auxiliary tasks use them.
        """
        contest = contest or self.contest

        def objective(real: Tensor, fake: Tensor, *clean: Tensor) -> tuple[Tensor, Logs]:
            clean_real, clean_fake = clean or (real, fake)
            if self.second_order:
                real, fake = (x if x.requires_grad else x.detach().requires_grad_() for x in (real, fake))
            real, fake = self.shown(real, update), self.shown(fake, update)
            loss, real_logits, fake_logits = contest(real, fake, update)
            logs = score_logs(loss, real_logits, fake_logits)
            sides = Sides(real, fake, real_logits, fake_logits, clean_real, clean_fake, self.loss)
            for technique in self.techniques:
                term, more = technique.discriminator_term(sides, update)
                if term is not None:
                    loss = loss + term
                logs |= more
            return loss, logs | self.observe(sides)

        return self.in_its_precision(objective, update)

    @property
    def second_order(self) -> bool:
        """Whether D's objective contains a gradient of D."""
        return any(technique.second_order for technique in self.techniques)

    def in_its_precision(self, objective: Objective, update: Update) -> Objective:
        """D's objective, in float32 whatever the recipe says if it contains a gradient of D."""

        def in_full_precision(*batches: Tensor) -> tuple[Tensor, Logs]:
            with update.discriminator.full_precision():
                return objective(*batches)

        return in_full_precision if self.second_order else objective

    def contest(self, real: Tensor, fake: Tensor, update: Update) -> tuple[Tensor, Tensor, Tensor]:
        """D's loss on both sides, and its logits of each."""
        real_logits, fake_logits = update.discriminator.pair(real, fake)
        return self.loss.discriminator(real_logits, fake_logits), real_logits, fake_logits

    def observe(self, sides: Sides) -> Logs:
        """What else to log of D's objective."""
        return {}

    def generator_objective(self, update: Update) -> Objective:
        """G's loss of latents, and of their partners where it needs reals, with the techniques' terms."""
        adversarial = not any(technique.replaces_adversary for technique in self.techniques)

        def objective(latents: Tensor, *partners: Tensor) -> tuple[Tensor, Logs]:
            fake = update.generator(latents)
            loss = self.adversarial_term(fake, partners, update) if adversarial else fake.new_zeros(())
            extra, found = self.generator_extra(latents, fake, update)
            logs: Logs = dict(found)
            if extra is not None:
                loss = loss + extra
            for technique in self.techniques:
                term, more = technique.generator_term(fake, update)
                if term is not None:
                    loss = loss + term
                logs |= more
            return loss, logs | {"loss_generator": loss.detach()}

        return objective

    def generator_extra(self, latents: Tensor, fake: Tensor, update: Update) -> Term:
        """A term of the rule's own in G's loss, of latents (N, latent) and what G made of them."""
        return NOTHING

    def adversarial_term(self, fake: Tensor, partners: tuple[Tensor, ...], update: Update) -> Tensor:
        """G's loss on D's view of its fakes (N, *shape), attached to G, and of reals if it needs them."""
        logits = update.discriminator(self.shown(fake, update))
        if not partners:
            return self.loss.generator(logits, None)
        real = self.shown(partners[0], update)
        return self.loss.generator(logits, update.discriminator(real).detach())

    def shown(self, batch: Tensor, update: Update) -> Tensor:
        """What D is given of a batch: the techniques may disturb it."""
        for technique in self.techniques:
            batch = technique.disturb(batch, update)
        return batch

    def after_discriminator(self, update: Update) -> None:
        """What the techniques do to D after one of its steps."""
        for technique in self.techniques:
            technique.after_discriminator(update)

    def descend_discriminator(self, update: Update, *batches: Tensor) -> Logs:
        """One step of D on `discriminator_objective`, and what follows it."""
        logs = update.discriminator.descend(self.discriminator_objective(update), *batches)
        self.after_discriminator(update)
        return logs

    def state_dict(self) -> dict[str, Any]:
        """What the rule and its techniques remember from one update to the next."""
        return {"techniques": [technique.state_dict() for technique in self.techniques]}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue where the state was saved."""
        for technique, saved in zip(self.techniques, state["techniques"], strict=True):
            technique.load_state_dict(saved)


SeparableMethod = Method[SeparableLoss]
"""A rule that treats reals and fakes apart."""


def score_logs(loss: Tensor, real_logits: Tensor, fake_logits: Tensor) -> Logs:
    """D's loss and its mean logits, as every method logs them."""
    return {
        "loss_discriminator": loss.detach(),
        "score_real": real_logits.detach().mean(),
        "score_fake": fake_logits.detach().mean(),
    }


def build(params: MethodSection) -> Method[Any]:
    """The method that the params describe."""
    return params.load()(params)
