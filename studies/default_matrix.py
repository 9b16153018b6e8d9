"""The tables of docs/default.md and a sentence of README.md: the default matrix, run twice with other seeds.

make results                               train, score and probe the runs of the first
snakemake --cores all --configfile again.yaml  the second: a copy of params.yaml with the seeds 100 to 113
python studies/default_matrix.py --import results
python studies/default_matrix.py --import scales/again/results --second
python studies/default_matrix.py           rewrite the tables from docs/results/default/
"""

import argparse
from pathlib import Path
from typing import Any

import pandas as pd

from ganmatrix.columns import column
from ganmatrix.reporting.numbers import plain
from ganmatrix.results.statistics import estimate

ROOT = Path(__file__).parents[1]
KEPT = ROOT / "docs" / "results" / "default"
PAGES = {
    "scores": ROOT / "docs" / "default.md",
    "claims": ROOT / "docs" / "default.md",
    "front": ROOT / "README.md",
}
SCORES = {
    "digits": {"fid_efficientnet_lite0": ("FID", 1, 1)},
    "ring8": {
        "energy_distance": ("energy distance x 1000", 1000, 1),
        "modes": ("modes of 8", 1, 1),
        "high_quality_share": ("high quality, %", 100, 0),
    },
}
"""Dataset, then measure: its title, what it is multiplied by, its digits."""
IDENTITY = ["dataset", "architecture", "method", "seed", "generator_steps", "outcome"]
DECIDED = ("reproduced", "contradicted", "not the idea's")


def take(results: Path, run: str) -> None:
    """Keep a results folder's claims, and of its matrix the scores that the tables show."""
    KEPT.mkdir(parents=True, exist_ok=True)
    matrix = pd.read_parquet(results / "matrix.parquet")
    columns = [
        f"{measure}_{which}" for scores in SCORES.values() for measure in scores for which in ("init", "ema")
    ]
    matrix.reindex(columns=[*IDENTITY, *columns]).to_csv(
        KEPT / f"scores_{run}.csv", index=False, lineterminator="\n"
    )
    claims = pd.read_parquet(results / "claims.parquet")
    claims.to_csv(KEPT / f"claims_{run}.csv", index=False, lineterminator="\n")


def scores() -> list[str]:
    """A row a method: mean and 95% t interval of both runs, and of the untrained generator."""
    runs = [pd.read_csv(KEPT / f"scores_{run}.csv") for run in ("first", "second")]
    titles = [f"{dataset}: {title}" for dataset, of in SCORES.items() for title, *_ in of.values()]
    lines = [f"| method | {' | '.join(titles)} |", f"|---|{'---|' * len(titles)}"]
    lines.append(f"| untrained G | {' | '.join(_cells(runs, None))} |")
    return lines + [f"| `{m}` | {' | '.join(_cells(runs, m))} |" for m in runs[0]["method"].unique()]


def _cells(runs: list[pd.DataFrame], method: str | None) -> list[str]:
    return [
        "<br>".join(_interval(_values(run, dataset, method, measure) * scale, digits) for run in runs)
        for dataset, of in SCORES.items()
        for measure, (_, scale, digits) in of.items()
    ]


def _values(run: pd.DataFrame, dataset: str, method: str | None, measure: str) -> pd.Series:
    rows = run[run["dataset"] == dataset]
    if method is None:
        return rows[rows["method"] == rows["method"].iloc[0]][f"{measure}_init"]
    return rows[rows["method"] == method][f"{measure}_ema"]


def _interval(values: pd.Series, digits: int) -> str:
    found = estimate(values)
    if found.mean is None or found.low is None or found.high is None:
        return "-"
    of = "" if found.n == len(values) else f" (n = {found.n})"
    return f"{found.mean:.{digits}f} [{found.low:.{digits}f}, {found.high:.{digits}f}]{of}"


def both() -> pd.DataFrame:
    """The claims of the first run, with effect, interval and verdict of the second as `..._again`."""
    first, second = (pd.read_csv(KEPT / f"claims_{run}.csv") for run in ("first", "second"))
    again = second.set_index("claim")[["effect", "low", "high", "pairs", "verdict"]]
    return first.join(again.add_suffix("_again"), on="claim")


def claims() -> list[str]:
    """A row a claim: effects of both runs with their intervals, the bound, both verdicts."""
    lines = ["| claim | effect, positive as claimed | again | must exceed | verdict | again |"]
    lines.append("|---|---|---|---|---|---|")
    for row in both().to_dict("records"):
        cells = [f"{row['sentence']} (`{row['claim']}`)", _effect(row, ""), _effect(row, "_again")]
        lines.append(f"| {' | '.join([*cells, _bound(row), row['verdict'], row['verdict_again']])} |")
    return [*lines, "", agreement()]


def agreement() -> str:
    """How many claims each run decides, and how many verdicts are the same."""
    found = both()
    counts = [int(found[name].isin(DECIDED).sum()) for name in ("verdict", "verdict_again")]
    same = int((found["verdict"] == found["verdict_again"]).sum())
    turned = found[["verdict", "verdict_again"]].isin(DECIDED).all(axis=1) & (
        found["verdict"] != found["verdict_again"]
    )
    return (
        f"The first run decides {counts[0]} of {len(found)} claims, the second run {counts[1]}. "
        f"{same} verdicts are the same; {int(turned.sum())} claims are decided in different ways."
    )


def _effect(row: dict[Any, Any], run: str) -> str:
    scale, unit = _scale(row)
    if pd.isna(row[f"effect{run}"]):
        return "-"
    interval = f" [{plain(scale * row[f'low{run}'])}, {plain(scale * row[f'high{run}'])}]"
    return f"{plain(scale * row[f'effect{run}'])}{'' if pd.isna(row[f'low{run}']) else interval}{unit}"


def _bound(row: dict[Any, Any]) -> str:
    scale, unit = _scale(row)
    most = "" if pd.isna(row["at_most"]) else "at most "
    return f"{most}{scale * row['smallest_effect']:g}{unit}"


def _scale(row: dict[Any, Any]) -> tuple[int, str]:
    if row["effect_kind"] == "relative":
        return 100, " %"
    return (100, " points") if column(row["metric"]).measure.percent else (1, "")


def rewritten(page: str, name: str, lines: list[str]) -> str:
    """The page with the lines between the marks of that name."""
    begin, end = f"<!-- {name}: made by studies/default_matrix.py -->", f"<!-- end of {name} -->"
    before, rest = page.split(begin)
    return "\n".join([before + begin, *lines, end]) + rest.split(end)[1]


def main() -> None:
    """Take over results if told to, then rewrite the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--import", dest="results", type=Path, help="a results/ folder of the default grid")
    parser.add_argument("--second", action="store_true", help="it is the second run's")
    arguments = parser.parse_args()
    if arguments.results is not None:
        take(arguments.results, "second" if arguments.second else "first")
    for name, lines in (("scores", scores()), ("claims", claims()), ("front", [agreement()])):
        page = PAGES[name]
        page.write_text(rewritten(page.read_text(encoding="utf-8"), name, lines), encoding="utf-8")


if __name__ == "__main__":
    main()
