"""The primary scores as a LaTeX table for papers: methods x settings. Needs the package booktabs."""

import math
from collections.abc import Sequence

import pandas as pd

from ganmatrix.columns import leading
from ganmatrix.results.matrix import SETTING
from ganmatrix.results.protocols import Protocols
from ganmatrix.results.statistics import Estimate, estimate, observed
from ganmatrix.results.variants import placed

_SPECIAL = {character: f"\\{character}" for character in "_%&#$"}


def table(frame: pd.DataFrame, protocols: Protocols) -> str:
    """The table of each setting's primary score, mean over seeds and half its 95% interval.

    The number of seeds follows in parentheses, out of how many where some have no score; those are left
    out of the mean. Settings without a primary score are left out.
    """
    primary = {
        name: score.name for name, columns in protocols.items() if (score := leading(columns, distance=True))
    }
    frame = placed(frame)
    shown = frame[frame["dataset"].isin(primary)]
    settings = list(dict.fromkeys(zip(*(shown[key] for key in SETTING), strict=True)))
    rows = [
        [_escaped(method), *(_entry(shown, method, setting, primary) for setting in settings)]
        for method in dict.fromkeys(frame["method"])
    ]
    scores = "; ".join(f"{_escaped(name)}: {_escaped(column)}" for name, column in primary.items())
    lines = [
        r"\begin{table}",
        r"  \centering",
        r"  \caption{Mean over training seeds $\pm$ half the 95\% interval (Student t), number of seeds in "
        rf"parentheses; lower is better. {scores}.}}",
        rf"  \begin{{tabular}}{{l{'r' * len(settings)}}}",
        r"    \toprule",
        _line(["Dataset", *(_escaped(dataset) for dataset, _ in settings)]),
        _line(["Method", *(_escaped(architecture) for _, architecture in settings)]),
        r"    \midrule",
        *map(_line, rows),
        r"    \bottomrule",
        r"  \end{tabular}",
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def _entry(frame: pd.DataFrame, method: str, setting: tuple[str, str], primary: dict[str, str]) -> str:
    dataset, architecture = setting
    runs = frame[
        (frame["dataset"] == dataset) & (frame["architecture"] == architecture) & (frame["method"] == method)
    ]
    return _printed(estimate(observed(runs, primary[dataset])))


def _printed(found: Estimate) -> str:
    """`$41.2 \\pm 3.1$ (3)`: two significant digits of the half-interval decide the digits of both."""
    count = f"({found.n} of {found.n + found.missing})" if found.missing else f"({found.n})"
    if found.mean is None:
        return f"-- {count}"
    if found.low is None or found.high is None:
        return f"${found.mean:.3g}$ {count}"
    half = (found.high - found.low) / 2
    digits = max(0, 1 - math.floor(math.log10(half))) if half > 0 else 2
    return rf"${found.mean:.{digits}f} \pm {half:.{digits}f}$ {count}"


def _line(entries: Sequence[str]) -> str:
    return f"    {' & '.join(entries)} " + r"\\"


def _escaped(name: str) -> str:
    return "".join(_SPECIAL.get(character, character) for character in name)
