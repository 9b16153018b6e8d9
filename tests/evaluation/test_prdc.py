"""Precision, recall, density and coverage against torch-fidelity and the authors' code."""

import numpy as np
import pytest
import torch
from scipy.spatial.distance import cdist

from ganmatrix.evaluation import neighbours
from ganmatrix.evaluation.prdc import Prdc, neighbour_radii, prdc

RNG = np.random.default_rng(0)


def _sets(seed: int, n: int = 300, m: int = 240, d: int = 16) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, d)), 0.8 * rng.standard_normal((m, d)) + 0.3


def _score(real: np.ndarray, fake: np.ndarray, k: int = 3) -> Prdc:
    return prdc(real, neighbour_radii(real, k), fake, k)


@pytest.mark.parametrize("k", [1, 3, 5])
@pytest.mark.parametrize("seed", [0, 1])
def test_equals_torch_fidelity_and_the_authors(torch_fidelity, capsys, k: int, seed: int) -> None:
    from prdc import compute_prdc

    real, fake = _sets(seed)
    found = _score(real, fake, k)
    theirs = torch_fidelity.metric_prc.calculate_precision_recall_full(
        torch.from_numpy(fake), torch.from_numpy(real), k
    )
    assert (found.precision, found.recall) == pytest.approx(theirs, abs=1e-6)
    assert found._asdict() == pytest.approx(compute_prdc(real, fake, k), rel=1e-12)


@pytest.mark.parametrize("block", [1, 500, 8_000_000])
def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    real, fake = _sets(2)
    whole = _score(real, fake)
    monkeypatch.setattr(neighbours, "BLOCK", block)
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


def test_refuses_what_has_no_balls() -> None:
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
