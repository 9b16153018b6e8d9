"""The front page, claims, stability and robustness: what they say of what was planted, and of what lacks."""

import json
import re
from dataclasses import replace

import pytest
from PIL import Image

from ganmatrix.errors import UserError
from ganmatrix.reporting import (
    against_baseline,
    attack_figures,
    claims_page,
    discriminator_figures,
    pictures,
    run_counts,
    seed_figures,
    training_curves,
)
from ganmatrix.reporting.run_counts import VERDICTS
from ganmatrix.store.layout import ATTACKS
from ganmatrix.training.pictures import NOTE
from helpers.assembled_matrix import CLAIMS, assembled, read
from helpers.fake_matrix import FakeMatrix, claim

DIGITS = "datasets: [digits]\n  architectures: [conventional]\n  methods: [gan, as_gan]\n  seeds: 6"


def _fake(folder, **changes):
    return read(assembled(FakeMatrix(folder, **({"grid": DIGITS, "claims": CLAIMS} | changes))))


def _probed(auroc):
    """An edit that sets every method's AUROC under noise and under PGD."""

    def edit(run, documents):
        for name, value in auroc.items():
            documents["probes"]["entries"][name]["value"] = value

    return edit


def test_a_planted_gain_is_better_and_a_null_unclear(planted):
    data = read(planted)
    grid = against_baseline.settings_table(data).html
    assert '<strong class="judged better">better</strong>' in grid
    assert '<strong class="judged unclear">unclear</strong>' in grid
    assert "<span>50% lower than gan&#x27;s</span>" in against_baseline.pooled_table(data).html


def test_without_pairs_nothing_is_compared(tmp_path):
    lost = {f"digits-conventional-as_gan-{seed}": 40 for seed in range(6)}
    data = _fake(tmp_path, diverged=lost)
    assert "not comparable" in against_baseline.settings_table(data).html
    assert "6 pairs without a value" in against_baseline.settings_table(data).html
    assert "6 of 12 runs diverged" in run_counts.missing_sentence(data).html


def test_every_claim_at_a_glance_leads_to_its_evidence(planted):
    data = read(planted)
    glance, evidence = claims_page.claims_table(data).html, claims_page.claim_sections(data).html
    for name in data.claims["claim"]:
        assert f'href="claims.html#claim-{name}"' in glance
        assert f'<section id="claim-{name}">' in evidence


def test_a_claim_shows_its_evidence_scope_and_what_it_lost(planted):
    html = claims_page.claim_sections(read(planted)).html
    assert "must exceed 10 % of gan&#x27;s" in html
    assert "digits x conventional; seeds 0, 1, 2, 3, 4, 5" in html
    assert "Hedges&#x27; g" in html
    assert "Seeds needed" not in html[: html.index('id="claim-more_modes"')]
    assert "1 run without a value" in html
    assert "ring8-conventional-gan-1 (diverged at step 240: non_finite_loss)" in html
    assert "There is no figure: no run has a column universal_auroc." in html


def test_an_open_claim_says_how_many_seeds_might_decide_it(tmp_path):
    data = _fake(tmp_path, effects={("as_gan", "fid_efficientnet_lite0"): 0.88}, noise=0.05)
    assert data.claims["verdict"].iloc[0] == "inconclusive"
    seeds = int(data.claims["seeds_needed"].iloc[0])
    assert f"About {seeds:,} seeds in each setting" in claims_page.claim_sections(data).html


def test_a_claim_stands_with_its_quote_and_what_is_otherwise_here(planted):
    data = read(planted)
    quote = "\N{LEFT DOUBLE QUOTATION MARK}Ours is better &amp; faster.\N{RIGHT DOUBLE QUOTATION MARK}"
    differs = "dataset digits (paper: cifar10); baseline gan with no technique (paper: their GAN)"
    for html in (claims_page.claim_sections(data).html, claims_page.claims_table(data).html):
        assert quote in html
    html = claims_page.claim_sections(data).html
    assert "A paper of 2021: arXiv 0000.00000v1, abstract (better_fid)" in html
    assert f": {differs}.</strong>" in html
    untested = html[html.index('id="claim-recall"') :]
    assert "The setting differs" not in untested
    assert claims_page.claims_table(data).html.count("the setting differs from the paper&#x27;s") == 2


def _with_kind(data, kind):
    """The results as if the grid had this kind of dataset, and nothing of it agreed."""
    reason = f"the grid has no dataset of the kind {kind}"
    rows = [
        row | {"reason": "method"} if row["reason"] == reason else row for row in data.summary["published"]
    ]
    return replace(data, summary=data.summary | {"published": rows})


def test_published_scores_are_of_the_grid_s_datasets(planted):
    html = claims_page.published_scores(read(planted)).html
    assert "None of 10 published scores can be compared with ours" in html
    assert "radius: 1.0 there, 0.8 here" in html
    for elsewhere in ("cifar", "celeba", "stacked", "only a relative number"):
        assert elsewhere not in html.lower()


@pytest.mark.parametrize(
    ("kind", "stated"),
    [
        ("cifar10", ["10% to 50% lower", "by a large margin"]),
        ("stl10", ["10.5% lower"]),
        ("lsun_bedroom", ["10% to 50% lower", "13.2% lower"]),
    ],
)
def test_the_papers_under_test_have_rows_where_the_grid_has_their_datasets(kind, stated, planted):
    html = claims_page.published_scores(_with_kind(read(planted), kind)).html
    for words in stated:
        assert words in html
    assert html.count("only a relative number is known") == len(stated)


def test_a_grid_of_which_nothing_is_published_says_so(tmp_path):
    assert "No published score" in claims_page.published_scores(_fake(tmp_path)).html


def test_rates_of_divergence_have_exact_intervals(planted):
    html = run_counts.divergence_rates(read(planted)).html
    assert "1 of 6<small>0% to 64%</small>" in html
    assert "0 of 12<small>0% to 26%</small>" in html


def test_no_divergence_is_no_proof(tmp_path):
    assert (
        "With 6 runs of each method, a divergence rate of up to 46%"
        in run_counts.divergence_rates(_fake(tmp_path)).html
    )


def test_descriptive_views_judge_nothing(planted):
    """A method that is ahead in every pair, beside one diverged run: numbers, but no judgement of them."""
    data = read(planted)
    table = seed_figures.descriptive_table(data).html
    assert "<small>1.00 [1.00, 1.00] over gan</small>" in table
    assert "<small>1 diverged</small>" in table
    digits, ring8 = (seed_figures.performance_profile(data, s).html for s in sorted(data.settings, key=str))
    assert re.search(r"0\.\d\d \(gan\) to 0\.9\d \(as_gan\)", digits)
    assert "no run improves on the untrained generators" in ring8
    for judging in ("better", "worse", "judged", *VERDICTS):
        assert judging not in table + digits + ring8


def test_the_settings_of_a_score_stand_together(tmp_path):
    grid = DIGITS.replace("[conventional]", "[conventional, resnet_sn]")
    effects = {("as_gan", "fid_efficientnet_lite0"): 0.5}
    table = seed_figures.descriptive_table(_fake(tmp_path, grid=grid, effects=effects)).html
    assert '<th scope="col">all settings<small>FID (EfficientNet-Lite0 features)</small></th>' in table
    assert table.count("1.00 [1.00, 1.00] over gan") == 3


def test_a_target_that_was_missed_is_no_step(tmp_path):
    data = _fake(tmp_path, late=frozenset({"digits-conventional-gan-2"}))
    (html,) = (figure.html for figure in seed_figures.targets(data, data.settings[0]))
    assert "as_gan is first at the target, after 385 steps on average; 1 run did not" in html
    assert "Target: 40% of the FID (EfficientNet-Lite0 features)" in html
    assert "1 target was not reached within training" in run_counts.missing_sentence(data).html


def test_no_method_is_first_where_all_miss(tmp_path):
    late = frozenset(f"digits-conventional-{m}-{seed}" for m in ("gan", "as_gan") for seed in range(6))
    data = _fake(tmp_path, late=late)
    (note,) = seed_figures.targets(data, data.settings[0])
    assert "no run reached the target of FID" in note.html


def test_a_recipe_without_snapshots_has_no_target(tmp_path):
    def edit(run, documents):
        entries = documents["metrics"]["entries"]
        for name in [name for name in entries if "_over_steps" in name or name.startswith("steps_to")]:
            entries[name] = {"value": None, "protocol": {}, "reason": "no snapshots", "applies": False}

    data = _fake(tmp_path, edit=edit)
    assert seed_figures.targets(data, data.settings[0]) == []
    assert "No score was recorded" in training_curves.scores(data, data.settings[0]).html


def test_a_single_seed_has_no_spread(tmp_path):
    data = _fake(tmp_path, grid=DIGITS.replace("seeds: 6", "seeds: [0]"))
    assert "there is no spread" in seed_figures.final_scores(data, data.settings[0]).html
    assert "Thin lines: the one seed" in training_curves.losses(data, data.settings[0]).html


def test_vulnerability_is_what_an_attack_costs_beyond_noise(tmp_path):
    data = _fake(tmp_path, edit=_probed({"noise_auroc": 0.9, "pgd_auroc": 0.6}))
    html = attack_figures.auroc_under_attack(data, data.settings[0]).html
    assert "gan most (30.0 points more than noise)" in html
    assert "60.0%<small>[60.0%, 60.0%], n = 6</small>" in attack_figures.auroc_table(data).html


def test_a_discriminator_without_numbers_is_left_out(tmp_path):
    diverged = {f"digits-conventional-gan-{seed}": 40 for seed in range(6)}
    data = _fake(tmp_path, diverged=diverged)
    setting = data.settings[0]
    assert "PGD costs as_gan most" in attack_figures.auroc_under_attack(data, setting).html
    assert "lowest as_gan" in discriminator_figures.chart(data, setting, discriminator_figures.SLOPES).html


def test_attacks_are_shown_with_the_logits_before_and_after(tmp_path):
    data = _fake(tmp_path, diverged={"digits-conventional-as_gan-0": 40})
    html = pictures.attack_pictures(data, "digits").html
    logits = "<li>1.5 <span>0.2</span></li><li>\N{MINUS SIGN}0.5 <span>\N{MINUS SIGN}0.8</span></li>"
    assert logits in html
    assert "as_gan: no picture, training diverged" in html
    assert "amplified 50 times" in html
    assert "Seed 0, the first of the grid" in html


def test_points_are_counted_that_still_pass_for_real(tmp_path):
    data = _fake(tmp_path, grid=DIGITS.replace("digits", "ring8"))
    html = pictures.attack_pictures(data, "ring8").html
    assert (
        "gan: 1 \N{RIGHTWARDS ARROW} 1 of 2 called real; mean change of the logit \N{MINUS SIGN}0.8" in html
    )


def test_a_picture_that_is_not_made_names_its_verb_and_a_damaged_one_is_refused(tmp_path):
    fake = assembled(FakeMatrix(tmp_path, grid=DIGITS))
    path = fake.layout.manifest("probe", "digits-conventional-gan")
    content = path.read_bytes()
    path.unlink()
    assert (
        "run `ganmatrix probe digits-conventional-gan`" in pictures.attack_pictures(read(fake), "digits").html
    )
    path.write_bytes(content)
    picture = fake.file(ATTACKS, "digits-conventional-gan-0")
    picture.write_bytes(picture.read_bytes()[:-20])
    with pytest.raises(UserError, match=r"attacks\.png is damaged"):
        pictures.attack_pictures(read(fake), "digits")


def test_a_picture_carries_the_note_that_reports_read(planted):
    assert pictures.NOTE == NOTE
    with Image.open(planted.file(ATTACKS, "digits-conventional-gan-0")) as picture:
        assert json.loads(picture.text[NOTE])["before"] == [1.5, -0.5]


FEWER_DIVERGE = f"claims:\n{claim('steadier', 'diverged', 'lower', 0)}"


def test_a_claim_about_counts_has_no_interval_anywhere_and_counts_what_diverged(tmp_path):
    diverged = {"digits-conventional-gan-1": 40}
    html = claims_page.claim_sections(_fake(tmp_path, claims=FEWER_DIVERGE, diverged=diverged)).html
    assert "There are no bars: counts" in html
    assert "digits x conventional: 16.7, no interval." in html
    assert "<summary>1 run that diverged</summary>" in html
    assert "without a value" not in html
    assert "Not computed for counts of diverged runs." in html
    assert "Not known" not in html


def test_a_figure_without_bars_promises_none(tmp_path):
    html = claims_page.claim_sections(_fake(tmp_path, grid=DIGITS.replace("seeds: 6", "seeds: [0]"))).html
    assert "There are no bars: no setting has 6 pairs" in html
    assert "Bars are" not in html


TWO = DIGITS.replace("[conventional]", "[conventional, resnet_sn]")


def _fids(values):
    """An edit that sets FID by architecture and method, a little apart by seed."""

    def edit(run, documents):
        _, architecture, method, seed = run.split("-")
        fid = values[architecture, method] * (1 + 0.001 * int(seed))
        documents["metrics"]["entries"]["fid_efficientnet_lite0_ema"]["value"] = fid

    return edit


def _losses(kinds):
    """An edit that sets the kind of each method's loss."""

    def edit(run, documents):
        documents["run"]["reproducible"]["loss"] = kinds[run.split("-")[2]]

    return edit


@pytest.mark.parametrize(
    ("hinge", "said"),
    [
        ((), "final loss of D lowest for "),
        (("dat",), "(of 2 methods with non saturating loss) lowest for "),
        (("dat", "as_gan"), "(of 2 methods with hinge loss) lowest for "),
    ],
)
def test_losses_are_ranked_within_one_kind(tmp_path, hinge, said):
    grid = DIGITS.replace("as_gan", "as_gan, dat")
    kinds = {m: "hinge" if m in hinge else "non_saturating" for m in ("gan", "as_gan", "dat")}
    data = _fake(tmp_path, grid=grid, edit=_losses(kinds))
    assert said in training_curves.losses(data, data.settings[0]).html
    assert "final gradient norm of D lowest for" in training_curves.gradients(data, data.settings[0]).html


def test_losses_that_all_differ_in_kind_are_not_ranked(tmp_path):
    data = _fake(tmp_path, edit=_losses({"gan": None, "as_gan": "hinge"}))
    html = training_curves.losses(data, data.settings[0]).html
    assert "differs in kind between the methods" in html
    assert "lowest" not in html


def test_a_claim_counts_the_settings_whose_mean_agrees(tmp_path):
    values = {("conventional", "gan"): 40.0, ("conventional", "as_gan"): 4.0}
    values |= {("resnet_sn", "gan"): 40.0, ("resnet_sn", "as_gan"): 44.0}
    html = claims_page.claim_sections(_fake(tmp_path, grid=TWO, edit=_fids(values))).html
    assert "the means of 1 of 2 settings agree with the claim" in html


@pytest.mark.parametrize(("effect", "said"), [(0.5, "agrees"), (1.5, "does not agree")])
def test_one_setting_is_not_one_of_one(tmp_path, effect, said):
    html = claims_page.claim_sections(
        _fake(tmp_path, effects={("as_gan", "fid_efficientnet_lite0"): effect})
    ).html
    assert f"the mean {said} with the claim" in html
    assert "of 1 settings" not in html
