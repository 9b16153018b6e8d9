"""How well EfficientNet-Lite0 tells noise from images at each input size: why `reference` refuses some.

python bench/input_size.py digits photos [PARQUET ...]    a row a dataset and input size, as Markdown
"""

import io
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import torch
from numpy.typing import NDArray
from PIL import Image

from ganmatrix.datasets import digits, photos
from ganmatrix.evaluation.efficientnet_lite0 import build
from ganmatrix.evaluation.floors import SEED, floors, halves, indices
from ganmatrix.evaluation.image_scores import ImageScorer, image_reference
from ganmatrix.evaluation.scoring import spread
from ganmatrix.params.datasets import DigitsParams, PhotosParams
from ganmatrix.params.evaluation import EfficientNetLite0Params, ImageEvaluation

Splits = tuple[NDArray[np.uint8], NDArray[np.uint8]]

SIZES = (32, 64, 96, 128, 192, 224)
MOST_TRAIN, MOST_HELD_OUT = 1_500, 300
"""Images that are looked at, at even distances: at 224 pixels a processor sees some 20 in a second."""
HEADER = """\
| images | input size | FID of half | of held-out | of noise | noise / half | precision of noise | images/s |
|---|---|---|---|---|---|---|---|
"""
IMAGES = ImageEvaluation(samples=1000, neighbours=5, kid_subsets=2, kid_subset_size=100)


def images(name: str) -> Splits:
    """Training and held-out images (n, C, H, W): a name, or a Parquet file, whose last tenth is held out."""
    if name == "digits":
        found = digits.prepare(DigitsParams(kind="digits", resolution=16, held_out=360))
    elif name == "photos":
        params = PhotosParams(kind="photos", resolution=32, short_side=256, stride=12, held_out_share=0.2)
        found = photos.prepare(params)
    else:
        rows = pq.read_table(name, columns=["img"]).column("img").combine_chunks().field("bytes")
        chosen = spread(len(rows), MOST_TRAIN + MOST_HELD_OUT)
        pictures = [np.asarray(Image.open(io.BytesIO(rows[int(i)].as_py())).convert("RGB")) for i in chosen]
        order = np.random.default_rng(SEED).permutation(len(pictures))
        every = np.stack(pictures).transpose(0, 3, 1, 2)[order]
        return every[:MOST_TRAIN], every[MOST_TRAIN:]
    train, held_out = found.train, found.held_out
    return train[spread(len(train), MOST_TRAIN)], held_out[spread(len(held_out), MOST_HELD_OUT)]


def row(name: str, train: NDArray[np.uint8], held_out: NDArray[np.uint8], size: int) -> str:
    """FID of half against half, of held-out images and of noise; precision of noise; images a second."""
    extractor = build(EfficientNetLite0Params(kind="efficientnet_lite0", input_size=size), train.shape[-1])
    device = torch.device("cpu")
    began = time.monotonic()
    reference = image_reference(train, held_out, extractor, IMAGES.neighbours, device)
    rate = (len(train) + len(held_out)) / (time.monotonic() - began)
    latents = indices(held_out, IMAGES.samples, device)
    found = floors(ImageScorer([(extractor, reference)], IMAGES, latents, latents, SEED), held_out)
    fids = [entries[f"fid_{extractor.name}"]["value"] for entries in (found["held_out"], found["noise"])]
    half = halves(extractor, reference)["value"]
    precision = found["noise"][f"precision_{extractor.name}"]["value"]
    cells = [f"{half:.3g}", *(f"{fid:.3g}" for fid in fids), f"{fids[1] / half:.3g}", f"{precision:.1%}"]
    return f"| {name} | {size} | {' | '.join(cells)} | {rate:.0f} |"


if __name__ == "__main__":
    sys.stdout.write(HEADER)
    for each in sys.argv[1:]:
        splits = images(each)
        for side in SIZES:
            line = row(Path(each).parent.name if "/" in each else each, *splits, side)
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()
