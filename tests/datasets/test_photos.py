"""Crops of photographs: training and held-out crops share no pixel."""

import numpy as np
import pytest

from ganmatrix.datasets import photos
from ganmatrix.params.datasets import Photos

PHOTOS = Photos(kind="photos", resolution=32, short_side=128, stride=12, held_out_share=0.3)


def test_the_real_photographs():
    params = Photos(kind="photos", resolution=32, short_side=64, stride=16, held_out_share=0.5)
    first, again = photos.prepare(params), photos.prepare(params)
    assert first.train.tobytes() == again.train.tobytes()
    assert first.held_out.tobytes() == again.held_out.tobytes()
    assert first.train.dtype == np.uint8
    assert first.train.shape[1:] == first.held_out.shape[1:] == (3, 32, 32)
    for crops, labels in ((first.train, first.train_labels), (first.held_out, first.held_out_labels)):
        assert len(crops) == len(labels)
        assert set(labels) == set(range(len(first.class_names)))


@pytest.mark.parametrize("share", [0.3, 0.31, 0.5])
def test_no_pixel_is_in_both_splits(share, monkeypatch):
    # Each pixel says where it lies: row and column in the first two channels, the photograph in the third.
    rows, columns = np.mgrid[:128, :160].astype(np.uint8)
    planted = [np.stack([rows, columns, np.full_like(rows, n)], axis=2) for n in range(9)]
    monkeypatch.setattr(photos, "photographs", lambda: iter(planted))
    found = photos.prepare(PHOTOS.model_copy(update={"held_out_share": share}))

    train, held_out = (_pixels(part) for part in (found.train, found.held_out))
    assert not train & held_out
    border = round(160 * (1 - share))
    assert max(column for _, column, _ in train) < border <= min(column for _, column, _ in held_out)
    # Every crop is a contiguous window, and its label is the photograph it was cut from.
    for crops, labels in ((found.train, found.train_labels), (found.held_out, found.held_out_labels)):
        corner = crops[:, :, :1, :1].astype(int)
        down, right = np.mgrid[:32, :32]
        assert (crops[:, 0] == corner[:, 0] + down).all()
        assert (crops[:, 1] == corner[:, 1] + right).all()
        assert (crops[:, 2] == labels[:, None, None]).all()
    across = (border - 32) // 12 + 1
    assert len(found.train) == 9 * ((128 - 32) // 12 + 1) * across


def _pixels(crops):
    row, column, photograph = crops.transpose(1, 0, 2, 3).astype(int)
    found = np.unique(row << 16 | column << 8 | photograph).tolist()
    return {(each >> 16, each >> 8 & 255, each & 255) for each in found}
