"""Neighbours and their scores against SciPy, torch-fidelity and the authors' code, and near cancellation."""

import numpy as np
import pytest
import scipy.stats
import torch
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist

from ganmatrix.evaluation import neighbours as module
from ganmatrix.evaluation.neighbours import (
    Prdc,
    compared_distances,
    data_copying,
    nearer_share,
    nearest,
    nearest_distances,
    neighbour_radii,
    prdc,
)

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


def _sets(seed: int, n: int = 300, m: int = 240, d: int = 16) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, d)), 0.8 * rng.standard_normal((m, d)) + 0.3


def _score(real: np.ndarray, fake: np.ndarray, k: int = 3) -> Prdc:
    return prdc(real, neighbour_radii(real, k), fake, k)


@pytest.mark.parametrize("k", [1, 3, 5])
@pytest.mark.parametrize("seed", [0, 1])
def test_prdc_equals_torch_fidelity_and_the_authors(torch_fidelity, capsys, k: int, seed: int) -> None:
    from prdc import compute_prdc

    real, fake = _sets(seed)
    found = _score(real, fake, k)
    theirs = torch_fidelity.metric_prc.calculate_precision_recall_full(
        torch.from_numpy(fake), torch.from_numpy(real), k
    )
    assert (found.precision, found.recall) == pytest.approx(theirs, abs=1e-6)
    assert found._asdict() == pytest.approx(compute_prdc(real, fake, k), rel=1e-12)


@pytest.mark.parametrize("block", [1, 500, 8_000_000])
def test_blocks_change_no_share(monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    real, fake = _sets(2)
    whole = _score(real, fake)
    monkeypatch.setattr(module, "BLOCK", block)
    assert _score(real, fake) == whole


def test_radii_are_scipys_distances_to_the_kth_other() -> None:
    real, _ = _sets(3)
    np.testing.assert_allclose(neighbour_radii(real, 4), np.sort(cdist(real, real), axis=1)[:, 4], rtol=1e-13)


@pytest.mark.parametrize("k", [1, 3, 5])
@pytest.mark.parametrize("offset", [0.0, 1e4])
def test_identical_sets_score_1_in_any_order(k: int, offset: float) -> None:
    real = (_sets(4)[0] + offset).astype(np.float32)
    assert _score(real, RNG.permutation(real), k) == (1, 1, 1, 1)


def test_distant_sets_score_0_and_swapped_sets_swap() -> None:
    real, fake = _sets(5)
    assert _score(real, fake + 100) == (0, 0, 0, 0)
    there, back = _score(real, fake), _score(fake, real)
    assert (there.precision, there.recall) == (back.recall, back.precision)


def test_equal_distributions_have_density_1() -> None:
    rng = np.random.default_rng(6)
    found = np.mean(
        [_score(rng.standard_normal((200, 4)), rng.standard_normal((200, 4)), 5) for _ in range(40)], axis=0
    )
    # Naeem et al.: E coverage = 1 - (n-1)...(n-k) / (2n-1)...(2n-k).
    coverage = 1 - np.prod([(200 - i) / (400 - i) for i in range(1, 6)])
    assert found[2] == pytest.approx(1, abs=0.03)
    assert found[3] == pytest.approx(coverage, abs=0.01)


def test_a_collapsed_generator_covers_one_ball() -> None:
    real, _ = _sets(7)
    on_a_real = _score(real, np.repeat(real[:1], 50, axis=0))
    assert (on_a_real.precision, on_a_real.recall) == (1, 1 / len(real))
    assert 0 < on_a_real.coverage < 0.1
    assert _score(real, np.full((50, 16), 50.0)) == (0, 0, 0, 0)


def test_a_ball_of_radius_0_holds_copies_if_closed_and_nothing_if_open() -> None:
    real = np.concatenate([np.zeros((4, 2)), [[10.0, 0], [11, 0], [13, 0], [16, 0]]])
    found = _score(real, np.zeros((4, 2)))
    assert found == (1, 0.5, 0, 0)


def test_prdc_refuses_what_has_no_balls() -> None:
    real, fake = _sets(8)
    radii = neighbour_radii(real, 3)
    with pytest.raises(ValueError, match="every real sample has 3 duplicates"):
        _score(np.ones((9, 2)), RNG.standard_normal((9, 2)))
    with pytest.raises(ValueError, match="have no 9-th nearest"):
        neighbour_radii(real[:9], 9)
    with pytest.raises(ValueError, match="fake needs at least 4 samples"):
        prdc(real, radii, fake[:3], 3)
    with pytest.raises(ValueError, match="as many radii"):
        prdc(real, radii[1:], fake, 3)
    with pytest.raises(ValueError, match="different dimensions"):
        prdc(real, radii, fake[:, 1:], 3)
    with pytest.raises(ValueError, match="radii is not finite"):
        prdc(real, np.full_like(radii, np.nan), fake, 3)
    fake[0, 0] = np.nan
    with pytest.raises(ValueError, match="fake is not finite"):
        prdc(real, radii, fake, 3)


def _points(seed: int, n: int = 400) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((n, 2))


TRAIN, HELD_OUT = _points(0), _points(1)


def test_data_copying_is_scipys_mann_whitney_with_ties() -> None:
    rng = np.random.default_rng(2)
    fake, held_out = rng.integers(0, 9, 50).astype(float), rng.integers(2, 12, 70).astype(float)
    statistic = scipy.stats.mannwhitneyu(held_out, fake).statistic
    assert nearer_share(fake, held_out) == pytest.approx(statistic / (50 * 70), rel=1e-12)
    pairs = np.mean([(f < h) + (f == h) / 2 for f in fake for h in held_out])
    assert nearer_share(fake, held_out) == pytest.approx(pairs, rel=1e-12)


def test_copies_score_1_and_near_copies_nearly() -> None:
    assert data_copying(TRAIN, HELD_OUT, TRAIN[:100]) == 1
    near = TRAIN + 0.01 * _points(3)
    assert 0.95 < data_copying(TRAIN, HELD_OUT, near) < 1


def test_the_data_themselves_score_one_half() -> None:
    shares = [data_copying(_points(i), _points(i + 100), _points(i + 200)) for i in range(30)]
    # One share of 400 x 400 pairs deviates by sqrt(801 / (12 * 400^2)) = 0.02.
    assert np.std(shares) == pytest.approx(0.02, abs=0.01)
    assert np.mean(shares) == pytest.approx(0.5, abs=4 * 0.02 / np.sqrt(30))


def test_a_bad_generator_scores_below_one_half() -> None:
    assert data_copying(TRAIN, HELD_OUT, _points(4) + 10) == 0


def test_half_of_it_copied_scores_three_quarters() -> None:
    fake = np.concatenate([TRAIN[:200], _points(5, 200)])
    assert data_copying(TRAIN, HELD_OUT, fake) == pytest.approx(0.75, abs=0.06)


def test_data_copying_in_float32_at_an_offset() -> None:
    train, held_out = (np.random.default_rng(i).standard_normal((60, 64)).astype("f4") + 100 for i in (6, 7))
    assert data_copying(train, held_out, train[::-1]) == 1


def test_data_copying_refuses_what_has_no_share() -> None:
    with pytest.raises(ValueError, match="at least one"):
        nearer_share(np.array([]), np.array([1.0]))
    with pytest.raises(ValueError, match="not finite"):
        nearer_share(np.array([np.nan]), np.array([1.0]))
    with pytest.raises(ValueError, match="different dimensions"):
        data_copying(TRAIN, HELD_OUT, np.ones((3, 3)))
