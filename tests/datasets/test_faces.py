"""The small faces: complete, disjoint splits without the crops of background."""

import numpy as np
import pytest
import skimage.data

from ganmatrix.datasets.faces import prepare
from ganmatrix.datasets.resizing import resize
from ganmatrix.params.datasets import Faces

FACES = Faces(kind="faces", resolution=32, held_out=20, seed=0)


@pytest.mark.parametrize("resolution", [16, 32])
def test_shapes_and_range(resolution):
    faces = prepare(FACES.model_copy(update={"resolution": resolution}))
    assert faces.train.shape == (80, 1, resolution, resolution)
    assert faces.held_out.shape == (20, 1, resolution, resolution)
    assert faces.train.dtype == np.uint8
    assert faces.train.min() < 20
    assert faces.train.max() > 235


def test_the_split_is_disjoint_and_made_of_the_faces_alone():
    split = prepare(FACES)
    found = np.concatenate([split.train, split.held_out])[:, 0]
    assert len(np.unique(found.reshape(100, -1), axis=0)) == 100
    shipped = skimage.data.lfw_subset()
    back = np.stack([resize(face, 25, 25) for face in found]) / 255
    nearest = np.square(back[:, None] - shipped[None]).mean(axis=(2, 3)).argmin(axis=1)
    assert sorted(nearest) == list(range(100))
    assert (np.diff(nearest[:80]) > 0).all()


def test_deterministic_and_the_seed_matters():
    first, again, other = (prepare(FACES.model_copy(update={"seed": seed})) for seed in (0, 0, 1))
    assert first.held_out.tobytes() == again.held_out.tobytes()
    assert first.train.tobytes() == again.train.tobytes()
    assert first.held_out.tobytes() != other.held_out.tobytes()
