"""The tables and sheets of docs/cifar.md: how far the scale `cifar` is, its scores, in the end its verdicts.

ganmatrix preview --params pipeline/scales/cifar.yaml  tables of the finished runs
python studies/cifar.py --import scales/cifar          take over scores and pictures
python studies/cifar.py                                rewrite the tables from docs/results/cifar/

Claims are taken over only when all runs of the plan are done.
"""

import argparse
from pathlib import Path

import pandas as pd
from PIL import Image, ImageDraw

from ganmatrix.cell import Run, expand
from ganmatrix.params import load
from ganmatrix.reporting.numbers import plain
from ganmatrix.results.statistics import estimate
from ganmatrix.store.layout import SAMPLES
from ganmatrix.training.pictures import GRID

ROOT = Path(__file__).parents[1]
KEPT = ROOT / "docs" / "results" / "cifar"
PAGE = ROOT / "docs" / "cifar.md"
IDENTITY = ["dataset", "architecture", "method", "seed", "generator_steps", "outcome"]
EXTRACTOR = "efficientnet_lite0_ema"
SCORES = {"fid": "FID", "kid": "KID x 1000", "precision": "precision", "recall": "recall"}
COSTS = ["wall_seconds", "cpu_seconds"]
DIGITS = {"fid": 0, "kid": 1, "precision": 3, "recall": 3}
SHOWN = 3
"""Rows of a run's sample grid on a sheet."""
LABEL = 130


def take(project: Path) -> None:
    """Keep the scores of the finished runs, a sheet of samples of each network, and the claims at the end."""
    KEPT.mkdir(parents=True, exist_ok=True)
    finished = len(planned()) == len(matrix := _matrix(project))
    columns = [*IDENTITY, *(f"{score}_{EXTRACTOR}" for score in SCORES), "operations_per_step", *COSTS]
    matrix[columns].to_csv(KEPT / "scores.csv", index=False, lineterminator="\n")
    for architecture, rows in matrix.groupby("architecture", sort=False):
        sheet(project, rows).save(KEPT / f"samples_{architecture}.png", optimize=True)
    if finished:
        claims = pd.read_parquet(project / "results" / "claims.parquet")
        claims.to_csv(KEPT / "claims.csv", index=False, lineterminator="\n")


def planned() -> list[Run]:
    """The runs of the plan."""
    params, _ = load(ROOT / "pipeline" / "scales" / "cifar.yaml")
    return [cell.run(seed) for cell in expand(params) for seed in params.grid.seeds]


def _matrix(project: Path) -> pd.DataFrame:
    """The scored runs of the results, or of the preview, in the plan's order."""
    folder = project / "results"
    matrix = pd.read_parquet((folder if folder.is_dir() else project / "preview/results") / "matrix.parquet")
    scored = matrix[matrix[f"fid_{EXTRACTOR}"].notna() | (matrix["outcome"] == "diverged")]
    order = {run.id: place for place, run in enumerate(planned())}
    place = scored.apply(lambda row: order[f"{'-'.join(row[IDENTITY[:3]])}-{row['seed']}"], axis=1)
    return scored.assign(place=place).sort_values("place").drop(columns="place")


def sheet(project: Path, rows: pd.DataFrame) -> Image.Image:
    """The first samples of the lowest seed of each method, one below the other, not selected."""
    first = rows.drop_duplicates("method")
    pieces = []
    for row in first.to_dict("records"):
        cell = f"{row['dataset']}-{row['architecture']}-{row['method']}"
        whole = Image.open(project / "cells" / cell / "train" / str(row["seed"]) / SAMPLES).convert("RGB")
        height = whole.height * SHOWN // GRID
        pieces.append((f"{row['method']}, seed {row['seed']}", whole.crop((0, 0, whole.width, height))))
    width, height = LABEL + pieces[0][1].width, pieces[0][1].height + 4
    made = Image.new("RGB", (width, height * len(pieces)), "white")
    for place, (label, piece) in enumerate(pieces):
        made.paste(piece, (LABEL, place * height))
        ImageDraw.Draw(made).text((4, place * height + height // 2 - 6), label, "black")
    return made.quantize(255)


def progress(scores: pd.DataFrame) -> list[str]:
    """How many runs are done, and the hours that they took."""
    done, total = len(scores), len(planned())
    hours = scores["cpu_seconds"].sum() / 3600
    state = (
        "All runs are done."
        if done == total
        else "**Unfinished: no verdict, and no comparison of methods, before all runs are done.**"
    )
    diverged = int((scores["outcome"] == "diverged").sum())
    return [
        f"{done} of {total} runs are trained, scored and probed; {diverged} diverged. Their step loops took "
        f"{hours:.1f} hours of processor time. {state}"
    ]


def table(scores: pd.DataFrame) -> list[str]:
    """A row a cell: mean and 95% t interval over its seeds; without an interval if there is one seed."""
    lines = [
        f"| network, method | seeds | {' | '.join(SCORES.values())} |",
        f"|---|---|{'---|' * len(SCORES)}",
    ]
    for (architecture, method), rows in scores.groupby(["architecture", "method"], sort=False):
        cells = [_interval(rows[f"{score}_{EXTRACTOR}"], score) for score in SCORES]
        lines.append(f"| {architecture}, `{method}` | {len(rows)} | {' | '.join(cells)} |")
    return lines


def _interval(values: pd.Series, score: str) -> str:
    found, digits = estimate(values * (1000 if score == "kid" else 1)), DIGITS[score]
    if found.mean is None:
        return "-"
    if found.low is None or found.high is None:
        return f"{found.mean:.{digits}f}"
    return f"{found.mean:.{digits}f} [{found.low:.{digits}f}, {found.high:.{digits}f}]"


def verdicts() -> list[str]:
    """A row a claim, when the plan is through."""
    if not (KEPT / "claims.csv").exists():
        return ["There are none before the plan is through."]
    lines = [
        "| claim | effect, positive as claimed | must exceed | pairs | verdict |",
        "|---|---|---|---|---|",
    ]
    for row in pd.read_csv(KEPT / "claims.csv").to_dict("records"):
        relative = row["effect_kind"] == "relative"
        scale, unit = (100, " %") if relative else (1, "")
        effect, low, high = (plain(scale * row[key]) for key in ("effect", "low", "high"))
        bound = f"{scale * row['smallest_effect']:g}{unit}"
        claim = f"{row['sentence']} (`{row['claim']}`)"
        cells = [claim, f"{effect}{unit} [{low}, {high}]", bound, str(row["pairs"]), row["verdict"]]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def rewritten(page: str, name: str, lines: list[str]) -> str:
    """The page with the lines between the marks of that name."""
    begin, end = f"<!-- {name}: made by studies/cifar.py -->", f"<!-- end of {name} -->"
    before, rest = page.split(begin)
    return "\n".join([before + begin, "", *lines, "", end]) + rest.split(end)[1]


def main() -> None:
    """Take over results if told to, then rewrite the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--import", dest="project", type=Path, help="scales/cifar, where the scale was run")
    if (project := parser.parse_args().project) is not None:
        take(project)
    scores = pd.read_csv(KEPT / "scores.csv")
    page = PAGE.read_text(encoding="utf-8")
    for name, lines in (("progress", progress(scores)), ("scores", table(scores)), ("verdicts", verdicts())):
        page = rewritten(page, name, lines)
    PAGE.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
