"""Crops of photographs share no pixel between the splits; the small faces have no crops of background."""

import numpy as np
import pytest
import skimage.data

from ganmatrix.datasets import photos
from ganmatrix.datasets.images import resize
from ganmatrix.datasets.photos import prepare_faces
from ganmatrix.params.datasets import FacesParams, PhotosParams

PHOTOS = PhotosParams(kind="photos", resolution=32, short_side=128, stride=12, held_out_share=0.3)
FACES = FacesParams(kind="faces", resolution=32, held_out=20, seed=0)


def test_the_real_photographs():
    params = PhotosParams(kind="photos", resolution=32, short_side=64, stride=16, held_out_share=0.5)
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


@pytest.mark.parametrize("resolution", [16, 32])
def test_shapes_and_range_of_faces(resolution):
    faces = prepare_faces(FACES.model_copy(update={"resolution": resolution}))
    assert faces.train.shape == (80, 1, resolution, resolution)
    assert faces.held_out.shape == (20, 1, resolution, resolution)
    assert faces.train.dtype == np.uint8
    assert faces.train.min() < 20
    assert faces.train.max() > 235


def test_the_split_is_disjoint_and_made_of_faces_alone():
    split = prepare_faces(FACES)
    found = np.concatenate([split.train, split.held_out])[:, 0]
    assert len(np.unique(found.reshape(100, -1), axis=0)) == 100
    shipped = skimage.data.lfw_subset()
    back = np.stack([resize(face, 25, 25) for face in found]) / 255
    nearest = np.square(back[:, None] - shipped[None]).mean(axis=(2, 3)).argmin(axis=1)
    assert sorted(nearest) == list(range(100))
    assert (np.diff(nearest[:80]) > 0).all()


def test_faces_are_deterministic_and_the_seed_matters():
    first, again, other = (prepare_faces(FACES.model_copy(update={"seed": seed})) for seed in (0, 0, 1))
    assert first.held_out.tobytes() == again.held_out.tobytes()
    assert first.train.tobytes() == again.train.tobytes()
    assert first.held_out.tobytes() != other.held_out.tobytes()
