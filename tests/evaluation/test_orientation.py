"""Which score sees which failure: precision and recall the wrong way round would pass most other tests."""

import numpy as np
import torch

from ganmatrix.evaluation.image_scores import image_reference, score_images
from ganmatrix.params.evaluation import ImageEvaluation

COUNT = 600
RNG = np.random.default_rng(0)
PLANE = RNG.standard_normal((2, 64))
PARAMS = ImageEvaluation(samples=COUNT, kid_subsets=10, kid_subset_size=400)

SPREAD = RNG.standard_normal((4, COUNT, 2))
GENERATORS = {
    "fresh": SPREAD[1],
    "collapsed": np.repeat(SPREAD[0, :3], COUNT // 3, axis=0) + 0.02 * SPREAD[2],
    "everywhere": 6 * SPREAD[3],
}

BOUNDS = {
    "precision": ((0.9, 1), (0, 0.3)),
    "recall": ((0, 0.1), (0.9, 1)),
    "density": ((0.9, 9), (0, 0.3)),
    "coverage": ((0, 0.1), (0, 0.5)),
}
"""Least and most that the collapsed generator may get, and the one that is everywhere."""


def images(points: np.ndarray) -> np.ndarray:
    """Points (n, 2) as images that lie near a plane, (n, 1, 8, 8)."""
    pixels = 128 + 6 * points @ PLANE
    return pixels.round().clip(0, 255).astype(np.uint8).reshape(-1, 1, 8, 8)


def test_which_score_sees_collapse_and_which_sees_excess(toy_extractor) -> None:
    """A collapsed generator is precise, and one that is everywhere recalls."""
    held_out = images(np.random.default_rng(1).standard_normal((COUNT, 2)))
    reference = image_reference(images(SPREAD[0]), held_out, toy_extractor, 5, torch.device("cpu"))
    found: dict[str, dict[str, float]] = {}
    for name, points in GENERATORS.items():
        shown = torch.from_numpy(images(points)) / 127.5 - 1
        entries = score_images(torch.nn.Identity(), shown, [(toy_extractor, reference)], PARAMS, seed=0)
        for column, entry in entries.items():
            found.setdefault(column.key, {})[name] = entry["value"]
    for metric, (collapsed, everywhere) in BOUNDS.items():
        assert found[metric]["fresh"] > 0.8
        assert collapsed[0] <= found[metric]["collapsed"] <= collapsed[1], metric
        assert everywhere[0] <= found[metric]["everywhere"] <= everywhere[1], metric
    for metric in ("fid", "kid", "mind"):
        fresh = abs(found[metric]["fresh"])
        assert min(found[metric]["collapsed"], found[metric]["everywhere"]) > 5 * fresh, metric
    # It knows no real image: of more than the data have, it thinks well.
    vendi = found["vendi"]
    assert vendi["collapsed"] < vendi["fresh"] < vendi["everywhere"]
