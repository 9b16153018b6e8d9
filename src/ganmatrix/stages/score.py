"""`score FAKE REAL`: the scores of one set of images against another, wherever the sets lie."""

import os
import re
import warnings
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import ValidationError
from threadpoolctl import threadpool_limits

from ganmatrix.cell import Cell
from ganmatrix.datasets.image_set import KINDS, ArraySet, ImageSet, open_images
from ganmatrix.errors import UserError
from ganmatrix.evaluation import inception, inception_v3
from ganmatrix.evaluation.efficientnet_lite0 import MOST_SIZE
from ganmatrix.evaluation.extractor import Extractor as BuiltExtractor
from ganmatrix.evaluation.presets import OURS, PRESETS, Preset
from ganmatrix.evaluation.score import Scored, SetScorer
from ganmatrix.evaluation.scoring import batches, quantise
from ganmatrix.params.evaluation import Extractor, ImageEvaluation
from ganmatrix.params.kinds import kinds
from ganmatrix.params.messages import nearest
from ganmatrix.plan import Plan
from ganmatrix.runtime import compute, granted
from ganmatrix.store.dataset import open_dataset
from ganmatrix.training.trained import latents, open_trained

DEFAULT_EXTRACTOR = "efficientnet_lite0"

Place = str | Path | NDArray[Any]
"""A path, the id of a cell, the name of a dataset, or an array of images."""


def score(
    fake: Place,
    real: Place,
    preset: str = OURS.name,
    *,
    metrics: Sequence[str] = (),
    extractor: str | None = None,
    weights: str | Path | None = None,
    sha256: str | None = None,
    input_size: int | None = None,
    samples: int | None = None,
    seed: int | None = None,
    value_range: tuple[float, float] | None = None,
    skip_bad: bool = False,
    device: str = "auto",
    params: str | Path = "params.yaml",
) -> Scored:
    """The scores of the images FAKE against the images REAL, by the protocol of a preset.

    Either is a folder of images, Parquet files, a .npy or .npz file, an array, a cell or a dataset of the
    params file. The arguments are the options of `ganmatrix score`. UserError if one of them is wrong.
    """
    (found,) = score_all(
        [fake],
        real,
        preset,
        metrics=metrics,
        extractor=extractor,
        weights=weights,
        sha256=sha256,
        input_size=input_size,
        samples=samples,
        seed=seed,
        value_range=value_range,
        skip_bad=skip_bad,
        device=device,
        params=params,
    )
    return found


def score_all(
    fakes: Sequence[Place],
    real: Place,
    preset: str,
    *,
    metrics: Sequence[str],
    extractor: str | None,
    weights: str | Path | None,
    sha256: str | None,
    input_size: int | None,
    samples: int | None,
    seed: int | None,
    value_range: tuple[float, float] | None,
    skip_bad: bool,
    device: str,
    params: str | Path,
) -> list[Scored]:
    """The scores of each set against REAL, which is read once."""
    rule = PRESETS[_known("--as", preset, PRESETS)]
    for metric in metrics:
        _known("--metric", metric, rule.metrics)
    if samples is not None and samples < 1:
        raise UserError(f"--samples is {samples}; expected at least 1")
    with _arithmetic(device) as place, warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"PIL\.")  # of metadata, from several threads
        study = _Study(Path(params), seed, place)
        reals = _opened(real, rule, value_range, study, samples)
        opened = [_opened(each, rule, value_range, study, samples or len(reals)) for each in fakes]
        _require_used([*opened, reals], value_range, seed)
        scorer = SetScorer(
            rule,
            _extractor(rule, reals, extractor, weights, sha256, input_size),
            study.evaluation,
            place,
            samples,
            metrics,
            skip_bad,
            granted.cores(),
        )
        for each in opened:
            scorer.check("FAKE", each)
        other = scorer.side("REAL", reals)
        found = [scorer.scores(scorer.side("FAKE", each), other) for each in opened]
    if sha256 not in (None, inception.WEIGHTS_SHA256, inception_v3.WEIGHTS_SHA256):
        for scored in found:
            scored.card["notes"].insert(
                0, "The weights are not the published ones: these scores compare with none published."
            )
    return found


def _require_used(
    sets: Sequence[ImageSet], value_range: tuple[float, float] | None, seed: int | None
) -> None:
    """UserError for an option that no set needs."""
    for option, given, used in (
        ("--range", value_range, any(isinstance(each, ArraySet) and each.span for each in sets)),
        ("--seed", seed, any(each.kind == "cell" for each in sets)),
    ):
        if given is not None and not used:
            raise UserError(f"{option} is given, but neither FAKE nor REAL needs it; leave it out")


def described() -> str:
    """All presets: what they reproduce, their scores, and what differs."""
    lines = []
    for each in PRESETS.values():
        lines.append(f"{each.name}: {each.reproduces}; {', '.join(each.metrics)}")
        lines += [f"  - {sentence}" for sentence in each.differs]
        lines += [f"  - from the tool: {sentence}" for sentence in each.departs]
    return "\n".join(lines)


@contextmanager
def _arithmetic(device: str) -> Iterator[torch.device]:
    """The device, with all granted cores; torch's threads and modes are put back at the end."""
    before, threads = torch.get_deterministic_debug_mode(), torch.get_num_threads()
    place = compute.device(device)
    torch.set_num_threads(granted.cores())
    try:
        with threadpool_limits(granted.cores()):
            yield place
    finally:
        torch.set_deterministic_debug_mode(before)
        torch.set_num_threads(threads)


class _Study:
    """The params file, which is read only if a cell or a dataset is meant."""

    def __init__(self, params: Path, seed: int | None, device: torch.device) -> None:
        self.params, self.seed, self.device = params, seed, device
        self.evaluation = ImageEvaluation()
        """The protocol of scores: the study's, if it is read."""

    def opened(self, place: str, count: int | None) -> ImageSet | None:
        """The images of a cell or a dataset; None if neither has that name."""
        if not self.params.is_file():
            return None
        plan = Plan.load(self.params)
        if place not in plan.cells and place not in plan.params.datasets:
            return None
        self.evaluation = plan.params.evaluation.images
        if place in plan.cells:
            return self._cell(plan, plan.cell(place), count or self.evaluation.samples)
        data = open_dataset(plan.open("prepare", place))
        if not data.is_image:
            raise UserError(f"{place} has points; only images can be scored")
        opened = ArraySet(place, "dataset", data.samples("train"))
        opened.more = {"split": "train", "data_sha256": data.digest}
        return opened

    def _cell(self, plan: Plan, cell: Cell, count: int) -> ImageSet:
        """So many samples of the averaged G, of the first latents that `evaluate` draws."""
        seed = plan.seeds[0] if self.seed is None else self.seed
        if seed not in plan.seeds:
            raise UserError(f"--seed is {seed}, which is not in grid.seeds; choose from {plan.seeds}")
        run = cell.run(seed)
        trained = open_trained(run, plan.open("train", cell.id, seed))
        if len(trained.header.shape) != 3:
            raise UserError(f"{cell.id} makes points; only images can be scored")
        if trained.header.diverged:
            raise UserError(f"{run.id}: training diverged ({trained.header.diverged}); name another --seed")
        generator = trained.generator("ema").to(self.device)
        try:
            made = [
                quantise(b).cpu()
                for b in batches(generator, latents(run, count, trained.latent, self.device))
            ]
        except FloatingPointError as error:
            raise UserError(f"{run.id}: {error}; name another --seed") from None
        opened = ArraySet(cell.id, "cell", torch.cat(made).numpy())
        opened.more = {"run": run.id, "checkpoint": "ema", "weights_sha256": trained.sha256}
        return opened


def _opened(
    place: Place, rule: Preset, span: tuple[float, float] | None, study: _Study, count: int | None
) -> ImageSet:
    if isinstance(place, np.ndarray):
        return ArraySet("the array", "array", place, None if place.dtype == np.uint8 else span)
    name = str(place)
    if not os.path.lexists(name) and (found := study.opened(name, count)):
        return found
    if not os.path.lexists(name):
        cells = (
            f"a cell or dataset of {study.params}" if study.params.is_file() else "a cell of a params file"
        )
        raise UserError(f"{name} does not exist; expected {KINDS}, or {cells}")
    return open_images(name, rule.files, span)


def _extractor(
    rule: Preset,
    real: ImageSet,
    kind: str | None,
    weights: str | Path | None,
    sha256: str | None,
    input_size: int | None,
) -> BuiltExtractor:
    path = Path(weights) if weights is not None else None
    if sha256 is not None and (path is None or not re.fullmatch("[0-9a-f]{64}", sha256)):
        raise UserError(f"--sha256 is {sha256[:70]!r}; expected 64 digits 0-9 and a-f, beside --weights")
    if rule.load is not None:
        for option, value in (("--extractor", kind), ("--input-size", input_size)):
            if value is not None:
                raise UserError(f"{option} is {value}, but --as {rule.name} fixes it; leave one of them out")
        return rule.load(path, sha256)
    sections = {name: each for name, each in kinds(Extractor).items() if not each.digits_only}
    chosen = _known("--extractor", kind or DEFAULT_EXTRACTOR, sections)
    given = {"weights": str(path) if path else None, "input_size": input_size}
    stated = {key: value for key, value in given.items() if value is not None}
    for key in stated:
        if key not in sections[chosen].model_fields:
            option = f"--{key.replace('_', '-')}"
            raise UserError(f"{option} is {stated[key]}, but {chosen} takes none; leave it out")
    if sha256 is not None and path is not None:
        if chosen != "inception":
            raise UserError(f"--sha256 is for inception and presets; {chosen} knows its own file")
        return inception.load(path, sha256, "name another file with --weights")
    try:
        section = sections[chosen](kind=chosen, **stated)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise UserError(f"--{str(first['loc'][0]).replace('_', '-')}: {first['msg']}") from None
    first_image = real.first()
    side = min(first_image.shape[1:]) if first_image is not None else MOST_SIZE
    return section.load()(section, side)


def _known(option: str, name: str, choices: Collection[str]) -> str:
    if name not in choices:
        raise UserError(f"{option} is {name!r}; choose from {', '.join(choices)}{nearest(name, choices)}")
    return name
