"""Recomputes the table and the figure of docs/dirac.md from the methods' own code.

    python studies/dirac.py [--figure FILE]

Prints the table; the harness is that of the tests, tests/helpers/dirac.py.
"""

import argparse
import math
import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt
import torch
from rich.console import Console

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from helpers.dirac import CASES, GP, R1, Game, as_gan, dat_growth, distance, gan  # noqa: E402

STEP = 0.1
BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "#8a8a8a"
COUNT = 3000


def table() -> list[str]:
    """The rows of methods that have a linear part, with h = 0.1."""
    rows = [
        "| method | simultaneous | alternating | closed form, simultaneous | published | ours |",
        "|---|---|---|---|---|---|",
    ]
    for case in CASES:
        together, in_turn = (case.game(STEP, simultaneous).radius() for simultaneous in (True, False))
        for simultaneous, found in ((True, together), (False, in_turn)):
            assert math.isclose(found, case.radius(STEP, simultaneous), abs_tol=1e-9)
        ours = "yes" if max(together, in_turn) < 1 else "no"
        cells = (case.name, f"{together:.5f}", f"{in_turn:.5f}", case.formula, case.published or "-", ours)
        rows.append(f"| {' | '.join(cells)} |")
    return rows


def kinks() -> list[str]:
    """Factors per iteration of DAT, whose map has a kink at the equilibrium (hinge, h = 0.1)."""
    rows = ["| DAT, kappa = | simultaneous | alternating |", "|---|---|---|"]
    for batch in (1, 2, 3, 4, 8, 16, 64):
        together, in_turn = (math.exp(dat_growth(1 / batch, STEP, s)) for s in (True, False))
        rows.append(f"| 1/{batch} | {together:.5f} | {in_turn:.5f} |")
    return rows


ENDS: list[tuple[str, dict[str, Any], int]] = [
    ("gan, saturating", gan(loss="saturating"), 2),
    ("gan, non_saturating", gan(), 2),
    ("r1", gan(R1), 2),
    ("wgan_gp, weight 0.25", gan(GP, loss="wasserstein"), 2),
    (
        "weight_clipping 0.5, wasserstein",
        gan({"kind": "weight_clipping", "bound": 0.5}, loss="wasserstein"),
        2,
    ),
    ("as_gan, epsilon 0", as_gan(0.0), 2),
    ("as_gan, epsilon 1/255", as_gan(1 / 255), 2),
    ("as_gan, epsilon 0.1", as_gan(0.1), 2),
    ("as_gan, epsilon 0.5", as_gan(0.5), 2),
    ("as_gan, epsilon 0.5, random signs", as_gan(0.5, direction="random"), 8),
    ("dat, mean, N = 2", {"kind": "dat"}, 2),
    ("dat, mean, N = 8", {"kind": "dat"}, 8),
    ("dat, mean, N = 64", {"kind": "dat"}, 64),
    ("dat, sum", {"kind": "dat", "reduction": "sum"}, 8),
    ("dat, random directions, mean, N = 8", {"kind": "dat", "direction": "random"}, 8),
    ("dat, random directions, sum, N = 8", {"kind": "dat", "direction": "random", "reduction": "sum"}, 8),
]


def ends() -> list[str]:
    """Least and largest distance over the last 300 of 3000 iterations from (0.5, 0.5)."""
    rows = ["| from distance 0.707 | simultaneous, at the end | alternating, at the end |", "|---|---|---|"]
    for name, params, batch in ENDS:
        cells = []
        for simultaneous in (True, False):
            game = Game(params, step=STEP, batch=batch, simultaneous=simultaneous)
            late = distance(game.follow((0.5, 0.5), COUNT))[-300:]
            cells.append(f"{late.min():.2g} to {late.max():.2g}" if late.max() > 1e-12 else "< 1e-12")
        rows.append(f"| {name} | {' | '.join(cells)} |")
    return rows


PANELS: list[tuple[str, list[tuple[str, dict[str, Any], int, tuple[float, float]]]]] = [
    (
        "GAN: saturating circles,\nnon-saturating creeps in",
        [
            ("saturating", gan(loss="saturating"), 2, (1.0, 1.0)),
            ("non_saturating", gan(), 2, (1.0, 1.0)),
        ],
    ),
    (
        "WGAN-GP: repelled,\nends on a cycle",
        [("from (0.1, 0.1)", gan(GP, loss="wasserstein"), 2, (0.1, 0.1))],
    ),
    ("R1: converges", [("gamma 0.6", gan(R1), 2, (1.0, 1.0))]),
    (
        "AS-GAN, epsilon > 0: friction;\nchatter of width h epsilon is left",
        [
            ("epsilon 0.5", as_gan(0.5), 2, (1.0, 1.0)),
            ("epsilon 0.1", as_gan(0.1), 2, (1.0, 1.0)),
        ],
    ),
    ("AS-GAN, epsilon = 0:\nthe plain GAN, step for step", [("epsilon 0", as_gan(0.0), 2, (1.0, 1.0))]),
    (
        "DAT: mean over 8 drifts outwards,\nsum returns along psi = -theta",
        [
            ("mean, N = 8", {"kind": "dat"}, 8, (0.7, 0.7)),
            ("sum", {"kind": "dat", "reduction": "sum"}, 8, (0.1, 0.2)),
        ],
    ),
]


def figure(path: Path) -> None:
    """Trajectories of alternating play, h = 0.1, 1000 iterations."""
    mpl.rcParams.update({"svg.hashsalt": "dirac", "font.size": 8, "axes.titlesize": 8, "path.simplify": True})
    drawing, axes = plt.subplots(2, 3, figsize=(8.2, 5.2), layout="constrained")
    for axis, (title, runs) in zip(axes.flat, PANELS, strict=True):
        axis.set_title(title, loc="left")
        for i, (label, params, batch, start) in enumerate(runs):
            states = Game(params, step=STEP, batch=batch).follow(start, 1000)
            axis.plot(
                *states.T.tolist(),
                color=(BLUE, ORANGE)[i],
                linewidth=0.6,
                label=label,
                linestyle=("-", "--")[i],
            )
            axis.plot(*start, marker="o", markersize=3, color=(BLUE, ORANGE)[i])
        axis.plot(0, 0, marker="+", markersize=7, color="black")
        axis.set_aspect("equal")
        axis.set_xlabel("theta (G)")
        axis.set_ylabel("psi (D)")
        axis.spines[["top", "right"]].set_visible(False)
        axis.legend(frameon=False, fontsize=7, loc="upper right", handlelength=1.4)
        axis.set(xlim=(-1.65, 2.75), ylim=(-1.65, 2.1))
    drawing.savefig(path, dpi=100, metadata={"Software": None} if path.suffix == ".png" else {"Date": None})


def main() -> None:
    """Print the tables and draw the figure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--figure", type=Path, default=ROOT / "docs" / "images" / "dirac.png")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    console = Console(soft_wrap=True, markup=False, highlight=False)
    for rows in (table(), kinks(), ends()):
        console.print("\n".join(rows) + "\n")
    figure(arguments.figure)


if __name__ == "__main__":
    main()
