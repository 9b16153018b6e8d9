"""`ganmatrix compare`: the effect of a claim without the claim, its plot, and the seeds that would decide."""

import itertools
import json
import sys

import numpy as np
import pytest

from ganmatrix.cli import main
from ganmatrix.results.two_methods import answer, of_metric
from ganmatrix.terminal.effects import LEFT, LINE, MEAN, RIGHT, WIDTH, ZERO, plot
from ganmatrix.terminal.reading import read
from helpers.assembled_matrix import CLAIMS, assembled
from helpers.fake_matrix import GRID, FakeMatrix

FID = "fid_efficientnet_lite0_ema"
EIGHT = GRID.replace("[0, 1, 2]", "8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """`equal`: no effect. `half`: one method halves FID, and a run of the other diverged on points."""
    root = tmp_path_factory.mktemp("results")
    for name, planted in (
        ("equal", {}),
        (
            "half",
            {
                "effects": {("as_gan", "fid_efficientnet_lite0"): 0.5},
                "diverged": {"ring8-conventional-gan-1": 240},
                "late": frozenset({"digits-conventional-as_gan-2"}),
            },
        ),
    ):
        (root / name).mkdir()
        assembled(FakeMatrix(root / name, grid=EIGHT, claims=CLAIMS, **planted))
    return root


@pytest.fixture
def run(folder, monkeypatch, capsys):
    """Runs a command there; what it prints, or its error."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", "80")

    def command(*arguments, status=0):
        monkeypatch.setattr(sys, "argv", ["ganmatrix", "compare", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        assert (ended.value.code or 0) == status, printed.err
        return printed.err if status else printed.out

    return command


def _answer(folder, name, metric="fid", **more):
    found = read(str(folder / name))
    (column,) = of_metric(found, metric)
    return answer(found, "as_gan", "gan", column, **more)


def test_a_planted_effect_is_found_with_the_numbers_of_the_claim(folder):
    found = _answer(folder, "half")
    claim = read(str(folder / "half")).claims.set_index("claim").loc["better_fid"]
    assert (found.finding, found.relative, found.seeds_needed) == ("lower", True, None)
    assert found.overall.mean == pytest.approx(-claim["effect"])
    assert (found.overall.low, found.overall.high) == pytest.approx((-claim["high"], -claim["low"]))


def test_the_p_value_is_that_of_all_patterns_of_signs(folder):
    frame = read(str(folder / "equal")).matrix
    values = frame[frame["dataset"] == "digits"].pivot(index="seed", columns="method", values=FID)
    effects = np.log(values["as_gan"] / values["gan"]).to_numpy()
    sums = [abs(np.dot(signs, effects)) for signs in itertools.product((-1, 1), repeat=len(effects))]
    exact = np.mean(np.array(sums) >= abs(effects.sum()) * (1 - 1e-9))
    assert _answer(folder, "equal").p_value == pytest.approx(exact, abs=0.01)


def test_the_other_way_round_is_the_inverse_ratio(folder):
    found = read(str(folder / "half"))
    (column,) = of_metric(found, "fid")
    one, other = answer(found, "as_gan", "gan", column), answer(found, "gan", "as_gan", column)
    assert 1 + other.overall.mean == pytest.approx(1 / (1 + one.overall.mean))
    assert (other.finding, other.p_value) == ("higher", one.p_value)


def test_a_smaller_effect_needs_more_seeds(tmp_path):
    needed = []
    for factor in (0.995, 0.99):
        (tmp_path / str(factor)).mkdir()
        effects = {("as_gan", "fid_efficientnet_lite0"): factor}
        assembled(FakeMatrix(tmp_path / str(factor), grid=EIGHT, effects=effects))
        found = _answer(tmp_path, str(factor))
        assert found.finding == "undecided"
        needed.append((abs(found.overall.mean), found.seeds_needed))
    (small, many), (large, few) = sorted(needed, key=lambda each: each[0])
    assert small < large
    assert few < many


def test_values_beyond_the_end_of_training_leave_no_mean(folder):
    found = _answer(folder, "half", "steps_to_fid")
    assert found.overall.mean is None
    assert "training ended before the target was reached" in found.obstacle


def test_a_difference_on_request(folder):
    share, difference = (_answer(folder, "half", relative=each) for each in (True, False))
    assert share.overall.mean == pytest.approx(-0.5, abs=0.05)
    assert difference.overall.mean == pytest.approx(
        difference.settings[0].method - difference.settings[0].baseline
    )


def test_a_measure_means_the_averaged_weights(folder):
    found = read(str(folder / "equal"))
    assert [each.name for each in of_metric(found, "fid")] == [FID]
    assert [each.name for each in of_metric(found, "fid_efficientnet_lite0_init")] == [
        "fid_efficientnet_lite0_init"
    ]
    assert of_metric(found, "fod") == []


def test_what_is_printed(run):
    shown = run("as_gan", "gan", "--results", "half")
    assert "FID (EfficientNet-Lite0 features), lower is better" in shown
    assert "Decided: as_gan is lower, so better, than gan (p = 0.0078, 8 pairs)." in shown
    assert "1 run of gan diverged" in " ".join(shown.split())
    assert max(map(len, shown.splitlines())) <= 80


def test_what_would_decide_is_printed(run):
    shown = " ".join(run("as_gan", "gan", "--results", "equal", "--metric", "fid").split())
    assert "Not decided: the interval includes no difference" in shown
    assert "seeds a setting (now 8) would decide it in 80% of cases" in shown or "No number of seeds" in shown


def test_json_has_the_numbers(run):
    (found,) = json.loads(run("as_gan", "gan", "--results", "half", "--metric", "fid", "--json"))
    assert (found["column"], found["finding"], found["overall"]["runs"]) == (FID, "lower", [8, 8])
    assert [each["where"] for each in found["settings"]] == ["digits x conventional"]


def test_a_part_of_the_results(run):
    found = json.loads(
        run("as_gan", "gan", "--results", "half", "--metric", "diverged", "--dataset", "ring8", "--json")
    )
    assert [each["where"] for each in found[0]["settings"]] == ["ring8 x conventional"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("as_gan", "as_gan"), "METHOD_A and METHOD_B are both as_gan; name two methods"),
        (
            ("as_gan", "gann"),
            "METHOD gann: not in these results (choose from gan, as_gan); did you mean gan?",
        ),
        (("as_gan", "gan", "--metric", "fod"), "--metric fod: these results have no such column"),
        (("as_gan", "gan", "--dataset", "ring"), "--dataset ring: not in these results"),
        (("as_gan", "gan", "--architecture", "x"), "--architecture x: not in these results"),
        (("as_gan", "gan", "--scale", "log"), "--scale"),
    ],
)
def test_bad_input_is_one_line(run, arguments, said):
    error = run(*arguments, "--results", "half", status=2)
    assert said in error
    assert len(error.strip().splitlines()) <= (1 if said != "--scale" else 4)


def test_the_plot_puts_means_and_ends_where_they_are():
    first, second, ruler = plot([("a", 0.5, 0.0, 1.0), ("bb", -1.0, None, None)], (1.0, ""))
    half = WIDTH // 2
    label = len("bb  ")
    assert first[label + half :].startswith(LEFT)
    assert first[label + half + half // 2] == MEAN
    assert first.endswith(RIGHT)
    assert first.count(LINE) == half - 2
    assert second == f"bb  {MEAN}{' ' * (half - 1)}{ZERO}"
    assert ruler.split() == ["\N{MINUS SIGN}1.00", "0", "1.00"]


def test_without_a_mean_there_is_no_plot():
    assert plot([("a", None, None, None)], (1.0, "")) == []
    assert plot([("a", 0.0, 0.0, 0.0)], (1.0, "")) == []
