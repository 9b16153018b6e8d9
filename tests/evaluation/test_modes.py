"""Mode coverage of planted samples."""

import numpy as np
import pytest

from ganmatrix.evaluation.modes import mode_coverage, reverse_kl

ANGLES = 2 * np.pi * np.arange(8) / 8
CENTRES = np.stack([np.cos(ANGLES), np.sin(ANGLES)], axis=1)
STD = 0.02


def test_real_samples_cover_everything() -> None:
    rng = np.random.default_rng(0)
    samples = np.repeat(CENTRES, 1000, axis=0) + STD * rng.standard_normal((8000, 2))
    coverage = mode_coverage(samples, CENTRES, STD, radius=3)
    assert coverage.modes == 8
    # In two dimensions the radius is Rayleigh distributed.
    assert coverage.high_quality_share == pytest.approx(1 - np.exp(-(3**2) / 2), abs=0.005)
    assert coverage.reverse_kl == pytest.approx(0, abs=1e-4)


def test_a_collapsed_generator_has_one_mode() -> None:
    coverage = mode_coverage(np.repeat(CENTRES[2:3], 50, axis=0), CENTRES, STD, radius=3)
    assert coverage == (1, 1.0, pytest.approx(np.log(8)))


def test_reverse_kl_counts_high_quality_samples_only() -> None:
    samples = np.repeat([CENTRES[0], CENTRES[1], [0, 0]], [30, 10, 60], axis=0)
    coverage = mode_coverage(samples, CENTRES, STD, radius=3)
    kl = 0.75 * np.log(0.75 * 8) + 0.25 * np.log(0.25 * 8)
    assert coverage == (2, pytest.approx(0.4), pytest.approx(kl))


@pytest.mark.parametrize(("distance", "share"), [(2.999, 1.0), (3.001, 0.0)])
def test_the_radius_is_in_standard_deviations(distance: float, share: float) -> None:
    sample = CENTRES[:1] + np.array([0, distance * STD])
    assert mode_coverage(sample, CENTRES, STD, radius=3).high_quality_share == share


def test_without_high_quality_samples_there_is_no_divergence() -> None:
    assert mode_coverage(np.zeros((10, 2)), CENTRES, STD, radius=3) == (0, 0.0, None)


@pytest.mark.parametrize("samples", [np.empty((0, 2)), np.array([[np.nan, 0.0]])])
def test_refuses_what_cannot_be_counted(samples: np.ndarray) -> None:
    with pytest.raises(ValueError, match="at least one sample, and finite"):
        mode_coverage(samples, CENTRES, STD, radius=3)


def test_the_divergence_of_counts_has_its_known_bias() -> None:
    rng = np.random.default_rng(0)
    values = [reverse_kl(rng.multinomial(26_000, np.full(1000, 1e-3))) for _ in range(20)]
    assert np.mean(values) == pytest.approx(999 / 52_000, rel=0.05)


def test_no_count_at_all_has_no_divergence() -> None:
    with pytest.raises(ValueError, match="without a single count"):
        reverse_kl(np.zeros(5, dtype=int))
