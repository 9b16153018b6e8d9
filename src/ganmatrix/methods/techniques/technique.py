"""What a technique may add to a method, and when the method asks."""

from collections.abc import Iterable
from typing import Any, Generic, NamedTuple, TypeVar

from torch import Tensor

from ganmatrix.methods.losses.loss import Loss
from ganmatrix.methods.protocol import Logs, Update
from ganmatrix.networks.pair import Pair
from ganmatrix.params.techniques import TechniqueSection


class Sides(NamedTuple):
    """What D's objective has computed when the techniques' terms are added."""

    real: Tensor
    """What D is trained on as real (N, *shape); a leaf of the graph if a technique is of second order."""
    fake: Tensor
    real_logits: Tensor
    fake_logits: Tensor
    clean_real: Tensor
    """The reals before a method perturbed them: what auxiliary tasks use."""
    clean_fake: Tensor
    loss: Loss


Term = tuple[Tensor | None, Logs]
"""A scalar to add to an objective, or nothing, and what to log of it."""

NOTHING: Term = (None, {})

Params = TypeVar("Params", bound=TechniqueSection, covariant=True)


class Technique(Generic[Params]):
    """One technique; by itself it does nothing."""

    second_order = False
    """Whether its term of D's objective is of a gradient of D at what D is trained on."""

    def __init__(self, params: Params) -> None:
        self.params = params

    @property
    def replaces_adversary(self) -> bool:
        """Whether G no longer descends the loss's own generator term."""
        return False

    def adapt(self, pair: Pair) -> Pair:
        """The pair with the layers that the technique needs."""
        return pair

    def disturb(self, batch: Tensor, update: Update) -> Tensor:
        """What D sees of a batch."""
        return batch

    def discriminator_term(self, sides: Sides, update: Update) -> Term:
        """What is added to D's objective."""
        return NOTHING

    def generator_term(self, fake: Tensor, update: Update) -> Term:
        """What is added to G's objective; `fake` is attached to G."""
        return NOTHING

    def after_discriminator(self, update: Update) -> None:
        """What happens to D after one of its steps."""

    def after_generator(self, update: Update) -> None:
        """What happens after one of G's steps."""

    def state_dict(self) -> dict[str, Any]:
        """What the technique remembers from one update to the next."""
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue where the state was saved."""


class Penalty(Technique[Params]):
    """What is measured on D's gradient at its input."""

    second_order = True


def build_all(params: Iterable[TechniqueSection]) -> list[Technique[Any]]:
    """The techniques that the params describe, in their order."""
    return [each.load()(each) for each in params]
