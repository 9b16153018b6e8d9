"""How fast images are prepared, per core, beside a plain PIL and torchvision DataLoader loop.

    python bench/preparation.py [--rounds N] [--output FILE]

Both read the same JPEG files from the page cache with one thread, cut the largest centred square, resize it,
antialiased, and end with one uint8 array; ours also writes arrays, labels and card as `prepare` does. They
take turns; figures are medians over rounds, ratios are taken round by round.
"""

import argparse
import contextlib
import io
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from rich.console import Console

from ganmatrix.datasets.photos import photographs
from ganmatrix.evaluation.inception import make_torchvision_importable
from ganmatrix.params import load
from ganmatrix.params.datasets import ImageFolderParams
from ganmatrix.plan import Plan
from ganmatrix.stages import prepare
from ganmatrix.store.layout import Layout

CASES = {"32x32 to 32": (32, 32, 8000), "256x256 to 64": (256, 64, 2000)}
"""Side of the files, side of the result, how many files."""

PARAMS, _ = load(Path(__file__).parents[1] / "params.yaml")


def make_files(folder: Path, side: int, count: int) -> None:
    """Crops of photographs as JPEGs of quality 90, in two classes."""
    rng = np.random.default_rng(0)
    pictures = [image for image in photographs() if min(image.shape[:2]) >= side]
    for name in ("a", "b"):
        (folder / name).mkdir(parents=True)
    for i in range(count):
        image = pictures[i % len(pictures)]
        top, left = (rng.integers(0, length - side + 1) for length in image.shape[:2])
        crop = Image.fromarray(image[top : top + side, left : left + side])
        crop.save(folder / "ab"[i % 2] / f"{i:05d}.jpg", quality=90)


def plain_loop(folder: Path, side: int) -> None:
    """What one would write: ImageFolder, transforms, a DataLoader without workers."""
    from torch.utils.data import DataLoader
    from torchvision import datasets, transforms

    data = datasets.ImageFolder(
        str(folder),
        transforms.Compose(
            [
                transforms.Lambda(lambda image: transforms.functional.center_crop(image, min(image.size))),
                transforms.Resize(side, transforms.InterpolationMode.BICUBIC),
                transforms.PILToTensor(),
            ]
        ),
    )
    out = np.empty((len(data), 3, side, side), np.uint8)
    for i, (images, _) in enumerate(DataLoader(data, batch_size=64)):
        out[64 * i : 64 * i + len(images)] = images.numpy()


def ours(folder: Path, side: int) -> None:
    """`ganmatrix prepare` of the folder."""
    dataset = ImageFolderParams(kind="image_folder", train=str(folder), resolution=side)
    with tempfile.TemporaryDirectory() as root, contextlib.redirect_stderr(io.StringIO()):
        plan = Plan(PARAMS.model_copy(update={"datasets": {"timed": dataset}}), Layout(Path(root)))
        made = Path(root) / "made"
        made.mkdir()
        prepare.into(made, "timed", plan)


def seconds(function: Callable[[Path, int], None], folder: Path, side: int) -> float:
    began = time.perf_counter()
    function(folder, side)
    return time.perf_counter() - began


def measure(case: tuple[int, int, int], rounds: int) -> dict[str, Any]:
    """Both, in turns, on the files of one case."""
    source, side, count = case
    with tempfile.TemporaryDirectory() as root:
        folder = Path(root) / "images"
        make_files(folder, source, count)
        plain_loop(folder, side)
        times = [(seconds(ours, folder, side), seconds(plain_loop, folder, side)) for _ in range(rounds)]
    ratios = [theirs / mine for mine, theirs in times]
    return {
        "ours_images_per_second": count / statistics.median(mine for mine, _ in times),
        "plain_images_per_second": count / statistics.median(theirs for _, theirs in times),
        "speed_up": statistics.median(ratios),
        "range": [min(ratios), max(ratios)],
        "rounds": rounds,
    }


def main() -> None:
    """Measure, print a table, write JSON."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--output", type=Path, default=Path(__file__).parent / "preparation.json")
    arguments = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = "1"
    make_torchvision_importable()
    found = {name: measure(case, arguments.rounds) for name, case in CASES.items()}
    console = Console(soft_wrap=True)
    for name, row in found.items():
        console.print(
            f"{name}: ours {row['ours_images_per_second']:.0f} images/s, plain loop "
            f"{row['plain_images_per_second']:.0f}; ours over plain {row['speed_up']:.2f} "
            f"({row['range'][0]:.2f} to {row['range'][1]:.2f}), {row['rounds']} rounds"
        )
    arguments.output.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
