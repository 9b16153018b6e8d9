"""The tables of docs/modes.md: the scales `modes` and `fargan`, beside what their authors say.

make results SCALE=modes                  train, score and probe its 280 runs first
make results SCALE=fargan                 the same of its 60
python studies/modes.py --import FOLDER   take over the runs of a results/ folder (scales/modes/results)
python studies/modes.py                   rewrite the tables from docs/results/modes.csv
"""

import argparse
from pathlib import Path

import pandas as pd

from ganmatrix.results.statistics import Estimate, estimate, paired, subtract

DOCS = Path(__file__).parents[1] / "docs"
SCORES, PAGE = DOCS / "results" / "modes.csv", DOCS / "modes.md"
BEGIN, END = "<!-- made by studies/modes.py -->", "<!-- end -->"
MEASURES = {"modes": 1.0, "high_quality_share": 100.0, "reverse_kl": 1.0}
"""Column of the matrix, without its checkpoint, and what it is multiplied by."""
DATASETS = {"ring8": "ring8, of 8", "grid25": "grid25, of 25"}
OPPONENTS = {
    "pac_gan2": ["gan"],
    "unrolled": ["gan"],
    "as_gan": ["gan", "as_gan_control", "as_gan_random"],
    "as_gan_control": ["gan"],
    "dat": ["gan_hinge", "dat_random"],
    "nsgan_0gp": ["gan"],
    "fargan": ["nsgan_0gp", "fargan_random", "fargan_largest"],
    "fargan_random": ["nsgan_0gp"],
    "fargan_48": ["fargan"],
}
"""Whom a method is compared with, run by run of one seed: its baseline, then its controls."""
PUBLISHED = {
    ("gan", "ring8"): ("6.3 ± 0.5", "98.2", "0.45"),
    ("gan", "grid25"): ("17.3 ± 0.8", "94.8", "0.70"),
    ("pac_gan2", "ring8"): ("7.9 ± 0.1", "95.6", "0.07"),
    ("pac_gan2", "grid25"): ("23.8 ± 0.7", "91.3", "0.13"),
}
"""Lin et al. 2018, ten runs: modes, high-quality share in %, reverse KL."""


FARGAN = {
    "gan": "-",
    "nsgan_0gp": "the baseline, N0 = 0: on finite data its losses drift and it collapses",
    "fargan": "better IS and FID than the baseline, losses that do not drift",
    "fargan_random": "f = 1: no obvious gain over N0 = 0",
    "fargan_largest": "not in the paper: the rule turned round",
    "fargan_48": "N0 = 48 of 64: collapses, for D is too weak",
}
"""What Tao & Wang 2020 say of FARGAN and its variants, in our words; most of it on CIFAR-10."""
SCORED = {
    **{
        dataset: {"modes_last": ("modes", 1.0, 1), "high_quality_share_last": ("quality %", 100.0, 1)}
        for dataset in DATASETS
    },
    "gaussian": {
        "energy_distance_last": ("energy distance x 1000", 1000.0, 1),
        "data_copying_last": ("nearer to training than held-out points %", 100.0, 1),
    },
}
"""Dataset, then column: its title, what it is multiplied by, its digits."""
DRIFT = {
    "final_loss_discriminator": ("D's loss at the end", 1.0, 3),
    "final_loss_generator": ("G's loss at the end", 1.0, 3),
    "closest_gradient": ("D's gradient at the closest fakes", 1.0, 4),
}
"""What the paper reads a collapse from, and where it has gradients explode."""
IDENTITY = ["dataset", "architecture", "method", "seed"]


def scores(results: Path) -> pd.DataFrame:
    """What the tables are made of, a row a run, from a results folder's matrix."""
    matrix = pd.read_parquet(results / "matrix.parquet")
    columns = [f"{measure}_{which}" for which in ("last", "ema") for measure in MEASURES]
    columns += [*SCORED["gaussian"], *DRIFT]
    return matrix.reindex(columns=[*IDENTITY, "generator_steps", "outcome", *columns])


def merged(kept: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    """The kept scores with those of the found runs in place of their own, or below them."""
    again = kept.set_index(IDENTITY).index.isin(found.set_index(IDENTITY).index)
    return pd.concat([kept[~again], found], ignore_index=True)


def interval(found: Estimate, digits: int, runs: int, signed: bool = False) -> str:
    """Mean [95% interval]; the count where some runs have no value."""
    if found.mean is None:
        return "-"
    sign = "+" if signed else ""
    text = f"{found.mean:{sign}.{digits}f}"
    if found.low is not None and found.high is not None:
        text += f" [{found.low:{sign}.{digits}f}, {found.high:{sign}.{digits}f}]"
    return text if found.n == runs else f"{text} (n = {found.n})"


def coverage(frame: pd.DataFrame, dataset: str, checkpoint: str) -> list[str]:
    """One dataset: a row a method, the published row below its own."""
    heading = f"| {DATASETS[dataset]} | modes | high-quality % | reverse KL, nats | diverged |"
    lines = [heading, "|---|---|---|---|---|"]
    here = frame[frame["dataset"] == dataset]
    for method in here["method"].unique():
        rows = here[here["method"] == method]
        completed = rows[rows["outcome"] == "completed"]
        cells = []
        for (measure, unit), digits in zip(MEASURES.items(), (1, 1, 2), strict=True):
            found = estimate(completed[f"{measure}_{checkpoint}"] * unit)
            cells.append(interval(found, digits, len(rows)))
        lines.append(f"| `{method}` | {' | '.join(cells)} | {len(rows) - len(completed)} of {len(rows)} |")
        if published := PUBLISHED.get((method, dataset)):
            lines.append(f"| *published* | {' | '.join(published)} | |")
    return lines


def comparisons(frame: pd.DataFrame, checkpoint: str) -> list[str]:
    """Paired differences in modes and high-quality share."""
    lines = [
        "| method - opponent | ring8, modes | ring8, quality % | grid25, modes | grid25, quality % |",
        "|---|---|---|---|---|",
    ]
    for method, opponents in OPPONENTS.items():
        for opponent in opponents:
            cells = []
            for dataset in DATASETS:
                here = frame[frame["dataset"] == dataset]
                for measure in ("modes", "high_quality_share"):
                    pairs = paired(here, f"{measure}_{checkpoint}", method, opponent)
                    found = estimate(subtract(*pairs.to_numpy().T) * MEASURES[measure])
                    cells.append(interval(found, 1, len(pairs.dropna()), signed=True))
            lines.append(f"| `{method}` - `{opponent}` | {' | '.join(cells)} |")
    return lines


def fargan(frame: pd.DataFrame) -> list[str]:
    """FARGAN and its controls on all three sets of points, beside what the paper says of each."""
    titles = [f"{dataset}, {title}" for dataset, columns in SCORED.items() for title, *_ in columns.values()]
    lines = [f"| method | {' | '.join(titles)} | the paper |", "|---|" + "---|" * (len(titles) + 1)]
    for method, said in FARGAN.items():
        cells = [
            _cell(frame, dataset, method, column, unit, digits)
            for dataset, columns in SCORED.items()
            for column, (_, unit, digits) in columns.items()
        ]
        lines.append(f"| `{method}` | {' | '.join(cells)} | {said} |")
    return lines


def drift(frame: pd.DataFrame) -> list[str]:
    """Where losses end on the finite Gaussian, and D's gradient at the fakes closest to a real."""
    lines = [f"| finite Gaussian | {' | '.join(title for title, *_ in DRIFT.values())} |"]
    lines.append("|---|" + "---|" * len(DRIFT))
    for method in FARGAN:
        cells = [_cell(frame, "gaussian", method, c, unit, digits) for c, (_, unit, digits) in DRIFT.items()]
        lines.append(f"| `{method}` | {' | '.join(cells)} |")
    return lines


def _cell(frame: pd.DataFrame, dataset: str, method: str, column: str, unit: float, digits: int) -> str:
    rows = frame[(frame["dataset"] == dataset) & (frame["method"] == method)]
    return interval(estimate(rows[column] * unit), digits, len(rows))


def tables(frame: pd.DataFrame) -> str:
    """The Markdown between the marks."""
    seeds, steps = frame["seed"].nunique(), frame["generator_steps"].max()
    lines = [
        f"Mean [95% t interval] over {seeds} seeds, {steps} generator steps, the last G, 2500 samples.",
        "",
    ]
    for dataset in DATASETS:
        lines += [*coverage(frame, dataset, "last"), ""]
    lines += ["Differences in pairs of one seed, mean [95% t interval]:", "", *comparisons(frame, "last"), ""]
    lines += ["FARGAN and its controls beside what its paper says of each, mostly of CIFAR-10:", ""]
    lines += [*fargan(frame), "", *drift(frame)]
    return "\n".join([BEGIN, *lines, END])


def read(path: Path = SCORES) -> pd.DataFrame:
    """The kept scores, in the order of the grid."""
    return pd.read_csv(path)


def rewritten(page: str, frame: pd.DataFrame) -> str:
    """The page with its tables made anew."""
    before, rest = page.split(BEGIN)
    return before + tables(frame) + rest.split(END)[1]


def main() -> None:
    """Take over scores if told to, then rewrite the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument(
        "--import", dest="results", type=Path, help="a results/ folder of the scale `modes` or `fargan`"
    )
    arguments = parser.parse_args()
    if arguments.results is not None:
        SCORES.parent.mkdir(exist_ok=True)
        merged(read(), scores(arguments.results)).to_csv(SCORES, index=False, lineterminator="\n")
    PAGE.write_text(rewritten(PAGE.read_text(encoding="utf-8"), read()), encoding="utf-8")


if __name__ == "__main__":
    main()
