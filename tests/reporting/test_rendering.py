"""All reports rendered for real: their content, their independence, their bytes, their errors."""

import base64
import hashlib
import re
import sys
from html import escape, unescape
from pathlib import Path

import nbformat
import pytest

from ganmatrix.errors import UserError
from ganmatrix.params.study import Study
from ganmatrix.plan import Plan
from ganmatrix.reporting.numbers import plain
from ganmatrix.stages import report
from helpers import here
from helpers.fake_matrix import REPORTS, FakeMatrix


@pytest.fixture(scope="module")
def pages(planted):
    return {name: report.render(name, planted.plan, planted.layout) for name in REPORTS}


def _words(page: str) -> str:
    """The page's visible text on one line."""
    return " ".join(
        unescape(re.sub(r"<(style|script)\b.*?</\1>|<[^>]*>", " ", page, flags=re.DOTALL)).split()
    )


def test_the_front_page_names_the_command_that_makes_it(pages):
    assert "<pre><code>snakemake --cores all</code></pre>" in pages["index"]


def test_every_page_states_the_title_and_the_question_of_the_study(pages, planted):
    study = planted.plan.params.study
    for page in pages.values():
        header = page[page.index("<header>") : page.index("</header>")]
        assert escape(study.title) in header
        assert escape(study.question) in header


def test_a_hostile_title_is_text(planted, monkeypatch):
    monkeypatch.setattr(report, "_execute", here.execute)
    plan = planted.plan
    hostile = "</title></header><script>alert(1)</script>"
    study = Study(title=hostile, question="<img src=x onerror=alert(1)> & so on?")
    plan.params = plan.params.model_copy(update={"study": study})
    page = report.render("index", plan, planted.layout)
    assert hostile not in page
    assert "<img src=x" not in page
    assert page.count(escape(hostile)) == 2
    assert page.count("</header>") == page.count("</title>") == 1


def test_a_page_links_all_others_and_says_what_they_show(pages, planted):
    orders = [about.order for about in planted.plan.pages.values()]
    assert orders == sorted(orders)
    assert next(iter(planted.plan.pages)) == "index"
    for name, page in pages.items():
        footer = page[page.index("<footer>") :]
        for other, about in planted.plan.pages.items():
            link = f'<a href="{other}.html">{about.title}</a>: {escape(about.shows)}'
            assert (link in footer) == (other != name)


def test_the_front_page_gives_the_verdicts_and_the_headline(pages, planted):
    words = _words(pages["index"])
    assert "Of 3 claims: 1 reproduced, 1 inconclusive, 1 not tested." in words
    assert "24 training runs (2 datasets, 1 architecture, 2 methods, 6 seeds); 1 diverged." in words
    claim = planted.table("claims").iloc[0]
    assert (
        f"{plain(100 * claim['effect'])} [{plain(100 * claim['low'])}, {plain(100 * claim['high'])}]" in words
    )
    assert f"FID is {100 * claim['effect']:.0f}% lower than gan's, which is better" in words
    assert "It halves FID & more." in words
    assert "1 of 24 runs diverged. 1 value of completed runs is missing." in words


def test_the_page_of_claims_gives_the_evidence(pages):
    words = _words(pages["claims"])
    assert "The effect exceeds the threshold, even at the end of the interval that is less" in words
    assert "Not tested" not in words
    assert "No run has a column universal_auroc." in words


def test_the_page_of_stability_names_what_diverged(pages):
    words = _words(pages["stability"])
    assert "ring8-conventional-gan-1 240 non-finite loss" in words
    assert "gan 1 of 12 0% to 38% 1 of 6" in words


def test_views_that_describe_say_first_that_they_decide_nothing(pages):
    _, section = _words(pages["stability"]).split("Robust statistics of the runs ", 1)
    assert "they decide nothing" in section[:100]


def test_the_page_of_robustness_shows_an_attack_on_every_method(pages):
    assert pages["robustness"].count('alt="PGD on ') == 2 * 2
    assert "1 of 24 runs diverged" in _words(pages["robustness"])


def test_the_matrix_page_gives_means_intervals_and_counts(pages, planted):
    words = _words(pages["results_matrix"])
    matrix = planted.table("matrix")
    fid = matrix[(matrix["dataset"] == "digits") & (matrix["method"] == "as_gan")][
        "fid_efficientnet_lite0_ema"
    ]
    assert re.search(rf"as_gan conventional 6 {re.escape(plain(fid.mean()))} \[[^]]*\] best mean", words)
    assert "gan conventional 5 of 6 1 diverged" in words
    assert "FID EfficientNet-Lite0, lower is better" in words
    assert "dcgan16_w24" in words
    assert "real samples: 1437" in words


@pytest.mark.parametrize("name", REPORTS)
def test_a_page_is_whole_and_needs_nothing_from_elsewhere(pages, name):
    page = pages[name]
    assert page.startswith('<!DOCTYPE html>\n<html lang="en">')
    assert page.count("<h1") == 1
    found = re.findall(r"""(?:src|href)\s*=\s*["']([^"']*)""", page)
    references = {reference.partition("#")[0] for reference in found if not reference.startswith("#")}
    local = {f"{other}.html" for other in REPORTS}
    assert {r for r in references if not r.startswith("data:")} == local
    assert "@import" not in page
    assert re.findall(r"<script[^>]*>", page).count('<script type="module">') == 1
    assert "<script src" not in page
    assert all('alt="' in tag and 'alt=""' not in tag for tag in re.findall(r"<img[^>]*>", page))


@pytest.mark.parametrize("name", REPORTS)
def test_a_page_lets_its_own_style_and_script_alone_into_the_browser(pages, name):
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', pages[name])[1]
    assert policy.startswith("default-src 'none'; img-src data:; ")
    assert "unsafe" not in policy
    for element, directive in (("style", "style-src"), ('script type="module"', "script-src")):
        (content,) = re.findall(rf"<{element}>(.*?)</{element.split()[0]}>", pages[name], re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{directive} 'sha256-{digest}';" in policy


@pytest.mark.parametrize("name", REPORTS)
def test_nothing_of_the_notebook_or_the_machine_shows(pages, planted, name):
    assert "ganmatrix.reporting" not in pages[name]
    assert str(planted.root) not in pages[name]
    assert "Warning" not in pages[name]


@pytest.mark.parametrize("name", REPORTS)
def test_equal_inputs_give_equal_bytes(pages, planted, name, monkeypatch):
    """In a process of its own and in this one, which other tests make do with."""
    monkeypatch.setattr(report, "_execute", here.execute)
    assert report.render(name, planted.plan, planted.layout) == pages[name]


def test_every_run_of_the_matrix_shows_samples_and_their_neighbours(pages):
    assert pages["results_matrix"].count('class="sheet"') == 2 * 24


def _small(planted, folder: Path, source: str) -> str:
    """The page of a template with this code."""
    cells = [
        nbformat.v4.new_code_cell('folder = ""\nroot = ""\nparams = ""', metadata={"tags": ["parameters"]}),
        nbformat.v4.new_code_cell(source),
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(
        nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}), folder / "small.ipynb"
    )
    return report.render("small", Plan(planted.plan.params, planted.layout, folder), planted.layout)


def test_an_unknown_report_names_the_choices_and_the_nearest(planted):
    with pytest.raises(UserError, match=r"choose from index, .*; did you mean results_matrix\?"):
        report.choose(["result_matrix"], planted.plan)


def test_missing_results_are_named(tmp_path):
    fake = FakeMatrix(tmp_path).write()
    with pytest.raises(UserError, match=r"results.json is missing; run `ganmatrix assemble`"):
        report.render("index", fake.plan, fake.layout)


def test_a_failure_inside_the_notebook_is_one_line(planted, tmp_path):
    with pytest.raises(UserError) as error:
        _small(planted, tmp_path, "raise ValueError('two\\nlines')")
    assert str(error.value) == "report small failed in cell 2: ValueError: two lines"


def test_the_kernel_is_this_interpreter_whatever_the_user_installed(planted, tmp_path, monkeypatch):
    kernel = tmp_path / "jupyter" / "kernels" / "python3"
    kernel.mkdir(parents=True)
    (kernel / "kernel.json").write_text('{"argv": ["/bin/false"], "display_name": "x", "language": "python"}')
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    with pytest.raises(UserError, match=re.escape(f"LookupError: {sys.executable}")):
        _small(planted, tmp_path, "import sys\nraise LookupError(sys.executable)")
