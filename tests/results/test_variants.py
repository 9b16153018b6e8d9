"""Variants in the tables: whom they are compared with, and where methods train."""

import math
import zlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ganmatrix.cell import runs, stand_ins
from ganmatrix.params import load
from ganmatrix.params.claims import Claim
from ganmatrix.results.aggregates import regions
from ganmatrix.results.claims import adjudicate
from ganmatrix.results.comparisons import all_differences
from ganmatrix.results.matrix import compared, settings_compared, with_stand_ins
from ganmatrix.results.verdicts import compare
from helpers.fake_matrix import GRID, FakeMatrix, claim
from helpers.stated import STATED

SCORE = "energy_distance_ema"
PROTOCOLS = {"ring8": {SCORE: {}}}
SMALL = (
    ("datasets: [ring8, digits]", "datasets: [ring8]"),
    ("architectures: [conventional, resnet_sn]", "architectures: [conventional]"),
)


def stated(project, text: str, methods: str = "[gan, as_gan]", seeds: int = 2):
    edits = (("seeds: [0, 1]", f"seeds: {seeds}\n  {text}"), ("[gan, as_gan, dat, fargan]", methods))
    return load(project(*SMALL, *edits))[0]


def frame_of(params, score) -> pd.DataFrame:
    """A matrix with one score a run; infinite where it diverged."""
    rows = [
        {
            "run": run.id,
            "cell": run.cell.id,
            "dataset": run.dataset,
            "architecture": run.architecture,
            "variant": run.variant,
            "method": run.method,
            "seed": run.seed,
            SCORE: score(run),
        }
        for run in runs(params)
    ]
    frame = pd.DataFrame(rows)
    frame["outcome"] = np.where(np.isinf(frame[SCORE]), "diverged", "completed")
    frame[SCORE] = frame[SCORE].replace(math.inf, math.nan)
    costs = ("operations_per_step", "wall_seconds", "cpu_seconds", "images_per_second")
    return frame.assign(outcome_reason=None, outcome_step=None, **dict.fromkeys(costs, 1.0))


def of_method(rows, method):
    return [row for row in rows if row["method"] == method]


BY_HAND = {
    ("gan", ""): (1.0, 1.0),
    ("gan", "beta1_0"): (1.9, 2.1),
    ("gan", "beta1_0_9"): (math.inf, 1.5),
    ("as_gan", ""): (3.0, 3.0),
    ("as_gan", "beta1_0"): (2.0, 2.0),
    ("as_gan", "beta1_0_9"): (10.0, 1.2),
}


@pytest.fixture
def by_hand(project):
    params = stated(project, "lattice: {recipe.optimizer.beta1: [0, 0.5, 0.9]}")
    frame = frame_of(params, lambda run: BY_HAND[run.method, run.variant][run.seed])
    return regions(frame, PROTOCOLS, params)


def test_a_method_trains_on_a_share_of_the_lattice(by_hand):
    """The best cell is the plain GAN's, at 1; a run trains at 2 or less."""
    [gan], [as_gan] = (of_method(by_hand["trains"], method) for method in ("gan", "as_gan"))
    assert gan["seeds"] == [{"seed": 0, "trained": 2, "of": 3}, {"seed": 1, "trained": 2, "of": 3}]
    assert (gan["mean"], gan["low"], gan["high"]) == pytest.approx((2 / 3, 2 / 3, 2 / 3))
    assert as_gan["seeds"] == [{"seed": 0, "trained": 1, "of": 3}, {"seed": 1, "trained": 2, "of": 3}]
    half = 12.7062 * (1 / 6)
    assert (as_gan["mean"], as_gan["low"], as_gan["high"]) == pytest.approx(
        (0.5, 0.5 - half, 0.5 + half), rel=1e-4
    )
    assert {(row["best"], row["within"], row["column"], row["n"]) for row in (gan, as_gan)} == {
        (1.0, 2.0, SCORE, 2)
    }


def test_each_variant_counts_its_seeds_and_names_its_cell(by_hand):
    rows = {(row["method"], row["variant"]): row for row in by_hand["variants"]}
    assert {key: (row["trained"], row["of"]) for key, row in rows.items()} == {
        ("gan", "beta1_0"): (1, 2),
        ("gan", "beta1_0_5"): (2, 2),
        ("gan", "beta1_0_9"): (1, 2),
        ("as_gan", "beta1_0"): (2, 2),
        ("as_gan", "beta1_0_5"): (0, 2),
        ("as_gan", "beta1_0_9"): (1, 2),
    }
    assert rows["gan", "beta1_0_5"]["cell"] == "ring8-conventional-gan"
    assert rows["gan", "beta1_0"]["cell"] == "ring8-conventional-gan-beta1_0"
    assert rows["gan", "beta1_0"]["values"] == {"recipe.optimizer.beta1": 0}


def test_a_sweep_follows_an_axis_and_diverged_runs_leave_no_mean(by_hand):
    gan = of_method(by_hand["sweeps"], "gan")
    assert [row["at"] for row in gan] == [0.0, 0.5, 0.9]
    assert [row["mean"] for row in gan] == [pytest.approx(2.0), pytest.approx(1.0), None]
    assert [row["censored"] for row in gan] == [0, 0, 1]


def test_a_sweep_takes_the_median_over_the_other_axes(project):
    """Scores are b + 10 s, with b the place of beta1 and s that of the steps: the median over s is 10 + b."""
    params = stated(
        project, "lattice: {recipe.optimizer.beta1: [0.5, 0, 0.9], recipe.discriminator_steps: [1, 3, 5]}"
    )

    def score(run):
        recipe = params.recipe("ring8", "conventional", run.variant)
        beta1, steps = recipe.optimizer.beta1, recipe.discriminator_steps
        return [0.5, 0, 0.9].index(beta1) + 10 * [1, 3, 5].index(steps) + 0.1 + run.seed

    rows = of_method(regions(frame_of(params, score), PROTOCOLS, params)["sweeps"], "gan")
    found = {(row["axis"], row["at"]): row["mean"] for row in rows}
    beta1, steps = "recipe.optimizer.beta1", "recipe.discriminator_steps"
    assert found == pytest.approx(
        {
            (beta1, 0.5): 10.6,
            (beta1, 0.0): 11.6,
            (beta1, 0.9): 12.6,
            (steps, 1.0): 1.6,
            (steps, 3.0): 11.6,
            (steps, 5.0): 21.6,
        }
    )


def test_axes_may_be_fractions_and_methods_without_them_have_no_rows(project):
    params = stated(project, "lattice: {methods.as_gan.epsilon: [1/255, 4/255, 16/255]}")
    found = regions(frame_of(params, lambda run: 1.0), PROTOCOLS, params)
    assert {row["method"] for rows in found.values() for row in rows} == {"as_gan"}
    assert [row["at"] for row in found["sweeps"]] == [1 / 255, 4 / 255, 16 / 255]


def about(method: str, **more: object) -> Claim:
    fields = {**STATED, "metric": SCORE, "method": method, "baseline": "gan", "direction": "lower"}
    return Claim(**(fields | {"effect": "difference", "smallest_effect": 0.1} | more))


@pytest.fixture
def swept(project):
    """AS-GAN with two sizes of its perturbation; its score falls by 0.5, and by 2 with the larger."""
    params = stated(project, "variants: {e4: {methods.as_gan.epsilon: 4/255}}", "[gan, as_gan, dat]", seeds=6)
    drop = {("as_gan", ""): 0.5, ("as_gan", "e4"): 2.0, ("dat", ""): 1.0}

    def score(run):
        noise = np.random.default_rng(zlib.crc32(run.id.encode())).normal(scale=0.01)
        return 5 - drop.get((run.method, run.variant), 0.0) + noise

    frame = frame_of(params, score)
    return params, with_stand_ins(frame, stand_ins(params))


def test_a_variant_of_one_method_meets_the_others_cells(swept):
    _, frame = swept
    plain, e4 = (("ring8", "conventional", variant) for variant in ("", "e4"))
    assert settings_compared(frame, "as_gan", "gan") == {plain, e4}
    assert settings_compared(frame, "dat", "gan") == {plain}
    effect = compare(about("as_gan"), "gan", frame).effect
    assert (effect.settings, effect.n) == (1, 6)
    assert effect.mean == pytest.approx((0.5 + 2.0) / 2, abs=0.02)


def test_what_a_variant_leaves_as_it_is_counts_once(swept):
    _, frame = swept
    assert compare(about("dat"), "gan", frame).effect.n == 6
    [contest] = all_differences(frame, PROTOCOLS, {"dat": "gan"})[:1]
    assert list(contest.difference) == [("ring8", "conventional", "")]
    assert len(compared(frame, "dat", "gan")["run"]) == len(set(compared(frame, "dat", "gan")["run"]))


@pytest.mark.parametrize(
    ("named", "places", "effect"),
    [(None, 2, 1.25), (["e4"], 1, 2.0), ([], 1, 0.5)],
)
def test_a_claim_is_judged_on_all_variants_or_on_those_it_names(swept, named, places, effect):
    params, frame = swept
    [row] = adjudicate({"c": about("as_gan", variants=named)}, frame, PROTOCOLS, params=params).to_dict(
        "records"
    )
    assert (row["settings"], row["pairs"]) == (1, 6)
    assert row["scope"].count(" x ") == places
    assert row["effect"] == pytest.approx(effect, abs=0.02)
    assert row["verdict"] == "reproduced"


VARIED = f"{GRID}\n  variants: {{slow: {{recipe.optimizer.lr: 2e-4}}, e4: {{methods.as_gan.epsilon: 4/255}}}}"
CLAIMS = "claims:\n" + claim("fid", "fid_efficientnet_lite0_ema", "lower", 0.1, effect="relative")


@pytest.fixture(scope="module")
def assembled(tmp_path_factory: pytest.TempPathFactory) -> FakeMatrix:
    return FakeMatrix(tmp_path_factory.mktemp("varied"), grid=VARIED, claims=CLAIMS).write().assemble()


def test_tables_say_of_which_variant_a_row_is(assembled):
    matrix = assembled.table("matrix")
    assert len(matrix) == 2 * 5 * 3
    of_run = matrix.set_index("run")["variant"]
    assert of_run["digits-conventional-as_gan-e4-2"] == "e4"
    assert of_run["digits-conventional-as_gan-2"] == ""
    assert (
        set(assembled.table("history")["variant"])
        == set(assembled.table("curves")["variant"])
        == {"", "slow", "e4"}
    )
    assert assembled.summary["grid"]["variant"] == ["", "slow", "e4"]
    [row] = assembled.table("claims").to_dict("records")
    assert row["scope"].startswith(
        "digits x conventional, digits x conventional (slow), digits x conventional (e4);"
    )
    metrics = assembled.result("metrics.json").read_text()
    assert '"as_gan-e4"' in metrics
    assert "conventional (e4)" in assembled.result("scores_over_steps.csv").read_text()
    assert assembled.result("table.tex").read_text().count("conventional (slow)") == 1


def test_comparisons_are_within_a_variant(assembled):
    rows = [row for row in assembled.summary["comparisons"] if row["column"] == "fid_efficientnet_lite0_ema"]
    assert {(row["method"], row["variant"], row["difference"]["n"]) for row in rows} == {
        ("as_gan", "", 3),
        ("as_gan", "slow", 3),
        ("as_gan", "e4", 3),
    }


def test_a_grid_without_variants_has_no_trace_of_them(tmp_path: Path):
    fake = FakeMatrix(tmp_path, claims=CLAIMS).write().assemble()
    for name in ("matrix", "history", "curves", "claims"):
        assert "variant" not in fake.table(name)
    assert "variant" not in fake.result("summary.json").read_text()
    assert not {"trains", "sweeps", "stand_ins"} & set(fake.summary)
