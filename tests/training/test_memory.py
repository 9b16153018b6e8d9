"""The least memory of a step, in closed form, and below what a real one keeps."""

from typing import Any

import pytest

from ganmatrix.cell import Run
from ganmatrix.methods import method as methods
from ganmatrix.networks.pair import parameter_count
from ganmatrix.params.architectures import Architecture
from ganmatrix.params.kinds import adapter
from ganmatrix.params.methods import Method
from ganmatrix.params.recipes import Recipe
from ganmatrix.training.memory import least_bytes
from ganmatrix.training.weights import initialise

ADAM = {"kind": "adam", "generator_lr": 1e-4, "discriminator_lr": 1e-4}
RMSPROP = ADAM | {"kind": "rmsprop"}
RUN = Run("points", "mlp", "gan", 0)


def _architecture(width: int) -> Architecture:
    points = {"latent": 3, "width": width, "depth": 2}
    images = {"latent": 3, "generator_width": 8, "discriminator_width": 8}
    return adapter(Architecture).validate_python({"kind": "conventional", "points": points, "images": images})


def _recipe(**changes) -> Recipe:
    values = {"batch_size": 64, "generator_steps": 1, "optimizer": ADAM, "ema_half_life": 1.0}
    return Recipe.model_validate(values | changes)


def _least(recipe: Recipe, width: int = 16, method: str = "gan", shape: tuple[int, ...] = (2,)) -> int:
    return least_bytes(RUN, _architecture(width), _method(method), recipe, shape)


def _method(kind: str) -> Any:
    return methods.build(adapter(Method).validate_python({"kind": kind}))


@pytest.mark.parametrize(("optimizer", "copies"), [(ADAM, 4), (RMSPROP, 3)])
def test_an_mlp_in_closed_form(optimizer, copies) -> None:
    """Layers 3-16-16-2 and 2-16-16-1: D's step keeps more inputs than G's, 2 x 64 x (2 + 16 + 16)."""
    pair = initialise(
        RUN, _architecture(16), methods.build(adapter(Method).validate_python({"kind": "gan"})), (2,)
    )
    generator, discriminator = parameter_count(pair.generator), parameter_count(pair.discriminator)
    of_d, of_g = 2 * 64 * (2 + 16 + 16), 64 * (3 + 16 + 16) + 64 * (2 + 16 + 16)
    values = copies * (generator + discriminator) + generator + max(of_d, of_g)
    assert _least(_recipe(optimizer=optimizer)) == 4 * values


def test_what_makes_it_smaller_and_larger() -> None:
    images = (3, 32, 32)
    plain = _least(_recipe(), shape=images)
    assert _least(_recipe(batch_size=128), shape=images) > 1.5 * plain
    assert _least(_recipe(accumulate=4), shape=images) < plain
    assert _least(_recipe(precision="bfloat16"), shape=images) < plain
    assert _least(_recipe(), width=64) > _least(_recipe(), width=16)
    assert _least(_recipe(batch_size=65536), shape=images) > 500 * plain
