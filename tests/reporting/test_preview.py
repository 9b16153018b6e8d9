"""Reports of a matrix that is half there: every page renders and says what is still to come."""

import json
import re
from html import unescape
from pathlib import Path

import pytest

from ganmatrix.errors import UserError
from ganmatrix.plan import Plan
from ganmatrix.stages import preview
from ganmatrix.store.layout import METRICS, Layout
from helpers.fake_matrix import REPORTS, TEMPLATES, FakeMatrix
from helpers.unfinished_matrix import STALE, UNPROBED, UNSCORED, UNTRAINED, unfinished

SAID = (
    "Of 18 runs in 6 cells: 7 runs not trained, 2 runs not scored, 1 run "
    "not probed and 18 runs without attacks from other runs."
)


@pytest.fixture(scope="module")
def made(tmp_path_factory, without_kernels):
    """In the folder of another params file than params.yaml."""
    fake = unfinished(tmp_path_factory.mktemp("half"))
    return fake, preview.run(Plan(fake.plan.params, Layout(fake.root, Path("half.yaml")), TEMPLATES))


@pytest.fixture(scope="module")
def words(made):
    _, paths = made
    return {path.stem: _words(path.read_text()) for path in paths if path.suffix == ".html"}


def _words(page: str) -> str:
    """The page's visible text on one line."""
    return " ".join(
        unescape(re.sub(r"<(style|script)\b.*?</\1>|<[^>]*>", " ", page, flags=re.DOTALL)).split()
    )


def test_every_page_says_what_is_still_to_come(words):
    assert sorted(words) == REPORTS
    for page in words.values():
        assert SAID in page
        assert "Still to come (16)" in page
        for run in (*UNTRAINED, UNSCORED, STALE, UNPROBED, "ring8-0"):
            assert f"{run}: " in page


def test_the_command_names_the_params_file(words):
    assert "snakemake --cores all --configfile half.yaml" in words["index"]


def test_counts_are_of_what_there_is(words):
    assert (
        "18 training runs (2 datasets, 1 architecture, 3 methods, 3 seeds); none diverged, 7 not trained."
        in words["index"]
    )
    assert "Of 4 claims: 3 inconclusive, 1 not tested." in words["index"]
    assert "1 of 3 not trained" in words["stability"]
    assert "fargan: no run completed" in words["stability"]
    assert "fargan 0 of 0" not in words["stability"]
    assert "So far: None of 18 runs diverged." in words["index"]
    assert "So far no run diverged" in words["stability"]
    assert "except those still to come" in words["stability"]
    assert "2 of 3" in words["results_matrix"]
    maker = "`ganmatrix train ring8-conventional-as_gan --params half.yaml`"
    assert f"as_gan: not made yet; run {maker}" in words["results_matrix"]


def test_scores_of_other_weights_are_nowhere(made):
    """The stale file is on disk, but its numbers belong to networks that are gone."""
    fake, _ = made
    stale = json.loads(fake.file(METRICS, STALE).read_text())["entries"]["fid_efficientnet_lite0_ema"]
    page = (fake.layout.preview.folder("report") / "results_matrix.html").read_text()
    assert repr(stale["value"])[:12] not in page
    assert "not measured yet; run `ganmatrix evaluate digits-conventional-gan --params half.yaml`" in page


def test_every_command_names_the_params_file(words):
    commands = {command for page in words.values() for command in re.findall(r"`(ganmatrix [^`]*)`", page)}
    assert {command.split()[1] for command in commands} == {"train", "evaluate", "probe", "transfer"}
    assert all(command.endswith(" --params half.yaml") for command in commands)


def test_a_preview_touches_neither_results_nor_reports(made):
    fake, paths = made
    assert not fake.result("").exists()
    assert not (fake.root / "reports").exists()
    assert {path.relative_to(fake.root).parts[0] for path in paths} == {"preview"}


def test_without_a_trained_run_there_is_nothing_to_show(tmp_path):
    runs = (
        f"{d}-conventional-{m}-{s}" for d in ("ring8", "digits") for m in ("gan", "as_gan") for s in range(3)
    )
    fake = FakeMatrix(tmp_path, absent=frozenset(("train", run) for run in runs)).write()
    with pytest.raises(UserError, match=r"no cell is trained yet .*run `snakemake --cores all`"):
        preview.run(fake.plan)
    assert not (fake.root / "preview").exists()


def test_an_unknown_report_is_refused_before_anything_is_written(tmp_path):
    fake = FakeMatrix(tmp_path).write()
    with pytest.raises(UserError, match=r"indx is no report; choose from index, .*; did you mean index"):
        preview.run(fake.plan, ["indx"])
    assert not (fake.root / "preview").exists()
