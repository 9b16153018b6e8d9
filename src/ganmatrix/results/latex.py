"""The scores and the claims as LaTeX: tables for a paper, which need the package booktabs."""

import itertools
import math
import re
import string
import unicodedata
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import pandas as pd

from ganmatrix.columns import column, leading
from ganmatrix.results.artifacts import Protocols
from ganmatrix.results.matrix import SETTING, SOURCE, placed
from ganmatrix.results.statistics import Estimate, estimate, observed


def scores_table(
    frame: pd.DataFrame, protocols: Protocols, imports: Mapping[str, Mapping[str, Any]] = MappingProxyType({})
) -> str:
    """Methods x settings: each setting's primary score, mean over seeds and half its 95% interval.

    The number of seeds follows in parentheses, out of how many where some have no score; those are left
    out of the mean. Settings without a primary score are left out. A letter marks what was imported. The
    table needs the package booktabs.
    """
    primary = {
        name: score.name for name, columns in protocols.items() if (score := leading(columns, distance=True))
    }
    frame = placed(frame)
    shown = frame[frame["dataset"].isin(primary)]
    letters = dict(zip(imports, string.ascii_lowercase, strict=False))
    settings = list(dict.fromkeys(zip(*(shown[key] for key in SETTING), strict=True)))
    rows = [
        [escaped(method), *(_entry(shown, method, setting, primary, letters) for setting in settings)]
        for method in dict.fromkeys(frame["method"])
    ]
    scores = "; ".join(f"{escaped(name)}: {escaped(column)}" for name, column in primary.items())
    sources = "".join(
        f" {letter}: imported, {escaped(imports[name]['source'])}." for name, letter in letters.items()
    )
    lines = [
        r"\begin{table}",
        r"  \centering",
        r"  \caption{Mean over training seeds $\pm$ half the 95\% interval (Student t), number of seeds in "
        rf"parentheses; lower is better. {scores}.{sources}}}",
        rf"  \begin{{tabular}}{{l{'r' * len(settings)}}}",
        r"    \toprule",
        _line(["Dataset", *(escaped(dataset) for dataset, _ in settings)]),
        _line(["Method", *(escaped(architecture) for _, architecture in settings)]),
        r"    \midrule",
        *map(_line, rows),
        r"    \bottomrule",
        r"  \end{tabular}",
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def _entry(
    frame: pd.DataFrame,
    method: str,
    setting: tuple[str, str],
    primary: dict[str, str],
    letters: Mapping[str, str],
) -> str:
    dataset, architecture = setting
    runs = frame[
        (frame["dataset"] == dataset) & (frame["architecture"] == architecture) & (frame["method"] == method)
    ]
    if letters and runs.empty:
        return "--"
    sources = {*runs[SOURCE]} & letters.keys() if letters else ()
    mark = "".join(f"$^{{{letters[source]}}}$" for source in sources)
    return _number(estimate(observed(runs, primary[dataset]))) + mark


def _number(found: Estimate) -> str:
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


def claims_table(claims: pd.DataFrame) -> str:
    """A longtable of the claims: in words, verdict, effect with its interval, bound, pairs; then the quote.

    `claims` is the table of `claims.adjudicate`. It needs the packages booktabs and longtable.
    """
    rows = claims.to_dict("records")
    head = [r"    \toprule", _line(CLAIM_HEADS), r"    \midrule"]
    lines = [
        r"% needs \usepackage{booktabs,longtable}",
        r"\begin{longtable}{@{}p{0.34\linewidth}p{0.14\linewidth}p{0.24\linewidth}lr@{}}",
        r"    \caption{Published claims and their verdicts. An effect is positive in the claimed direction; "
        r"its 95\% interval is in brackets. A pair is two runs of one dataset, architecture and seed.} \\",
        *head,
        r"    \endfirsthead",
        *head,
        r"    \endhead",
        r"    \bottomrule",
        r"    \endlastfoot",
        *(line for row in rows for line in _claim(row)),
        *(
            []
            if rows
            else [rf"    \multicolumn{{{len(CLAIM_HEADS)}}}{{@{{}}l@{{}}}}{{No claims are listed.}} \\"]
        ),
        r"\end{longtable}",
    ]
    return "\n".join(lines) + "\n"


CLAIM_HEADS = ("Claim", "Verdict", r"Effect {[}95\% interval{]}", "Bound", "Pairs")


def _claim(row: Mapping[Any, Any]) -> list[str]:
    """Two rows of the table: what is claimed and found, and where the claim comes from."""
    tested = pd.notna(row["effect"])
    found = _effect(row) if tested else "not measured"
    bound = rf"${'>' if pd.isna(row['at_most']) else '<'} {_of_effect(row, row['smallest_effect'])}$"
    pairs = str(row["pairs"]) if tested else "--"
    against = f"{row['method']} against {row['baseline']}"
    control = f", control {row['control']}" if pd.notna(row["control"]) else ""
    scope = f"; {row['scope']}" if row["scope"] else ""
    source = f"{row['paper']}; {row['source']}, {row['where']}"
    words = f"{escaped(row['claim'])}: ``{escaped(row['quote'])}'' ({escaped(source)}). " + escaped(
        f"{against}{control}, in {row['metric']}{scope}."
    )
    return [
        _line([escaped(row["sentence"]), escaped(row["verdict"]), found, bound, pairs]) + "*",
        rf"    \multicolumn{{{len(CLAIM_HEADS)}}}{{@{{}}p{{\linewidth}}@{{}}}}{{\footnotesize {words}}} \\",
        r"    \addlinespace",
    ]


def _effect(row: Mapping[Any, Any]) -> str:
    """`$20\\%$ {[}$3.15\\%$, $36.9\\%${]}`, or the effect alone where it has no interval."""
    mean, low, high = (_of_effect(row, row[name]) for name in ("effect", "low", "high"))
    return f"${mean}$" if pd.isna(row["low"]) else f"${mean}$ {{[}}${low}$, ${high}${{]}}"


def _of_effect(row: Mapping[Any, Any], value: float) -> str:
    """A number in the claim's unit: per cent of the baseline's value, of a share, or the metric's own."""
    share = row["effect_kind"] == "relative" or column(row["metric"]).measure.percent
    return _plain(100 * value) + r"\%" if share else _plain(value)


def _plain(value: float) -> str:
    """Three significant digits in math mode: `0.105`, `1234`, `3.1 \\times 10^{-5}`."""
    text = f"{value:.3g}"
    if "e" not in text:
        return text
    digits, _, exponent = text.partition("e")
    return f"{value:.0f}" if 0 < int(exponent) < 7 else rf"{digits} \times 10^{{{int(exponent)}}}"


_SPECIAL = {character: f"\\{character}" for character in "_%&#${}"} | {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\symbol{34}",
    "`": r"\textasciigrave{}",
    "[": "{[}",  # After a line's end it would begin an argument.
    "]": "{]}",
}
_SIGNS = {
    "\N{EN DASH}": "--",
    "\N{EM DASH}": "---",
    "\N{LEFT SINGLE QUOTATION MARK}": "`",
    "\N{RIGHT SINGLE QUOTATION MARK}": "'",
    "\N{LEFT DOUBLE QUOTATION MARK}": "``",
    "\N{RIGHT DOUBLE QUOTATION MARK}": "''",
    "\N{HORIZONTAL ELLIPSIS}": r"\ldots{}",
    "\N{SECTION SIGN}": r"\S{}",
    "\N{MULTIPLICATION SIGN}": r"$\times$",
    "\N{MINUS SIGN}": "$-$",
    "\N{PLUS-MINUS SIGN}": r"$\pm$",
    "\N{LESS-THAN OR EQUAL TO}": r"$\leq$",
    "\N{GREATER-THAN OR EQUAL TO}": r"$\geq$",
    "\N{NOT EQUAL TO}": r"$\neq$",
    "\N{ALMOST EQUAL TO}": r"$\approx$",
    "\N{RIGHTWARDS ARROW}": r"$\rightarrow$",
    "\N{INFINITY}": r"$\infty$",
    "\N{MICRO SIGN}": r"$\mu$",
    "\N{DEGREE SIGN}": r"$^\circ$",
    "\N{SUPERSCRIPT TWO}": "$^2$",
    "\N{LATIN SMALL LETTER SHARP S}": r"\ss{}",
    "\N{LATIN SMALL LETTER O WITH STROKE}": r"\o{}",
    "\N{LATIN CAPITAL LETTER O WITH STROKE}": r"\O{}",
    "\N{LATIN SMALL LETTER AE}": r"\ae{}",
    "\N{LATIN CAPITAL LETTER AE}": r"\AE{}",
    "\N{LATIN SMALL LETTER L WITH STROKE}": r"\l{}",
    "\N{LATIN CAPITAL LETTER L WITH STROKE}": r"\L{}",
    "\N{LATIN SMALL LIGATURE OE}": r"\oe{}",
    "\N{LATIN SMALL LETTER DOTLESS I}": r"\i{}",
}
_GREEK = {
    *("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu"),
    *("nu", "xi", "pi", "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega"),
    *("Gamma", "Delta", "Theta", "Lambda", "Xi", "Pi", "Sigma", "Upsilon", "Phi", "Psi", "Omega"),
}
"""The letters that have a command; other capitals look like Latin ones."""
_ACCENTS = {
    chr(code): accent
    for code, accent in zip(
        (0x300, 0x301, 0x302, 0x303, 0x304, 0x306, 0x307, 0x308, 0x30A, 0x30B, 0x30C, 0x327),
        ("`", "'", "^", "~", "=", "u", ".", '"', "r", "H", "v", "c"),
        strict=True,
    )
}
_LIGATURES = "-',"
"""Signs that LaTeX joins if they stand twice."""


def escaped(text: str) -> str:
    """A text in one line that every LaTeX engine prints as it stands.

    A character that a standard font of LaTeX does not have becomes its number, such as [U+4E2D].
    """
    line = unicodedata.normalize("NFC", " ".join(str(text).split()))
    return "".join(
        ("{}" if this == before and this in _LIGATURES else "") + _character(this)
        for before, this in itertools.pairwise(f" {line}")
    )


def _character(character: str) -> str:
    if found := (_SPECIAL | _SIGNS).get(character):
        return found
    if character.isascii() and character.isprintable():
        return character
    apart = unicodedata.normalize("NFD", character)
    letter, accent = apart[:1], apart[1:]
    if letter.isascii() and letter.isalpha() and accent in _ACCENTS:
        return rf"\{_ACCENTS[accent]}{{{letter}}}"
    if name := re.fullmatch(r"GREEK (SMALL|CAPITAL) LETTER (\w+)", unicodedata.name(character, "")):
        greek = name[2].lower().replace("lamda", "lambda")
        greek = greek.capitalize() if name[1] == "CAPITAL" else greek
        if greek in _GREEK:
            return rf"$\{greek}$"
    return f"{{[}}U+{ord(character):04X}{{]}}"
