"""Small trainers for the tests of the step loop."""

from typing import Any

import numpy as np
import torch

from ganmatrix.cell import Run
from ganmatrix.methods.method import build
from ganmatrix.params.architectures import Architecture
from ganmatrix.params.kinds import adapter
from ganmatrix.params.methods import Method
from ganmatrix.params.recipes import Recipe
from ganmatrix.runtime import checkpoints
from ganmatrix.training.data import Data, Resident
from ganmatrix.training.trainer import Trainer
from ganmatrix.training.weights import initialise

ADAM = {"kind": "adam", "generator_lr": 1e-3, "discriminator_lr": 1e-3}
RUN = Run("toy", "family", "method", 3)


def recipe(**changes: Any) -> Recipe:
    """A recipe of six steps on batches of eight."""
    fields = {"batch_size": 8, "generator_steps": 6, "optimizer": ADAM, "ema_half_life": 2.0, "log_every": 4}
    return Recipe.model_validate(fields | changes)


def images(count: int = 40, side: int = 16) -> np.ndarray:
    """Random grey images."""
    return np.random.default_rng(0).integers(0, 256, (count, 1, side, side), dtype=np.uint8)


def points(count: int = 40) -> np.ndarray:
    """Random points of the plane."""
    return np.random.default_rng(0).standard_normal((count, 2)).astype(np.float32)


def trainer(
    method: dict[str, Any] | None = None,
    family: str = "resnet_sn",
    modality: str = "images",
    data: Data | None = None,
    run: Run = RUN,
    side: int = 16,
    **changes: Any,
) -> Trainer:
    """A trainer of that method on random images or points; `resnet_sn` has no batch normalisation in D."""
    architecture: Architecture = adapter(Architecture).validate_python(
        {
            "kind": family,
            "points": {"latent": 2, "width": 6, "depth": 1},
            "images": {"latent": 4, "generator_width": 4, "discriminator_width": 8},
        }
    )
    chosen: Method = adapter(Method).validate_python(method or {"kind": "gan"})
    if data is None:
        data = Resident(points() if modality == "points" else images(side=side), torch.device("cpu"))
    rule = build(chosen)
    pair = initialise(run, architecture, rule, (1, side, side) if modality == "images" else (2,))
    return Trainer(run, pair, rule, recipe(**changes), data)


def finish(made: Trainer) -> Trainer:
    """Train to the end."""
    while not made.finished:
        made.take_step()
    return made


def weights(made: Trainer) -> dict[str, torch.Tensor]:
    """All weights of both players and the average, by name."""
    networks = {
        "generator": made.generator.network,
        "discriminator": made.discriminator.network,
        "average": made.average.network,
    }
    return {
        f"{name}.{key}": value.clone()
        for name, network in networks.items()
        for key, value in network.state_dict().items()
    }


def packed(state: dict[str, Any]) -> bytes:
    """A checkpoint with that state."""
    return checkpoints.pack({"run": RUN.id, "made_from": "0" * 64, "environment": {}, "state": state})
