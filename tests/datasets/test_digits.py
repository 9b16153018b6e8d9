"""The scanned digits, alone and stacked: no scan in both splits, labels that belong to the scans."""

import numpy as np
import pytest
from sklearn.datasets import load_digits

from ganmatrix.datasets.digits import prepare, prepare_stacked, scans
from ganmatrix.params.datasets import DigitsParams, StackedDigitsParams

STACKS = StackedDigitsParams(kind="stacked_digits", resolution=16, train=4000, held_out=1000, seed=0)


@pytest.mark.parametrize("resolution", [16, 32])
def test_shapes_and_range(resolution):
    digits = prepare(DigitsParams(kind="digits", resolution=resolution, held_out=360))
    assert digits.train.shape == (1437, 1, resolution, resolution)
    assert digits.held_out.shape == (360, 1, resolution, resolution)
    assert digits.train.dtype == np.uint8
    assert digits.train.min() == 0
    assert digits.train.max() == 255


def test_the_split_is_disjoint_and_complete():
    split = prepare(DigitsParams(kind="digits", resolution=16, held_out=360))
    # 8x8 scans back from 16x16 by area; the digits all differ, so bytes identify them.
    train, held_out = ({image.tobytes() for image in part} for part in (split.train, split.held_out))
    whole = prepare(DigitsParams(kind="digits", resolution=16, held_out=1, seed=5))
    everything = {image.tobytes() for image in np.concatenate([whole.train, whole.held_out])}
    assert len(everything) == 1797
    assert not train & held_out
    assert train | held_out == everything
    counts = np.bincount(np.concatenate([split.train_labels, split.held_out_labels]))
    assert counts.tolist() == np.bincount(load_digits().target).tolist()


def test_labels_and_pixels_belong_to_the_scans():
    digits = prepare(DigitsParams(kind="digits", resolution=16, held_out=360))
    scans = load_digits()
    small = digits.train.reshape(-1, 8, 2, 8, 2).mean(axis=(2, 4)) * 16 / 255
    distances = np.square(small[:200, None] - scans.images[None]).sum(axis=(2, 3))
    nearest = distances.argmin(axis=1)
    assert (scans.target[nearest] == digits.train_labels[:200]).all()
    assert (np.diff(nearest) > 0).all()


def test_the_split_is_deterministic_and_the_seed_matters():
    splits = [prepare(DigitsParams(kind="digits", resolution=16, held_out=360, seed=s)) for s in (0, 0, 1)]
    assert splits[0].held_out.tobytes() == splits[1].held_out.tobytes()
    assert splits[0].held_out.tobytes() != splits[2].held_out.tobytes()


def _scans(stacks):
    return {channel.tobytes() for channel in stacks.reshape(-1, *stacks.shape[2:])}


@pytest.mark.parametrize("resolution", [16, 32])
def test_shapes_and_range_of_stacks(resolution):
    stacks = prepare_stacked(STACKS.model_copy(update={"resolution": resolution}))
    assert stacks.modality == "images"
    assert stacks.train.shape == (4000, 3, resolution, resolution)
    assert stacks.held_out.shape == (1000, 3, resolution, resolution)
    assert (stacks.train.dtype, stacks.train_labels.dtype) == (np.uint8, np.int64)
    assert len(stacks.class_names) == 1000
    assert stacks.class_names[42] == "042"


def test_a_label_is_made_of_the_digits_in_the_channels():
    stacks = prepare_stacked(STACKS)
    known = {scan.tobytes(): digit for scan, digit in zip(*scans(16), strict=True)}
    for split, labels in ((stacks.train, stacks.train_labels), (stacks.held_out, stacks.held_out_labels)):
        shown = np.array([[known[channel.tobytes()] for channel in stack] for stack in split])
        assert (shown @ [100, 10, 1] == labels).all()


def test_no_scan_is_in_both_splits_and_all_are_drawn_from():
    stacks = prepare_stacked(STACKS)
    train, held_out = _scans(stacks.train), _scans(stacks.held_out)
    assert not train & held_out
    # 12,000 draws of 1,437 scans miss one with probability exp(-8.4), 3,000 of 360 likewise.
    assert 1430 <= len(train) <= 1437
    assert 355 <= len(held_out) <= 360
    assert stacks.facts["scans"] == {"train": 1437, "held_out": 360}


def test_classes_are_equally_likely():
    # 40,000 stacks: 40 a class, five standard deviations, and a little for optdigits' own shares.
    counts = np.bincount(
        prepare_stacked(STACKS.model_copy(update={"train": 40_000})).train_labels, minlength=1000
    )
    assert len(counts) == 1000
    assert np.abs(counts - 40).max() < 5 * np.sqrt(40) + 6


def test_stacks_are_deterministic_and_the_seed_matters():
    first, again, other = (prepare_stacked(STACKS.model_copy(update={"seed": seed})) for seed in (0, 0, 1))
    for name in ("train", "train_labels", "held_out", "held_out_labels"):
        assert getattr(first, name).tobytes() == getattr(again, name).tobytes()
        assert getattr(first, name).tobytes() != getattr(other, name).tobytes()
