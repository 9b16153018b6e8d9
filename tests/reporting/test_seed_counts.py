"""What figures say of the seeds that their means rest on, where some were lost."""

import pytest

from ganmatrix.reporting import attack_figures, discriminator_figures, run_counts, seed_figures
from ganmatrix.reporting.numbers import count_range, seed_counts
from helpers.assembled_matrix import assembled, read
from helpers.fake_matrix import FakeMatrix

DIGITS = "datasets: [digits]\n  architectures: [conventional]\n  methods: [gan, as_gan]\n  seeds: [0, 1, 2]"


@pytest.fixture(scope="module")
def lost(tmp_path_factory):
    """One seed of as_gan diverged."""
    diverged = {"digits-conventional-as_gan-1": 240}
    return read(assembled(FakeMatrix(tmp_path_factory.mktemp("lost"), grid=DIGITS, diverged=diverged)))


def test_robustness_counts_the_seeds_that_are_left_and_names_who_lacks_some(lost):
    (setting,) = lost.settings
    said = "n = 2 to 3 (as_gan 2 of 3)"
    assert f"Means over strengths and seeds, {said}." in attack_figures.auroc_under_attack(lost, setting).html
    assert (
        f"Means with 95% intervals over seeds, {said}."
        in discriminator_figures.chart(lost, setting, discriminator_figures.SLOPES).html
    )
    assert (
        "Means over seeds, n = 2 to 3; bands"
        in attack_figures.auroc_by_strength(lost, setting, attack_figures.LINF).html
    )
    assert "intervals, n = 2 to 3." in discriminator_figures.curves(lost, setting, ("gradient_growth",)).html


def test_transfers_name_the_side_that_lacks_seeds(lost):
    html = attack_figures.transfer_maps(lost, "digits").html
    assert "n = 2 to 3 (attacks on as_gan 2 of 3, as_gan&#x27;s D 2 of 3)." in html


def test_means_that_do_not_exist_have_no_seeds():
    assert count_range([0, 2, 3]) == "2 to 3"
    assert count_range([3, 3]) == "3"
    assert count_range([]) == count_range([0]) == "0"
    groups = {"gan": {"n": 3, "missing": 0}, "dat": {"n": 0, "missing": 3}}
    assert seed_counts(groups.values(), groups) == "n = 3 (dat 0 of 3)"


def _missing(run, column, **entry):
    """An edit that takes one value from a run that completed."""

    def edit(name, documents):
        if name == run:
            documents["metrics"]["entries"][column].update(value=None, reason="lost", **entry)

    return edit


FID, STEPS = "fid_efficientnet_lite0_ema", "steps_to_fid_efficientnet_lite0_ema"


def test_a_value_that_a_completed_run_lacks_is_not_counted(tmp_path):
    edit = _missing("digits-conventional-gan-1", FID)
    data = read(assembled(FakeMatrix(tmp_path, grid=DIGITS, edit=edit)))
    html = seed_figures.final_scores(data, data.settings[0]).html
    assert "n = 2 to 3 seeds per method; 1 value missing." in html


def test_a_score_that_nobody_has_counts_no_seeds(tmp_path):
    def edit(name, documents):
        documents["metrics"]["entries"][FID].update(value=None, reason="lost")

    data = read(assembled(FakeMatrix(tmp_path, grid=DIGITS, edit=edit)))
    html = seed_figures.final_scores(data, data.settings[0]).html
    assert "n = 0 seeds per method; 6 values missing." in html


@pytest.mark.parametrize(
    "planted",
    [
        {"edit": _missing("digits-conventional-gan-0", STEPS)},
        {"diverged": {"digits-conventional-gan-0": 40}},
    ],
)
def test_a_method_is_first_only_if_every_seed_got_there(tmp_path, planted):
    """gan's other two seeds take 370 and 380 steps, as_gan's three 360, 370 and 380."""
    slow = {"grid": DIGITS.replace("as_gan", "as_gan, dat"), "late": frozenset({"digits-conventional-dat-2"})}
    data = read(assembled(FakeMatrix(tmp_path, **slow, **planted)))
    (html,) = (figure.html for figure in seed_figures.targets(data, data.settings[0]))
    assert "as_gan is first at the target, after 370 steps on average; 1 run did not reach it" in html
    assert "n = 2 to 3 seeds per method" in html
    alone = tmp_path / "alone"
    alone.mkdir()
    quick = read(assembled(FakeMatrix(alone, grid=DIGITS.replace(", as_gan", ""), **planted)))
    (html,) = (figure.html for figure in seed_figures.targets(quick, quick.settings[0]))
    assert "no method reaches the target with every seed" in html


def test_no_divergence_says_least_of_the_method_with_fewest_runs(tmp_path):
    untrained = (("as_gan", 1), ("as_gan", 2), *(("dat", seed) for seed in range(3)))
    absent = frozenset(("train", f"digits-conventional-{method}-{seed}") for method, seed in untrained)
    fake = FakeMatrix(tmp_path, grid=DIGITS.replace("as_gan", "as_gan, dat"), absent=absent).write()
    html = run_counts.divergence_rates(read(fake.assemble(tolerant=True))).html
    assert "With 1 run of as_gan (the method with the fewest runs), a divergence rate of up to 98%" in html
