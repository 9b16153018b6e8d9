"""The Frechet distance against closed forms, clean-fid and SciPy's matrix square root."""

import numpy as np
import pytest
import scipy.linalg

from ganmatrix.evaluation.frechet import covariance_root, frechet_distance, frechet_distance_to_root, moments


def _features(seed: int, n: int, d: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, d)) @ rng.standard_normal((d, d)) + rng.standard_normal(d)


def test_moments_are_numpys_unbiased_ones() -> None:
    features = _features(0, 50, 7).astype(np.float32)
    mean, covariance = moments(features)
    np.testing.assert_allclose(mean, features.astype(np.float64).mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(covariance, np.cov(features.astype(np.float64), rowvar=False), rtol=1e-10)


def test_diagonal_gaussians_have_a_closed_form() -> None:
    mu_a, mu_b = np.array([0.0, 1.0, 2.0]), np.array([1.0, 1.0, -1.0])
    std_a, std_b = np.array([1.0, 2.0, 3.0]), np.array([2.0, 0.5, 3.0])
    distance = frechet_distance(mu_a, np.diag(std_a**2), mu_b, np.diag(std_b**2))
    assert distance == pytest.approx(np.square(mu_a - mu_b).sum() + np.square(std_a - std_b).sum(), rel=1e-12)


@pytest.mark.filterwarnings("ignore:The `disp` argument:DeprecationWarning")
def test_equals_clean_fid(cleanfid_fid) -> None:
    a, b = moments(_features(1, 200, 24)), moments(_features(2, 150, 24))
    assert frechet_distance(*a, *b) == pytest.approx(cleanfid_fid.frechet_distance(*a, *b), rel=1e-9)


def test_equals_the_matrix_square_root() -> None:
    (mu_a, cov_a), (mu_b, cov_b) = moments(_features(3, 90, 30)), moments(_features(4, 80, 30))
    trace = np.trace(scipy.linalg.sqrtm(cov_a @ cov_b)).real
    expected = np.square(mu_a - mu_b).sum() + np.trace(cov_a) + np.trace(cov_b) - 2 * trace
    assert frechet_distance(mu_a, cov_a, mu_b, cov_b) == pytest.approx(expected, rel=1e-9)


def test_is_symmetric_and_zero_on_identical_sets() -> None:
    a, b = moments(_features(5, 100, 16)), moments(_features(6, 100, 16))
    assert frechet_distance(*a, *b) == pytest.approx(frechet_distance(*b, *a), rel=1e-10)
    assert frechet_distance(*a, *a) == pytest.approx(0, abs=1e-10 * np.trace(a[1]))


def test_survives_fewer_samples_than_dimensions() -> None:
    few = _features(7, 10, 40)
    mean, covariance = moments(few)
    assert covariance_root(covariance).shape == (40, 9)
    assert frechet_distance(mean, covariance, mean + 3, covariance) == pytest.approx(9 * 40, rel=1e-6)
    constant = moments(np.ones((5, 40)))
    assert frechet_distance(mean, covariance, *constant) == pytest.approx(
        np.square(mean - 1).sum() + np.trace(covariance), rel=1e-12
    )
    assert frechet_distance(*constant, *constant) == 0


def test_root_reproduces_the_covariance_and_the_distance() -> None:
    (mu_a, cov_a), (mu_b, cov_b) = moments(_features(8, 60, 12)), moments(_features(9, 60, 12))
    root = covariance_root(cov_b)
    np.testing.assert_allclose(root @ root.T, cov_b, atol=1e-10 * np.trace(cov_b))
    assert frechet_distance_to_root(mu_a, cov_a, mu_b, root) == frechet_distance(mu_a, cov_a, mu_b, cov_b)


def test_refuses_what_has_no_distance() -> None:
    features = _features(10, 20, 4)
    with pytest.raises(ValueError, match="at least 2 samples"):
        moments(features[:1])
    mean, covariance = moments(features)
    features[3, 2] = np.nan
    with pytest.raises(ValueError, match="features is not finite"):
        moments(features)
    with pytest.raises(ValueError, match="mu_a is not finite"):
        frechet_distance(np.full(4, np.inf), covariance, mean, covariance)
    with pytest.raises(ValueError, match="no negative eigenvalue"):
        covariance_root(-covariance)
