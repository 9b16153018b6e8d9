"""Stacked digits: labels that follow from the channels, and no scan in both splits."""

import numpy as np
import pytest

from ganmatrix.datasets import digits
from ganmatrix.datasets.stacked_digits import prepare
from ganmatrix.params.datasets import StackedDigits

STACKS = StackedDigits(kind="stacked_digits", resolution=16, train=4000, held_out=1000, seed=0)


def _scans(stacks):
    return {channel.tobytes() for channel in stacks.reshape(-1, *stacks.shape[2:])}


@pytest.mark.parametrize("resolution", [16, 32])
def test_shapes_and_range(resolution):
    stacks = prepare(STACKS.model_copy(update={"resolution": resolution}))
    assert stacks.modality == "images"
    assert stacks.train.shape == (4000, 3, resolution, resolution)
    assert stacks.held_out.shape == (1000, 3, resolution, resolution)
    assert (stacks.train.dtype, stacks.train_labels.dtype) == (np.uint8, np.int64)
    assert len(stacks.class_names) == 1000
    assert stacks.class_names[42] == "042"


def test_a_label_is_made_of_the_digits_in_the_channels():
    stacks = prepare(STACKS)
    known = {scan.tobytes(): digit for scan, digit in zip(*digits.scans(16), strict=True)}
    for split, labels in ((stacks.train, stacks.train_labels), (stacks.held_out, stacks.held_out_labels)):
        shown = np.array([[known[channel.tobytes()] for channel in stack] for stack in split])
        assert (shown @ [100, 10, 1] == labels).all()


def test_no_scan_is_in_both_splits_and_all_are_drawn_from():
    stacks = prepare(STACKS)
    train, held_out = _scans(stacks.train), _scans(stacks.held_out)
    assert not train & held_out
    # 12,000 draws of 1,437 scans miss one with probability exp(-8.4), 3,000 of 360 likewise.
    assert 1430 <= len(train) <= 1437
    assert 355 <= len(held_out) <= 360
    assert stacks.facts["scans"] == {"train": 1437, "held_out": 360}


def test_classes_are_equally_likely():
    # 40,000 stacks: 40 a class, five standard deviations, and a little for optdigits' own shares.
    counts = np.bincount(prepare(STACKS.model_copy(update={"train": 40_000})).train_labels, minlength=1000)
    assert len(counts) == 1000
    assert np.abs(counts - 40).max() < 5 * np.sqrt(40) + 6


def test_deterministic_and_the_seed_matters():
    first, again, other = (prepare(STACKS.model_copy(update={"seed": seed})) for seed in (0, 0, 1))
    for name in ("train", "train_labels", "held_out", "held_out_labels"):
        assert getattr(first, name).tobytes() == getattr(again, name).tobytes()
        assert getattr(first, name).tobytes() != getattr(other, name).tobytes()
