"""The LaTeX tables: what they say, and that every text in them is printed as it stands."""

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganmatrix.results.claims import adjudicate
from ganmatrix.results.latex import claims_table, escaped, scores_table
from helpers.planted_effects import BETTER, OLD, a_claim, runs_of
from helpers.planted_effects import PROTOCOLS as PLANTED
from helpers.simulated_matrix import PROTOCOLS, simulate

COLUMN = "fid_efficientnet_lite0_ema"
PRIMARY = {dataset: {COLUMN: {}, f"{COLUMN}_noise": {}} for dataset in PROTOCOLS}


def _scores() -> pd.DataFrame:
    return simulate(np.random.default_rng(0), {"gan": 0.0, "as_gan": 0.2}, [COLUMN])


def _entries(text: str) -> dict[str, list[str]]:
    lines = [line.strip().removesuffix(r" \\").split(" & ") for line in text.splitlines() if " & " in line]
    return {first: rest for first, *rest in lines}


def test_the_table_has_a_row_a_method_and_a_column_a_setting():
    text = scores_table(_scores(), PRIMARY)
    rows = _entries(text)
    assert list(rows) == ["Dataset", "Method", "gan", r"as\_gan"]
    assert {len(row) for row in rows.values()} == {4}
    assert r"\begin{tabular}{lrrrr}" in text
    assert rows["Method"] == ["conventional", r"resnet\_sn"] * 2


def test_an_entry_is_mean_and_half_interval_in_two_significant_digits_with_n():
    frame = _scores()
    here = (
        (frame["dataset"] == "digits")
        & (frame["architecture"] == "conventional")
        & (frame["method"] == "gan")
    )
    frame.loc[here, COLUMN] = [40.0, 41.0, 42.0]
    assert _entries(scores_table(frame, PRIMARY))["gan"][0] == r"$41.0 \pm 2.5$ (3)"
    frame.loc[here, COLUMN] = [40.0, 41.0, np.nan]
    assert _entries(scores_table(frame, PRIMARY))["gan"][0] == r"$40.5 \pm 6.4$ (2 of 3)"
    frame.loc[here, COLUMN] = [40.0, np.nan, np.nan]
    assert _entries(scores_table(frame, PRIMARY))["gan"][0] == "$40$ (1 of 3)"
    frame.loc[here, "outcome"] = "diverged"
    assert _entries(scores_table(frame, PRIMARY))["gan"][0] == "-- (0 of 3)"
    frame.loc[here, ["outcome", COLUMN]] = ["completed", 40.0]
    assert _entries(scores_table(frame, PRIMARY))["gan"][0] == r"$40.00 \pm 0.00$ (3)"


def test_the_table_is_balanced_and_escaped():
    text = scores_table(_scores(), PRIMARY)
    assert re.findall(r"\\begin\{(\w+)\}", text) == re.findall(r"\\end\{(\w+)\}", text)[::-1]
    assert text.count("{") == text.count("}")
    assert not re.search(r"(?<!\\)[_%#]", text)
    assert text.count("$") % 2 == 0


def test_datasets_without_a_primary_score_are_left_out():
    protocol = {"digits": {COLUMN: {}}, "photos": {"modes_ema": {}, "fid_over_steps_x_ema": {}}}
    assert {len(row) for row in _entries(scores_table(_scores(), protocol)).values()} == {2}


COMMAND = re.compile(
    r"\\(?:[_%&#${}]|(?:textbackslash|textasciitilde|textasciicircum|textless|textgreater|textbar"
    r"|textasciigrave|ldots|S|ss|o|O|ae|AE|l|L|oe|i)\{\}|symbol\{34\}|[`'^~=u.\"rHvc]\{[A-Za-z]\})"
)
MATH = re.compile(r"\$(?:\\[A-Za-z]+|-|\^2|\^\\circ)\$")


def is_printed(text: str) -> bool:
    """Whether nothing but known commands is left to LaTeX."""
    rest = COMMAND.sub("", MATH.sub("", text)).replace("{}", "").replace("{[}", "").replace("{]}", "")
    return rest.isascii() and not set(rest) & set('\\_%&#${}~^<>|"[]')


@given(st.text())
def test_any_text_is_printed_as_it_stands(text):
    found = escaped(text)
    assert is_printed(found), found
    assert "\n" not in found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"\input{/etc/passwd}", r"\textbackslash{}input\{/etc/passwd\}"),
        ("100% of $x_1 & #2", r"100\% of \$x\_1 \& \#2"),
        ("a^b ~ c < d | e", r"a\textasciicircum{}b \textasciitilde{} c \textless{} d \textbar{} e"),
        ("[...] a -- b, ``c''", r"{[}...{]} a -{}- b, \textasciigrave{}\textasciigrave{}c'{}'"),
        ('"so"', r"\symbol{34}so\symbol{34}"),
        ("two\nlines\t\u2028end", "two lines end"),
        ("caf\u00e9, cafe\u0301", r"caf\'{e}, caf\'{e}"),
        ("\u03b5 \u2264 \u039b \u2013 5 \u00d7 2", r"$\epsilon$ $\leq$ $\Lambda$ -- 5 $\times$ 2"),
        ("\u4e2d\U0001f600\u0000", "{[}U+4E2D{]}{[}U+1F600{]}{[}U+0000{]}"),
    ],
)
def test_special_characters_and_letters(text, expected):
    assert escaped(text) == expected


def _claims(**changes: object) -> str:
    claim = a_claim(**changes)
    frame = runs_of({"old": OLD, "new": BETTER})
    return claims_table(adjudicate({"lower_fid": claim}, frame, PLANTED))


def test_a_claim_has_its_verdict_effect_bound_pairs_and_source():
    text = _claims(sentence="It lowers FID & more.", quote="[...] 50% better", smallest_effect=1.0)
    [row] = [line for line in text.splitlines() if line.strip().startswith("It lowers")]
    sentence, verdict, effect, bound, pairs = row.strip().removesuffix(r" \\*").split(" & ")
    assert (sentence, verdict) == (r"It lowers FID \& more.", "reproduced")
    mean = np.mean(OLD) - np.mean(BETTER)
    assert re.fullmatch(rf"\${mean:.3g}\$ {{\[}}\$[\d.]+\$, \$[\d.]+\${{\]}}", effect)
    assert (bound, pairs) == ("$> 1$", "8")
    assert r"``{[}...{]} 50\% better''" in text
    assert r"new against old, in fid; digits x a; seeds 0, 1, 2, 3, 4, 5, 6, 7." in text


def test_a_relative_effect_is_in_per_cent_and_a_cost_has_an_upper_bound():
    text = _claims(effect="relative", smallest_effect=None, at_most=0.5)
    assert r"$< 50\%$" in text
    assert re.search(r"\$1[5-8]\.\d\\%\$", text)


def test_what_was_not_tested_has_no_numbers():
    text = _claims(metric="modes")
    assert "not tested & not measured & $> 1$ & --" in text


def test_the_table_of_claims_is_one_longtable_also_without_claims():
    for text in (_claims(), claims_table(adjudicate({}, runs_of({"old": OLD}), PLANTED))):
        assert re.findall(r"\\(?:begin|end)\{(\w+)\}", text) == ["longtable", "longtable"]
        assert text.count("{") == text.count("}")
    assert "No claims are listed." in text
