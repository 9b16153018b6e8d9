"""Scores that papers and public code have printed, each with what they were measured under.

`subject` says what was trained, `protocol` how, and how it was scored; both name facts of ours (see
`beside_ours`), in the order in which they are compared. What a source does not say is NOT_STATED and
compares with nothing. Of the three papers under test only relative numbers are known: `stated` has these in
words, and claims of params.yaml test them.

Sources:
- AS-GAN: Liu et al., arXiv 1912.09670v1, abstract. DAT: Li et al., arXiv 2008.09041v5, abstract.
  FARGAN: Tao & Wang, arXiv 1912.12485v2, whose text we read without its tables.
- mimicry: kwotsin/mimicry: one training run; images are resized in Inception's graph.
- pytorch-gan-collections: w86763777/pytorch-gan-collections.
- PacGAN: Lin et al. 2018, fjxmlzn/PacGAN: ten runs. Its 2D-grid is here at a quarter of its size, as in the
  scale `modes`; coverage has no unit. VEEGAN: akashgit/VEEGAN. Unrolled: poolio/unrolled_gan.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ganmatrix.cell import Cell
from ganmatrix.params.datasets import Dataset
from ganmatrix.results.artifacts import Protocols, Record
from ganmatrix.results.statistics import estimate, observed

NOT_STATED = "not stated"

Facts = dict[str, Any]


@dataclass(frozen=True)
class Published:
    """One printed number. `metric` is a column without its checkpoint; shares are in [0, 1].

    A number that is only known relative to the paper's own baseline has no `value`, but `stated`.
    """

    source: str
    dataset: str
    method: str
    metric: str
    value: float | None
    spread: float | None
    subject: Facts
    protocol: Facts
    stated: str = ""


_PLAIN: Facts = {"method.kind": "gan"}
_HINGE = _PLAIN | {"method.loss.kind": "hinge"}
_WASSERSTEIN = _PLAIN | {"method.loss.kind": "wasserstein"}
_METHODS: dict[str, Facts] = {
    "SNGAN": _HINGE | {"techniques": []},
    "SSGAN": _HINGE | {"techniques": ["rotation"]},
    "InfoMax-GAN": _HINGE | {"techniques": ["info_max"]},
    "WGAN-GP": _WASSERSTEIN | {"techniques": ["wgan_gp"]},
    "WGAN": _WASSERSTEIN | {"techniques": []},
    "DCGAN": _PLAIN | {"techniques": []},
}

_MIMICRY: dict[tuple[str, int], dict[str, tuple[float, float]]] = {
    ("cifar10", 32): {
        "SNGAN": (7.97, 16.77),
        "SSGAN": (8.17, 14.65),
        "InfoMax-GAN": (8.08, 15.12),
        "WGAN-GP": (7.33, 22.29),
    },
    ("cifar100", 32): {"SNGAN": (7.57, 22.61), "SSGAN": (7.56, 22.18), "InfoMax-GAN": (7.86, 18.94)},
    ("stl10", 48): {
        "SNGAN": (8.04, 39.56),
        "SSGAN": (8.25, 37.06),
        "InfoMax-GAN": (8.54, 35.52),
        "WGAN-GP": (8.55, 43.01),
    },
    ("celeba", 64): {"SNGAN": (2.68, 5.71), "SSGAN": (2.67, 6.03), "InfoMax-GAN": (2.68, 5.71)},
    ("celeba", 128): {"SNGAN": (2.72, 12.93), "SSGAN": (2.63, 15.18), "InfoMax-GAN": (2.84, 9.50)},
    ("lsun_bedroom", 128): {"SNGAN": (2.30, 25.87), "SSGAN": (2.12, 12.02), "InfoMax-GAN": (2.22, 12.13)},
}
"""Dataset and resolution -> method -> Inception Score, FID."""

_WIDTHS = {32: (256, 128), 48: (64, 64), 64: (64, 64), 128: (64, 64)}

_COLLECTIONS: list[tuple[str, str, tuple[float, float]]] = [
    ("DCGAN", "", (6.01, 42.72)),
    ("WGAN", "", (6.62, 40.03)),
    ("WGAN-GP", " CNN", (7.66, 19.83)),
    ("WGAN-GP", " ResNet", (7.95, 16.95)),
    ("SNGAN", " CNN", (7.84, 17.81)),
    ("SNGAN", " ResNet", (8.31, 14.32)),
]
"""CIFAR-10: method, networks, Inception Score and FID."""

_GAN, _PAC2, _PAC4 = (
    ("GAN", _PLAIN),
    ("PacGAN2", {"method.kind": "pac_gan", "method.packing": 2}),
    ("PacGAN4", {"method.kind": "pac_gan", "method.packing": 4}),
)
_PACGAN: list[tuple[tuple[str, Facts], str, float, float | None, float, float]] = [
    (_GAN, "ring", 6.3, 0.5, 0.982, 0.45),
    (_PAC2, "ring", 7.9, 0.1, 0.956, 0.07),
    (_PAC4, "ring", 7.8, 0.1, 0.959, 0.07),
    (_GAN, "grid", 17.3, 0.8, 0.948, 0.70),
    (_PAC2, "grid", 23.8, 0.7, 0.913, 0.13),
    (_PAC4, "grid", 24.8, 0.2, 0.936, 0.04),
]
"""Method, dataset, modes with their spread, share of high quality, reverse KL in nats."""

_MIXTURES: dict[str, Facts] = {
    "ring": {"dataset.kind": "ring", "dataset.modes": 8, "dataset.radius": 1.0, "dataset.std": 0.01},
    "grid": {"dataset.kind": "grid", "dataset.side": 5, "dataset.spacing": 0.5, "dataset.std": 0.0125},
}

_STACKED: list[tuple[str, tuple[str, Facts], int, float, float | None, float]] = [
    ("PacGAN", ("DCGAN", _PLAIN), 26_000, 78.9, 6.5, 4.50),
    ("PacGAN", ("PacDCGAN2", _PAC2[1]), 26_000, 1000.0, None, 0.06),
    ("Unrolled", ("DCGAN", _PLAIN), 25_600, 628.0, None, 2.58),
    ("Unrolled", ("Unrolled-5", {"method.kind": "unrolled", "method.steps": 5}), 25_600, 732.0, None, 1.66),
    ("Unrolled", ("Unrolled-10", {"method.kind": "unrolled", "method.steps": 10}), 25_600, 817.0, None, 1.43),
]
"""Source, method, samples, modes with their spread, reverse KL in nats."""


def published() -> list[Published]:
    """Every number on record."""
    return [*_under_test(), *_of_mimicry(), *_of_collections(), *_of_mixtures(), *_of_stacks()]


_RELATIVE: list[tuple[str, str, str, str]] = [
    ("AS-GAN", "CIFAR-10, CIFAR-100, CelebA, LSUN", "AS-GAN", "10% to 50% lower than its baselines'"),
    ("DAT", "CIFAR-100", "DAT over SSGAN", "11.5% lower than SSGAN's"),
    ("DAT", "STL-10", "DAT over SSGAN", "10.5% lower than SSGAN's"),
    ("DAT", "LSUN-Bedroom", "DAT over SSGAN", "13.2% lower than SSGAN's"),
    ("FARGAN", "CIFAR-10, CIFAR-100", "FARGAN", 'lower than NSGAN-0GP\'s "by a large margin"'),
]
"""Source, dataset, method, and what it says of FID."""


def _under_test() -> Iterator[Published]:
    for source, dataset, method, stated in _RELATIVE:
        yield Published(source, dataset, method, "fid_inception", None, None, {}, {}, stated)


_AGAINST_TRAIN: Facts = {"real_split": "train", "real_samples": 50_000}
"""FID's other side."""

_CIFAR10: Facts = {"dataset.kind": "cifar10", "dataset.resolution": 32}


def _of_mimicry() -> Iterator[Published]:
    for (dataset, side), rows in _MIMICRY.items():
        for method, (inception_score, fid) in rows.items():
            subject: Facts = {"dataset.kind": dataset, "dataset.resolution": side, **_METHODS[method]}
            trained = _mimicry_recipe(side, method)
            # Images are resized to Inception's 299 pixels inside its TensorFlow graph.
            resized: Facts = {"fake_samples": 50_000, "resizer": "bilinear, in TensorFlow's graph"}
            printed = [
                ("inception_score_inception", inception_score, {"splits": 10}),
                ("fid_inception", fid, _AGAINST_TRAIN),
            ]
            for metric, value, scored in printed:
                protocol = trained | scored | resized
                yield Published(
                    "mimicry", f"{dataset} {side}", method, metric, value, None, subject, protocol
                )
    few: Facts = {"real_split": NOT_STATED, "real_samples": 10_000, "fake_samples": 5_000}
    protocol = _mimicry_recipe(32, "SNGAN") | few
    subject = _CIFAR10 | _METHODS["SNGAN"]
    yield Published("mimicry", "cifar10 32", "SNGAN", "fid_inception", 23.90, None, subject, protocol)


def _mimicry_recipe(side: int, method: str) -> Facts:
    generator, discriminator = (f"sngan_resnet{side}_w{width}" for width in _WIDTHS[side])
    return {
        "generator": generator,
        "discriminator": discriminator + "_rectified" + (", no spectral norm" if method == "WGAN-GP" else ""),
        "recipe.generator_steps": 100_000,
        "recipe.discriminator_steps": 2 if side == 128 else 5,
        "recipe.batch_size": 64,
        "recipe.separate_passes": True,
        "checkpoint": "last",
    }


def _of_collections() -> Iterator[Published]:
    for method, networks, (inception_score, fid) in _COLLECTIONS:
        subject = _CIFAR10 | _METHODS[method]
        protocol: Facts = {"fake_samples": 50_000, "generator": NOT_STATED}
        printed = [
            ("inception_score_inception", inception_score, protocol),
            ("fid_inception", fid, _AGAINST_TRAIN | protocol),
        ]
        for metric, value, scored in printed:
            yield Published(
                "pytorch-gan-collections",
                "cifar10 32",
                method + networks,
                metric,
                value,
                None,
                subject,
                scored,
            )


def _of_mixtures() -> Iterator[Published]:
    for (method, facts), dataset, modes, spread, share, divergence in _PACGAN:
        subject = _MIXTURES[dataset] | facts
        protocol: Facts = {
            "dataset.train": 100_000,
            "fake_samples": 2500,
            "high_quality_radius": 3.0,
            "generator": "mlp4x400_bn",
            "discriminator": "mlp3x200_maxout",
            "recipe.batch_size": 100,
            "recipe.generator_steps": 400_000,
            "checkpoint": "last",
        }
        printed = [
            ("modes", modes, spread),
            ("high_quality_share", share, None),
            ("reverse_kl", divergence, None),
        ]
        for metric, value, deviation in printed:
            yield Published("PacGAN", dataset, method, metric, value, deviation, subject, protocol)
    for dataset, modes in (("ring", 1.0), ("grid", 3.3)):
        subject = {"dataset.kind": dataset, "dataset.std": NOT_STATED} | _PLAIN
        yield Published("VEEGAN", dataset, "GAN", "modes", modes, None, subject, {})


def _of_stacks() -> Iterator[Published]:
    where = {"dataset.kind": "stacked_mnist"}
    for source, (method, facts), samples, modes, spread, divergence in _STACKED:
        protocol = {"fake_samples": samples, "extractor": NOT_STATED, "generator": NOT_STATED}
        for metric, value, deviation in (("modes", modes, spread), ("reverse_kl", divergence, None)):
            yield Published(
                source, "stacked MNIST", method, metric, value, deviation, where | facts, protocol
            )


_DTYPES = {
    "source": "string",
    "dataset": "string",
    "method": "string",
    "metric": "string",
    "published": "float64",
    "published_spread": "float64",
    "stated": "string",
    "protocol": "string",
    "comparable": "bool",
    "reason": "string",
    "our_dataset": "string",
    "our_architecture": "string",
    "our_method": "string",
    "our_column": "string",
    "ours": "float64",
    "ours_sd": "float64",
    "ours_low": "float64",
    "ours_high": "float64",
    "ours_n": "int64",
}


@dataclass(frozen=True)
class Ours:
    """A cell, one of its columns, and all that is on record of it."""

    dataset: str
    architecture: str
    method: str
    column: str
    facts: Facts


def beside_ours(
    numbers: Iterable[Published],
    records: Sequence[Record],
    frame: pd.DataFrame,
    protocols: Protocols,
    datasets: Mapping[str, Dataset],
) -> pd.DataFrame:
    """A row for each published number, with what of ours is nearest to it.

    The nearest agrees in the most facts, from the first on. Ours stands beside where the subject agrees
    (the dataset and the method), and is `comparable` where the protocol does too; `reason` is the first
    fact that differs.
    """
    ours = list(_ours(records, protocols, datasets))
    rows = [_row(number, ours, frame) for number in numbers]
    return pd.DataFrame(rows, columns=list(_DTYPES)).astype(_DTYPES)


def _row(number: Published, ours: Sequence[Ours], frame: pd.DataFrame) -> dict[str, Any]:
    stated = {
        "source": number.source,
        "dataset": number.dataset,
        "method": number.method,
        "metric": number.metric,
        "published": number.value,
        "published_spread": number.spread,
        "stated": number.stated,
        "protocol": ", ".join(f"{key} {value}" for key, value in number.protocol.items()),
        "comparable": False,
        "ours_n": 0,
    }
    if number.value is None:
        return stated | {"reason": "only a relative number is known"}
    facts = number.subject | {"metric": number.metric} | number.protocol
    nearest = max(ours, key=lambda each: _agreeing(facts, each.facts), default=None)
    if nearest is None:
        return stated | {"reason": "nothing of ours was measured"}
    agreeing = _agreeing(facts, nearest.facts)
    row = stated | {
        "comparable": agreeing == len(facts),
        "reason": _reason(facts, nearest.facts, agreeing),
    }
    return row if agreeing <= len(number.subject) else row | _beside(nearest, frame)


def _beside(nearest: Ours, frame: pd.DataFrame) -> dict[str, Any]:
    cell = Cell(nearest.dataset, nearest.architecture, nearest.method)
    runs = frame[frame["cell"] == cell.id]
    found = estimate(observed(runs, nearest.column))
    return {
        "our_dataset": nearest.dataset,
        "our_architecture": nearest.architecture,
        "our_method": nearest.method,
        "our_column": nearest.column,
        "ours": found.mean,
        "ours_sd": found.sd,
        "ours_low": found.low,
        "ours_high": found.high,
        "ours_n": found.n,
    }


def _agreeing(theirs: Facts, ours: Facts) -> int:
    """How many facts agree before the first that does not."""
    pairs = ((value, ours.get(key)) for key, value in theirs.items())
    return next((i for i, (a, b) in enumerate(pairs) if a != b or a == NOT_STATED), len(theirs))


def _reason(theirs: Facts, ours: Facts, agreeing: int) -> str:
    if agreeing == len(theirs):
        return ""
    key = list(theirs)[agreeing]
    name = key.replace(".", "'s ").replace("_", " ")
    if agreeing == 0:
        return f"the grid has no dataset of the kind {theirs[key]}"
    if key == "metric":
        return f"{theirs[key]} was not measured"
    if theirs[key] == NOT_STATED:
        return f"{name}: the source does not say"
    return f"{name}: {theirs[key]} there, {ours.get(key, 'none')} here"


def _ours(records: Sequence[Record], protocols: Protocols, datasets: Mapping[str, Dataset]) -> Iterator[Ours]:
    """Each cell without a variant, with each of its columns; what is on record of it is its first seed's."""
    first: dict[Cell, Record] = {}
    for record in records:
        if not record.run.variant:
            first.setdefault(record.run.cell, record)
    for cell, record in first.items():
        file = record.file.reproducible
        trained = _flat({"dataset": datasets[cell.dataset].model_dump(), **file.params}) | {
            "techniques": file.techniques,
            "generator": file.networks.generator,
            "discriminator": file.networks.discriminator,
        }
        for column, protocol in protocols[cell.dataset].items():
            metric = column.removesuffix(f"_{protocol.get('checkpoint')}")
            yield Ours(
                cell.dataset, cell.architecture, cell.method, column, trained | {"metric": metric} | protocol
            )


def _flat(tree: Mapping[str, Any], prefix: str = "") -> Facts:
    """`{"recipe": {"batch_size": 64}}` as `{"recipe.batch_size": 64}`."""
    flat: Facts = {}
    for key, value in tree.items():
        flat |= _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return flat
