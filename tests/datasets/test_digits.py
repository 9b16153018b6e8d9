"""The scanned digits: complete, disjoint splits of images that still are those digits."""

import numpy as np
import pytest
from sklearn.datasets import load_digits

from ganmatrix.datasets.digits import prepare
from ganmatrix.params.datasets import Digits


@pytest.mark.parametrize("resolution", [16, 32])
def test_shapes_and_range(resolution):
    digits = prepare(Digits(kind="digits", resolution=resolution, held_out=360))
    assert digits.train.shape == (1437, 1, resolution, resolution)
    assert digits.held_out.shape == (360, 1, resolution, resolution)
    assert digits.train.dtype == np.uint8
    assert digits.train.min() == 0
    assert digits.train.max() == 255


def test_the_split_is_disjoint_and_complete():
    split = prepare(Digits(kind="digits", resolution=16, held_out=360))
    # 8x8 scans back from 16x16 by area; the digits all differ, so bytes identify them.
    train, held_out = ({image.tobytes() for image in part} for part in (split.train, split.held_out))
    whole = prepare(Digits(kind="digits", resolution=16, held_out=1, seed=5))
    everything = {image.tobytes() for image in np.concatenate([whole.train, whole.held_out])}
    assert len(everything) == 1797
    assert not train & held_out
    assert train | held_out == everything
    counts = np.bincount(np.concatenate([split.train_labels, split.held_out_labels]))
    assert counts.tolist() == np.bincount(load_digits().target).tolist()


def test_labels_and_pixels_belong_to_the_scans():
    digits = prepare(Digits(kind="digits", resolution=16, held_out=360))
    scans = load_digits()
    small = digits.train.reshape(-1, 8, 2, 8, 2).mean(axis=(2, 4)) * 16 / 255
    distances = np.square(small[:200, None] - scans.images[None]).sum(axis=(2, 3))
    nearest = distances.argmin(axis=1)
    assert (scans.target[nearest] == digits.train_labels[:200]).all()
    assert (np.diff(nearest) > 0).all()


def test_deterministic_and_the_seed_matters():
    splits = [prepare(Digits(kind="digits", resolution=16, held_out=360, seed=s)) for s in (0, 0, 1)]
    assert splits[0].held_out.tobytes() == splits[1].held_out.tobytes()
    assert splits[0].held_out.tobytes() != splits[2].held_out.tobytes()
