"""The tables of docs/mind.md: does MIND of 5,000 images tell what FID of 50,000 does, as its paper claims?

    python studies/mind.py --train train.parquet --test test.parquet [--cache FILE.npz]
    python studies/mind.py                 rewrite the tables from docs/results/mind.csv

The plan, fixed before the first run. The Parquet files hold CIFAR-10 (`img`, `label`). The 10,000 test images
are the real ones. A generator is the 50,000 training images, damaged. It has a family, and a level 0 to 4 of
how much is damaged; level 0, nothing, is shared. Families:

- noise: a share of 0, 25, 50, 75, 100% of the images has Gaussian noise of deviation 4 of 255;
- blur: a share of 0, 2.5, 5, 7.5, 10% is blurred, a Gaussian of 1 pixel;
- dropped: a share of 0, 25, 50, 75, 100% of one class in ten (dogs) is missing;
- repeats: a share of 0, 5, 10, 15, 20% are copies of the same 100 images.

Features are EfficientNet-Lite0's at 96 pixels. Each generator is scored on 1,000, 2,000, 5,000 and 10,000 of
its images, 5 times, drawn without replacement and apart for each level, and once on all. The scores: FID, KID
(10 subsets of 500), MIND against all 10,000 reals, MIND against as many reals as fakes (as torch-fidelity has
it), and FID extrapolated, at 5,000 only and twice. What is asked of a score at n images:

- bias: its mean over the draws less its value on all images, over the families' levels, as a share of what
  the worst level adds to level 0 on all images (the range);
- spread: its standard deviation over the draws, as a share of the same range; and over its mean;
- order: how often of two neighbouring levels the worse one scores worse, over all pairs of draws;
- rank: Spearman's correlation of score and level, over one draw of each level.

The claim holds if MIND at 5,000 orders neighbours as often as FID at 50,000 does.
"""

import argparse
import io
import itertools
import multiprocessing
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import torch
from numpy.typing import NDArray
from PIL import Image
from rich.console import Console
from scipy.ndimage import gaussian_filter
from scipy.stats import spearmanr

from ganmatrix.evaluation.efficientnet_lite0 import build
from ganmatrix.evaluation.features import Moments
from ganmatrix.evaluation.fid import FidInfinity, frechet_distance_of_factors
from ganmatrix.evaluation.kid import kernel_distance
from ganmatrix.evaluation.mind import (
    PROJECTIONS,
    SEED,
    monge_distance,
    squared_wasserstein,
    unit_directions,
)
from ganmatrix.params.evaluation import EfficientNetLite0Params

CONSOLE = Console(soft_wrap=True)

Features = NDArray[np.float32]
Pixels = NDArray[np.uint8]

DOCS = Path(__file__).parents[1] / "docs"
SCORES, PAGE = DOCS / "results" / "mind.csv", DOCS / "mind.md"
BEGIN, END = "<!-- made by studies/mind.py -->", "<!-- end -->"

SIZES, DRAWS, ALL = (1_000, 2_000, 5_000, 10_000), 5, 50_000
EXTRAPOLATED, EXTRAPOLATED_DRAWS = 5_000, 2
INPUT_SIZE = 96
NOISE, BLUR, BLURRED = 4.0, 1.0, 5_000
DROPPED_CLASS, REPEATED = 5, 100
SHARES = {
    "noise": (0, 0.25, 0.5, 0.75, 1),
    "blur": (0, 0.025, 0.05, 0.075, 0.1),
    "dropped": (0, 0.25, 0.5, 0.75, 1),
    "repeats": (0, 0.05, 0.1, 0.15, 0.2),
}
TITLES = {
    "fid": "FID",
    "kid": "KID",
    "mind": "MIND",
    "mind_equal": "MIND, as many reals",
    "fid_infinity": "FID, extrapolated",
}


def pictures(path: Path) -> tuple[Pixels, NDArray[np.int64]]:
    """Images (n, 3, 32, 32) and their classes (n,)."""
    rows = pq.read_table(path)
    images = rows.column("img").combine_chunks().field("bytes")
    pixels = [np.asarray(Image.open(io.BytesIO(each.as_py())).convert("RGB")) for each in images]
    return np.stack(pixels).transpose(0, 3, 1, 2), rows.column("label").to_numpy()


def extracted(train: Path, test: Path, workers: int) -> dict[str, NDArray]:
    """Features of the test images, of the training images, of all of these with noise and of some blurred."""
    (reals, _), (images, classes) = pictures(test), pictures(train)
    noise = np.random.default_rng(1).normal(0, NOISE, images.shape).astype(np.float32)
    blurred = gaussian_filter(images[:BLURRED].astype(np.float32), (0, 0, BLUR, BLUR))
    sets = {
        "real": reals,
        "clean": images,
        "noise": (images + noise).round().clip(0, 255).astype(np.uint8),
        "blur": blurred.round().astype(np.uint8),
    }
    found: dict[str, NDArray] = {"classes": classes}
    with multiprocessing.get_context("fork").Pool(workers) as pool:
        for name, pixels in sets.items():
            began = time.monotonic()
            batches = np.array_split(pixels, max(1, len(pixels) // 500))
            found[name] = np.concatenate([*pool.imap(_features, batches, chunksize=1)])
            CONSOLE.print(f"{name}: {len(pixels)} images in {time.monotonic() - began:.0f} s")
    return found


def _features(pixels: Pixels) -> Features:
    extractor = build(EfficientNetLite0Params(kind="efficientnet_lite0", input_size=INPUT_SIZE), 32)
    return extractor(torch.from_numpy(pixels))[0].numpy()


def drawn(
    family: str, share: float, count: int, classes: NDArray[np.int64], rng: np.random.Generator
) -> list[tuple[str, NDArray[np.int64]]]:
    """Which images of which set a generator shows when asked for `count`; fewer only if it has no more."""
    order = rng.permutation(len(classes))
    damaged = round(share * min(count, len(classes)))
    if family == "noise":
        return [("noise", order[:damaged]), ("clean", order[damaged:count])]
    if family == "blur":
        blurred = rng.permutation(BLURRED)[:damaged]
        return [("blur", blurred), ("clean", order[~np.isin(order, blurred)][: count - damaged])]
    if family == "dropped":
        dogs = np.flatnonzero(classes == DROPPED_CLASS)
        missing = dogs[: round(share * len(dogs))]
        return [("clean", order[~np.isin(order, missing)][:count])]
    copies = rng.integers(0, REPEATED, damaged)
    return [("clean", copies), ("clean", order[: count - damaged])]


class Judge:
    """The real images, and what of all features need be computed once only."""

    def __init__(self, sets: dict[str, NDArray]) -> None:
        self.sets = sets
        moments = Moments()
        moments.update(sets["real"])
        self.mean, self.root = moments.mean, moments.factor
        self.real = sets["real"]
        self.directions = unit_directions(self.real.shape[1], PROJECTIONS, SEED).astype(np.float32)
        centre = self.real.mean(axis=0)
        self.projected = {
            name: self.directions @ (sets[name] - centre).T for name in ("real", "clean", "noise", "blur")
        }

    def mind(self, chosen: list[tuple[str, NDArray[np.int64]]], reals: int) -> float:
        """`monge_distance`, of projections that are known."""
        fake = np.concatenate([self.projected[name][:, rows] for name, rows in chosen], axis=1)
        total = 0.0
        for some in np.array_split(np.arange(PROJECTIONS), 10):
            pair = (fake[some].astype(np.float64), self.projected["real"][some, :reals].astype(np.float64))
            total += float(squared_wasserstein(*pair).sum())
        return 3 * self.real.shape[1] * total / PROJECTIONS

    def scores(
        self, chosen: list[tuple[str, NDArray[np.int64]]], count: int, draw: int
    ) -> Iterator[tuple[str, float]]:
        fake: Features = np.concatenate([self.sets[name][rows] for name, rows in chosen])
        moments = Moments()
        moments.update(fake)
        yield "fid", frechet_distance_of_factors(moments.mean, moments.factor, self.mean, self.root)
        yield "kid", kernel_distance(fake, self.real, 10, 500, np.random.default_rng(draw))[0]
        yield "mind", self.mind(chosen, len(self.real))
        if count < len(self.real):
            yield "mind_equal", self.mind(chosen, count)
        if count == EXTRAPOLATED and draw < EXTRAPOLATED_DRAWS:
            shuffled = np.random.default_rng(draw).permutation(fake)
            stream = FidInfinity(count)
            stream.update(shuffled)
            yield "fid_infinity", stream.extrapolate(self.mean, self.root).value


def measure(sets: dict[str, NDArray], workers: int) -> pd.DataFrame:
    """Every score of every generator: family, level, n, draw, score, value. Workers share the features."""
    judge = Judge(sets)
    generators = [
        (index, family, level, share)
        for index, (family, shares) in enumerate(SHARES.items())
        for level, share in enumerate(shares)
        if level or not index
    ]
    with multiprocessing.get_context("fork").Pool(workers, _hold, (judge,)) as pool:
        rows = [row for found in pool.imap(_of_generator, generators, chunksize=1) for row in found]
    return pd.DataFrame(rows, columns=["family", "level", "n", "draw", "score", "value"])


_judges: list[Judge] = []


def _hold(judge: Judge) -> None:
    _judges.append(judge)


def _of_generator(generator: tuple[int, str, int, float]) -> list[tuple[str, int, int, int, str, float]]:
    index, family, level, share = generator
    began = time.monotonic()
    rows = []
    for count in (*SIZES, ALL):
        for draw in range(DRAWS if count < ALL else 1):
            rng = np.random.default_rng((index, level, count, draw))
            chosen = drawn(family, share, count, _judges[0].sets["classes"], rng)
            for score, value in _judges[0].scores(chosen, count, draw):
                rows.append((family if level else "none", level, count, draw, score, value))
    CONSOLE.print(f"{family} {share}: {time.monotonic() - began:.0f} s")
    return rows


def seconds(sets: dict[str, NDArray]) -> None:
    """Print what each score costs once the features are there, in the processor's seconds."""

    def timed(name: str, call: Callable[[], object]) -> None:
        began = time.process_time()
        call()
        CONSOLE.print(f"{name}: {time.process_time() - began:.2f} s of the processor")

    def fid(fake: Features, root: NDArray, mean: NDArray) -> None:
        moments = Moments()
        moments.update(fake)
        frechet_distance_of_factors(moments.mean, moments.factor, mean, root)

    moments = Moments()
    moments.update(sets["real"])
    mean, root, stream = moments.mean, moments.factor, np.random.default_rng(0)
    for count in (5_000, ALL):
        fake = sets["clean"][:count]
        timed(f"FID of {count}", lambda fake=fake: fid(fake, root, mean))
        timed(f"MIND of {count}", lambda fake=fake: monge_distance(fake, sets["real"]))
        timed(f"KID of {count}", lambda fake=fake: kernel_distance(fake, sets["real"], 10, 500, stream))


def ladder(frame: pd.DataFrame, family: str, score: str, count: int) -> list[NDArray[np.float64]]:
    """The values of each level, of as many draws as there are."""
    chosen = frame[(frame.score == score) & (frame.n == count) & frame.family.isin(["none", family])]
    return [chosen[chosen.level == level].value.to_numpy() for level in range(len(SHARES[family]))]


def judged(frame: pd.DataFrame, score: str, count: int) -> dict[str, float]:
    """What the plan asks of a score at n images, as means over the families."""
    whole = "mind" if score == "mind_equal" else "fid" if score == "fid_infinity" else score
    found = []
    for family in SHARES:
        levels = ladder(frame, family, score, count)
        every = [float(each[0]) for each in ladder(frame, family, whole, ALL)]
        extent = every[-1] - every[0]
        pairs = itertools.pairwise(levels)
        ordered = [np.mean(worse[:, None] > better) for better, worse in pairs]
        draws = np.stack(levels, axis=1)
        found.append(
            {
                "bias": np.mean([a.mean() - b for a, b in zip(levels, every, strict=True)]) / extent,
                "spread": np.mean([a.std(ddof=1) for a in levels]) / extent if len(draws) > 1 else np.nan,
                "variation": np.mean([a.std(ddof=1) / a.mean() for a in levels])
                if len(draws) > 1
                else np.nan,
                "rank": np.mean([spearmanr(range(len(levels)), row).statistic for row in draws]),
                "order": np.mean(ordered),
                f"order {family}": np.mean(ordered),
            }
        )
    return {key: float(np.mean([each[key] for each in found if key in each])) for key in set().union(*found)}


def tables(frame: pd.DataFrame) -> str:
    """Two tables in Markdown: what is asked, and the order family by family."""

    def percent(value: float) -> str:
        return "-" if np.isnan(value) else f"{100 * value:.1f}%"

    head = "| score | n | bias / range | spread / range | spread / mean | rank | neighbours in order |"
    main, families = [head, "|" + "---|" * 7], [f"| score | n | {' | '.join(SHARES)} |", "|" + "---|" * 6]
    for score, title in TITLES.items():
        for count in sorted(frame[frame.score == score].n.unique()):
            row = judged(frame, score, count)
            variation = "-" if score in ("kid", "fid_infinity") else percent(row["variation"])
            # FID of all images is not what the extrapolation aims at.
            bias = "-" if score == "fid_infinity" else percent(row["bias"])
            cells = [bias, percent(row["spread"]), variation, f"{row['rank']:.3f}"]
            main.append(f"| {title} | {count:,} | {' | '.join(cells)} | {percent(row['order'])} |")
            each = [percent(row[f"order {family}"]) for family in SHARES]
            families.append(f"| {title} | {count:,} | {' | '.join(each)} |")
    return "\n".join([*main, "", "Neighbours in order, family by family:", "", *families])


def rewritten(page: str, frame: pd.DataFrame) -> str:
    """The page with the tables of these scores."""
    return f"{page.split(BEGIN)[0]}{BEGIN}\n\n{tables(frame)}\n\n{END}{page.split(END)[1]}"


def main() -> None:
    """Measure if there are images, then rewrite the page's tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--train", type=Path)
    parser.add_argument("--test", type=Path)
    parser.add_argument("--cache", type=Path, help="features are kept in this .npz and read from it")
    parser.add_argument("--workers", type=int, default=2, help="processes; set OMP_NUM_THREADS=1 beside it")
    arguments = parser.parse_args()
    if arguments.train and arguments.test:
        if arguments.cache and arguments.cache.is_file():
            sets = dict(np.load(arguments.cache))
        else:
            sets = extracted(arguments.train, arguments.test, arguments.workers)
            if arguments.cache:
                np.savez(arguments.cache, **sets)
        measure(sets, arguments.workers).to_csv(SCORES, index=False, float_format="%.8g")
        seconds(sets)
    PAGE.write_text(rewritten(PAGE.read_text(encoding="utf-8"), pd.read_csv(SCORES)), encoding="utf-8")


if __name__ == "__main__":
    main()
