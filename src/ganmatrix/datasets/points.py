"""Points in the plane: mixtures of equally likely, equally wide Gaussians, one Gaussian, and a Swiss roll."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ganmatrix.datasets.source import Prepared
from ganmatrix.params.datasets import (
    GaussianGridParams,
    GaussianParams,
    Mixture,
    Points,
    RingParams,
    SwissRollParams,
    TwoGaussiansParams,
)

FIRST_ANGLE, LAST_ANGLE = 1.5 * math.pi, 4.5 * math.pi
"""Of the Swiss roll at its inner and outer end, radians."""


def prepare_ring(params: RingParams) -> Prepared:
    """Gaussians evenly spaced on a circle."""
    centres = ring_centres(params.modes, params.radius)
    return _mixture(params, centres, f"on a circle of radius {params.radius}")


def prepare_grid(params: GaussianGridParams) -> Prepared:
    """Gaussians on a square lattice: PacGAN's `2D-grid` has 25, 40 deviations apart."""
    centres = grid_centres(params.side, params.spacing)
    return _mixture(params, centres, f"on a {params.side}x{params.side} lattice of spacing {params.spacing}")


def prepare_two_gaussians(params: TwoGaussiansParams) -> Prepared:
    """Two Gaussians side by side: the smallest mixture that a generator can collapse on."""
    return _mixture(params, two_centres(params.distance), f"{params.distance} apart")


def prepare_gaussian(params: GaussianParams) -> Prepared:
    """N(0, std^2 I), finitely many training points: the toy of FARGAN's paper (Tao & Wang 2020).

    Few points are enough for D to overfit, so that G's samples can gather around single training points.
    One Gaussian has no modes to miss: scores are the energy distance and data copying.
    """

    def draw(rng: np.random.Generator, count: int) -> NDArray[np.floating]:
        return params.std * rng.standard_normal((count, 2))

    source = f"drawn: one Gaussian around the origin, standard deviation {params.std}"
    return _without_modes(params, draw, "gaussian", source, {})


def prepare_swiss_roll(params: SwissRollParams) -> Prepared:
    """A two-dimensional Swiss roll: a curve that is connected and has no modes.

    x = (t cos t, t sin t) / (9 pi / 2) + noise * n, with t uniform on [3 pi / 2, 9 pi / 2] and n a
    standard normal point of the plane. It is scikit-learn's `make_swiss_roll` (Marsland 2009) without
    its height, divided by the largest radius: radii run from 1/3 to 1, so that points lie in [-1, 1]
    but for the noise. Uniform in the angle, hence denser inside; neighbouring turns are 4/9 apart.
    """

    def draw(rng: np.random.Generator, count: int) -> NDArray[np.floating]:
        angles = rng.uniform(FIRST_ANGLE, LAST_ANGLE, count)
        return swiss_roll(angles) + params.noise * rng.standard_normal((count, 2))

    source = "drawn: a Swiss roll of one and a half turns, radii 1/3 to 1"
    return _without_modes(params, draw, "roll", source, {"noise": params.noise})


def ring_centres(modes: int, radius: float) -> NDArray[np.float64]:
    """Centres (modes, 2) at angles 2 pi k / modes.

    `linspace(0, 2 pi, modes)` would include both ends and give one mode fewer, a known slip.
    """
    angles = 2 * math.pi * np.arange(modes) / modes
    return radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)


def grid_centres(side: int, spacing: float) -> NDArray[np.float64]:
    """Centres (side * side, 2) of a lattice around the origin, column by column from the lower left."""
    steps = spacing * (np.arange(side) - (side - 1) / 2)
    return np.stack(np.meshgrid(steps, steps, indexing="ij"), axis=-1).reshape(-1, 2)


def two_centres(distance: float) -> NDArray[np.float64]:
    """Centres (2, 2) at (-distance / 2, 0) and (distance / 2, 0)."""
    return np.array([[-distance / 2, 0.0], [distance / 2, 0.0]])


def swiss_roll(t: NDArray[np.float64]) -> NDArray[np.float64]:
    """The points (n, 2) of the noiseless roll at angles t (n,), radians."""
    return (t / LAST_ANGLE)[:, None] * np.stack([np.cos(t), np.sin(t)], axis=1)


def _mixture(params: Mixture, centres: NDArray[np.float64], layout: str) -> Prepared:
    """Draw the finite training and held-out sets around the centres (modes, 2).

    `layout` says on the card how the centres lie: "on a circle of radius 1".
    """
    rng = np.random.default_rng(params.seed)
    modes = len(centres)

    def draw(count: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        labels = rng.integers(modes, size=count)
        points = centres[labels] + params.std * rng.standard_normal((count, 2))
        return points.astype(np.float32), labels

    train, train_labels = draw(params.train)
    held_out, held_out_labels = draw(params.held_out)
    return Prepared(
        modality="points",
        train=train,
        train_labels=train_labels,
        held_out=held_out,
        held_out_labels=held_out_labels,
        class_names=tuple(f"mode {k}" for k in range(modes)),
        source=f"drawn: {modes} Gaussians {layout}",
        licence="none needed",
        facts={"modes": {"centres": centres.tolist(), "std": params.std}},
    )


def _without_modes(
    params: Points,
    draw: Callable[[np.random.Generator, int], NDArray[np.floating]],
    class_name: str,
    source: str,
    facts: dict[str, Any],
) -> Prepared:
    """Draw the finite training and held-out sets, all points of one class."""
    rng = np.random.default_rng(params.seed)
    return Prepared(
        modality="points",
        train=draw(rng, params.train).astype(np.float32),
        train_labels=np.zeros(params.train, dtype=np.int64),
        held_out=draw(rng, params.held_out).astype(np.float32),
        held_out_labels=np.zeros(params.held_out, dtype=np.int64),
        class_names=(class_name,),
        source=source,
        licence="none needed",
        facts={"modes": None} | facts,
    )
