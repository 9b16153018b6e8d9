"""ganmatrix as a contender: a run's own step loop, or its discriminator update alone.

    python bench/ours.py SPEC

SPEC is JSON: network (sngan32, dcgan32), method (a section of `methods:`), batch, discriminator_steps,
precision, compile, threads, device, what (iteration, discriminator), deterministic (as `ganmatrix train` is),
tf32 (as it is not).
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ganmatrix.cell import Run
from ganmatrix.methods import method as methods
from ganmatrix.params.architectures import Architecture
from ganmatrix.params.kinds import adapter
from ganmatrix.params.methods import Method
from ganmatrix.params.recipes import Recipe
from ganmatrix.runtime import compute
from ganmatrix.runtime.granted import MOST
from ganmatrix.training.data import Resident
from ganmatrix.training.trainer import Trainer
from ganmatrix.training.weights import initialise

sys.path.insert(0, str(Path(__file__).parent))
from contender import serve

POINTS = {"latent": 8, "width": 8, "depth": 1}
NETWORKS: dict[str, dict[str, Any]] = {
    "sngan32": {
        "kind": "resnet_sn",
        "images": {"latent": 128, "generator_width": 256, "discriminator_width": 128},
    },
    "dcgan32": {
        "kind": "conventional",
        "images": {"latent": 100, "generator_width": 64, "discriminator_width": 64},
    },
}
IMAGES = 2048


def build(spec: dict[str, Any]) -> Trainer:
    """A trainer of that network and method on random 32x32 images."""
    recipe = Recipe.model_validate(
        {
            "batch_size": spec["batch"],
            "generator_steps": 10**8,
            "discriminator_steps": spec["discriminator_steps"],
            "optimizer": {
                "kind": "adam",
                "generator_lr": 2e-4,
                "discriminator_lr": 2e-4,
                "beta1": 0.0,
                "beta2": 0.9,
            },
            "ema_half_life": 1000,
            "precision": spec["precision"],
            "compile": spec["compile"],
            "log_every": 50,
        }
    )
    architecture: Architecture = adapter(Architecture).validate_python(
        NETWORKS[spec["network"]] | {"points": POINTS}
    )
    method: Method = adapter(Method).validate_python(spec["method"])
    run = Run("random", spec["network"], spec["method"]["kind"], 0)
    images = np.random.default_rng(0).integers(0, 256, (IMAGES, 3, 32, 32), dtype=np.uint8)
    data = Resident(images, torch.device(spec["device"]))
    rule = methods.build(method)
    return Trainer(run, initialise(run, architecture, rule, (3, 32, 32)), rule, recipe, data)


def set_up(spec: dict[str, Any]) -> torch.device:
    """The device, set up as `ganmatrix train` does it but for what the spec says.

    Contenders share a GPU, whatever GANMATRIX_RUNS_PER_DEVICE says: with one place the second would wait for
    the first for ever.
    """
    os.environ["OMP_NUM_THREADS"] = os.environ["GANMATRIX_THREADS"] = str(spec["threads"])
    os.environ["GANMATRIX_RUNS_PER_DEVICE"] = str(MOST)
    device = compute.device(spec["device"])
    if not spec["deterministic"]:
        torch.set_deterministic_debug_mode("default")
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = spec["tf32"]
    return device


def main(spec: dict[str, Any]) -> None:
    device = set_up(spec)
    trainer = build(spec)
    serve(trainer.take_step if spec["what"] == "iteration" else trainer.update_discriminator, device)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
