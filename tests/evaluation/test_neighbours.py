"""Distances and neighbours against SciPy, and where cancellation would show."""

import numpy as np
import pytest
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist

from ganmatrix.evaluation import neighbours as module
from ganmatrix.evaluation.neighbours import compared_distances, nearest, nearest_distances

RNG = np.random.default_rng(0)
A, B = RNG.standard_normal((90, 5)), RNG.standard_normal((70, 5)).astype(np.float32)


@pytest.fixture(params=[(8_000_000, 4096), (150, 16), (1, 1)])
def blocks(request, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in zip(("BLOCK", "COLUMNS"), request.param, strict=True):
        monkeypatch.setattr(module, name, value)


@pytest.mark.usefixtures("blocks")
@pytest.mark.parametrize("k", [1, 4, 70])
def test_equals_scipys_tree(k: int) -> None:
    expected, where = cKDTree(B).query(A, k=[*range(1, k + 1)])
    indices, distances = nearest(A, B, k)
    np.testing.assert_allclose(distances, expected, rtol=1e-13)
    np.testing.assert_array_equal(indices, where)


@pytest.mark.usefixtures("blocks")
def test_all_distances() -> None:
    found = np.concatenate([part for _, part in compared_distances(A, B, np.ones(90), np.ones(70))])
    np.testing.assert_allclose(found, cdist(A, B), rtol=1e-12)


@pytest.mark.parametrize("apart", [1e-3, 1e-7, 1e-11])
def test_near_copies_far_from_the_origin(apart: float) -> None:
    """|a|^2 + |b|^2 - 2 a.b alone has an error of 1e-16 |a|^2 here: as a distance, 1e-5."""
    b = 1000 * RNG.standard_normal((40, 300))
    a = b + apart * RNG.standard_normal(b.shape)
    indices, distances = nearest(a, b, 1)
    np.testing.assert_array_equal(indices[:, 0], np.arange(40))
    np.testing.assert_allclose(distances[:, 0], np.linalg.norm(a - b, axis=1), rtol=1e-14)


def test_copies_are_exactly_0_apart() -> None:
    assert not nearest_distances(np.repeat(B[:5], 40, axis=0), B).any()


def test_ties_are_the_same_number_from_either_side() -> None:
    distances = nearest(B, B, 4)[1][:, 3]
    for rows, found in compared_distances(B, B, distances, distances):
        assert ((found == distances[rows, None]).sum(axis=1) >= 1).all()
        np.testing.assert_array_equal((found <= distances[rows, None]).sum(axis=1), 4)


def test_refuses_what_has_no_neighbours() -> None:
    for k in (0, 71):
        with pytest.raises(ValueError, match=f"{k} nearest of 70"):
            nearest(A, B, k)
    with pytest.raises(ValueError, match="different dimensions"):
        nearest(A, B[:, :3], 1)
    with pytest.raises(ValueError, match="b is not finite"):
        nearest(A, np.full((2, 5), np.inf), 1)
    with pytest.raises(ValueError, match="a needs at least 1 samples"):
        nearest(A[:0], B, 1)
