"""One method for every kind, loss and technique of the catalogue: what every member must be able to do."""

from typing import Any

from ganmatrix.params.kinds import kinds
from ganmatrix.params.losses import LossByKind
from ganmatrix.params.methods import Method
from ganmatrix.params.techniques import Technique

REQUIRED: dict[str, dict[str, Any]] = {"as_gan": {"epsilon": 0.1, "warm_up": 2}}
"""What has no default."""

SMALL: dict[str, dict[str, Any]] = {"info_max": {"dimension": 8}, "virtual_batch_norm": {"reference": 4}}

VARIANTS: dict[str, dict[str, Any]] = {
    "as_gan pgd": {"kind": "as_gan", "epsilon": 0.1, "warm_up": 0, "steps": 3},
    "as_gan joint": {"kind": "as_gan", "epsilon": 0.1, "warm_up": 0, "update": "joint"},
    "as_gan random": {"kind": "as_gan", "epsilon": 0.1, "warm_up": 0, "direction": "random"},
    "as_gan r1": {"kind": "as_gan", "epsilon": 0.1, "warm_up": 0, "techniques": [{"kind": "r1"}]},
    "dat sum": {"kind": "dat", "reduction": "sum"},
    "dat random": {"kind": "dat", "direction": "random"},
    "dat over ssgan": {"kind": "dat", "techniques": [{"kind": "rotation"}]},
    "dat over infomax": {"kind": "dat", "techniques": [{"kind": "info_max", "dimension": 8}]},
    "fargan random": {
        "kind": "fargan",
        "selection": "random",
        "techniques": [{"kind": "zero_gp", "at": "real"}],
    },
    "fast_gan r1": {"kind": "fast_gan", "techniques": [{"kind": "r1"}]},
    "noisy relativistic": {"kind": "gan", "loss": "relativistic", "techniques": [{"kind": "instance_noise"}]},
    "gan twice": {"kind": "gan", "repeats": 2},
    "unrolled over infomax": {"kind": "unrolled", "techniques": [{"kind": "info_max", "dimension": 8}]},
    "gman hard": {"kind": "gman", "hardness": 5.0},
    "pac_gan 4": {"kind": "pac_gan", "packing": 4},
    "both penalties": {"kind": "gan", "techniques": [{"kind": "r1"}, {"kind": "r2"}]},
    "bigan": {"kind": "ali", "stochastic": False},
    "ebgan without pulling away": {"kind": "ebgan", "pull_away": 0.0},
    "wgan": {"kind": "gan", "loss": "wasserstein", "techniques": [{"kind": "weight_clipping"}]},
}

MEMBERS: dict[str, dict[str, Any]] = {
    **{kind: {"kind": kind} | REQUIRED.get(kind, {}) for kind in kinds(Method)},
    **{
        f"gan + {kind}": {"kind": "gan", "techniques": [{"kind": kind} | SMALL.get(kind, {})]}
        for kind in kinds(Technique)
    },
    **{
        f"gan, {loss}": {"kind": "gan", "loss": loss}
        for loss in kinds(LossByKind)
        if loss != "energy_margin"  # for energies: ebgan's default
    },
    "cegan, historical averaging": {"kind": "cegan", "techniques": [{"kind": "historical_averaging"}]},
    **VARIANTS,
}

IMAGES_ONLY = {name for name in MEMBERS if any(task in name for task in ("rotation", "info", "ssgan"))}

PLACES = [
    (name, modality)
    for name in MEMBERS
    for modality in ("points", "images")
    if modality == "images" or name not in IMAGES_ONLY
]
"""Every member with the kinds of data that it can have."""
