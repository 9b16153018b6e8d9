"""Sentences, tables and figures for matrices that lack something: they render, and say so."""

from typing import get_args

import pytest

from ganmatrix.columns import MEASURES, column
from ganmatrix.entry import Axis
from ganmatrix.errors import UserError
from ganmatrix.reporting import (
    against_baseline,
    attack_figures,
    claims_page,
    discriminator_figures,
    matrix_page,
    methods_table,
    pictures,
    run_counts,
    run_details,
    seed_figures,
    training_curves,
)
from ganmatrix.reporting.numbers import CUT_NOTE, bounds, bounds_of_difference, interval, number, plain
from ganmatrix.reporting.page import Fragment, table
from ganmatrix.store import opening
from ganmatrix.store.layout import SAMPLES
from helpers.assembled_matrix import CLAIMS, assembled, read
from helpers.fake_matrix import FakeMatrix

GRID = "datasets: [digits]\n  architectures: [conventional]\n  methods: [{methods}]\n  seeds: [{seeds}]"


def _grid(methods: str = "gan, as_gan", seeds: str = "0, 1, 2") -> str:
    return GRID.format(methods=methods, seeds=seeds)


def _everything(fake: FakeMatrix) -> str:
    """All that the notebooks show."""
    data = read(fake)
    found = run_details.read_runs(data)
    pieces = [
        *(
            make(data)
            for make in (
                run_counts.overview,
                against_baseline.by_setting,
                against_baseline.pooled_table,
                against_baseline.settings_table,
            )
        ),
        *(
            make(data)
            for make in (run_counts.missing_sentence, claims_page.claims_table, run_counts.missing_list)
        ),
        *(
            make(data)
            for make in (
                claims_page.claim_sections,
                claims_page.published_scores,
                run_counts.divergence_rates,
            )
        ),
        *(make(data) for make in (methods_table.methods_table, methods_table.caveats, matrix_page.glossary)),
        seed_figures.descriptive_table(data),
    ]
    for dataset in data.datasets:
        pieces += [matrix_page.matrix_table(data, found, dataset), matrix_page.networks_table(data, dataset)]
        pieces += [pictures.sample_sheets(data, dataset), matrix_page.protocols_table(data, dataset)]
        pieces.append(attack_figures.transfer_maps(data, dataset))
        pieces.append(pictures.attack_pictures(data, dataset))
    for setting in data.settings:
        for draw in (training_curves.losses, training_curves.gradients, training_curves.scores):
            pieces.append(draw(data, setting))
        pieces += [
            seed_figures.final_scores(data, setting),
            seed_figures.performance_profile(data, setting),
            *seed_figures.targets(data, setting),
            attack_figures.auroc_under_attack(data, setting),
        ]
        pieces += [
            attack_figures.auroc_by_strength(data, setting, norm)
            for norm in (attack_figures.LINF, attack_figures.L2)
        ]
        kinds = (discriminator_figures.SLOPES, discriminator_figures.GRADIENTS, discriminator_figures.MEMORY)
        pieces += [discriminator_figures.chart(data, setting, kind) for kind in kinds]
        pieces.append(discriminator_figures.curves_by_setting(data, ("gradient_growth", "rotation_auroc")))
    return "\n".join(piece.html for piece in pieces)


def _matrix(data, dataset: str) -> str:
    return matrix_page.matrix_table(data, run_details.read_runs(data), dataset).html


def test_a_single_seed_has_no_intervals_and_shows_no_difference(tmp_path):
    page = _everything(assembled(FakeMatrix(tmp_path, grid=_grid(seeds="0"))))
    assert "<small>no interval</small>" in page
    assert "fewer than 6 pairs" in page
    assert "No claims are listed." in page


def test_a_single_method_has_nothing_to_be_compared_with(tmp_path):
    page = _everything(assembled(FakeMatrix(tmp_path, grid=_grid(methods="gan"))))
    assert "Fewer than two methods have scores" in page
    assert "best mean" not in page
    assert "No attack on one method was tried on another" in page


def test_a_method_that_always_diverges_is_named_everywhere(tmp_path):
    diverged = {f"digits-conventional-as_gan-{seed}": 0 for seed in (0, 1, 2)}
    page = _everything(assembled(FakeMatrix(tmp_path, grid=_grid(), diverged=diverged)))
    assert ">3 diverged</a>" in page
    assert "no pair of runs has both values" in page
    assert "3 of 6 runs diverged" in page
    assert "as_gan: no run completed" in page
    assert "diverged at step 0" in page


def test_a_matrix_in_which_everything_diverged_still_renders(tmp_path):
    diverged = {
        f"digits-conventional-{method}-{seed}": 0 for method in ("gan", "as_gan") for seed in (0, 1, 2)
    }
    page = _everything(assembled(FakeMatrix(tmp_path, grid=_grid(), diverged=diverged)))
    assert "No loss was logged" in page
    assert "No D was attacked" in page


def test_a_value_missing_from_a_completed_run_is_named_with_its_reason(tmp_path):
    def edit(run, documents):
        if run == "digits-conventional-gan-1":
            entry = documents["metrics"]["entries"]["kid_efficientnet_lite0_ema"]
            entry.update(value=None, reason="too few samples")

    page = _everything(assembled(FakeMatrix(tmp_path, grid=_grid(), edit=edit)))
    assert "digits-conventional-gan-1, kid_efficientnet_lite0_ema: too few samples" in page
    assert "<small>1 missing</small>" in page


@pytest.mark.parametrize("size", [0, 30, -20])
def test_a_truncated_sample_sheet_is_refused_by_name(tmp_path, size):
    fake = assembled(FakeMatrix(tmp_path, grid=_grid(seeds="0")))
    path = fake.file(SAMPLES, "digits-conventional-as_gan-0")
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(UserError, match=r"samples\.png is damaged .*train digits-conventional-as_gan`"):
        pictures.sample_sheets(read(fake), "digits")


def test_a_picture_of_another_run_is_refused(tmp_path):
    fake = assembled(FakeMatrix(tmp_path, grid=_grid(seeds="0, 1")))
    one, other = (fake.file(SAMPLES, f"digits-conventional-gan-{seed}") for seed in (0, 1))
    one.write_bytes(other.read_bytes())
    with pytest.raises(UserError, match=r"gan/train/0/samples\.png is damaged"):
        pictures.sample_sheets(read(fake), "digits")


def test_sample_sheets_that_were_not_made_yet_are_named(tmp_path):
    fake = assembled(FakeMatrix(tmp_path, grid=_grid(seeds="0")))
    fake.layout.manifest("evaluate", "digits-conventional-as_gan").unlink()
    shown = pictures.nearest_samples(read(fake), "digits").html
    assert "as_gan: not made yet; run `ganmatrix evaluate digits-conventional-as_gan`" in shown
    assert shown.count("<img") == 1


def test_a_manifest_is_read_once_for_all_seeds(tmp_path, monkeypatch):
    fake = assembled(FakeMatrix(tmp_path, grid=_grid()))
    data, found, original = read(fake), [], opening.read_manifest

    def counted(layout, stage, target):
        found.append((stage, target))
        return original(layout, stage, target)

    monkeypatch.setattr(opening, "read_manifest", counted)
    pictures.sample_sheets(data, "digits")
    run_details.read_runs(data)
    assert len(found) == len(set(found)) == 2 * 3


@pytest.mark.parametrize("name", ["matrix.parquet", "history.parquet", "claims.parquet", "summary.json"])
def test_damaged_results_are_refused_by_name(tmp_path, name):
    fake = assembled(FakeMatrix(tmp_path, grid=_grid(seeds="0")))
    path = fake.result(name)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(UserError, match=f"{name} is damaged .*ganmatrix assemble"):
        read(fake)


def test_a_difference_is_worse_where_the_measure_says_so(tmp_path):
    effects = {("as_gan", "fid_efficientnet_lite0"): 1.5}
    data = read(assembled(FakeMatrix(tmp_path, grid=_grid(seeds="0, 1, 2, 3, 4, 5"), effects=effects)))
    assert "higher than gan&#x27;s, which is worse" in against_baseline.by_setting(data).html


def test_a_method_that_lacks_a_column_misses_nothing(tmp_path):
    def edit(run, documents):
        entry = {"value": 0.4, "protocol": {}}
        if "-gan-" in run:
            entry = {"value": None, "protocol": {}, "reason": "one discriminator", "applies": False}
        documents["probes"]["entries"]["ensemble_disagreement"] = entry

    shown = _everything(assembled(FakeMatrix(tmp_path, grid=_grid(), edit=edit)))
    assert "Disagreement of the members of D" in shown
    assert "does not apply" in shown
    assert "3 missing" not in shown


def test_the_strongest_transfer_is_named(tmp_path):
    rates = {
        (f"digits-conventional-as_gan-{seed}", f"digits-conventional-gan-{seed}"): 0.8 for seed in (0, 1, 2)
    }
    data = read(assembled(FakeMatrix(tmp_path, grid=_grid(), rates=rates)))
    assert "80%, from as_gan to gan" in attack_figures.transfer_maps(data, "digits").html


def test_figures_are_the_same_when_drawn_again(planted):
    data = read(planted)
    setting = data.settings[0]
    assert training_curves.losses(data, setting) == training_curves.losses(data, setting)
    keys = ("gradient_growth",)
    assert discriminator_figures.curves(data, setting, keys) == discriminator_figures.curves(
        data, setting, keys
    )
    assert attack_figures.auroc_under_attack(data, setting) == attack_figures.auroc_under_attack(
        data, setting
    )
    assert claims_page.claim_sections(data) == claims_page.claim_sections(data)
    assert attack_figures.transfer_maps(data, setting.dataset) == attack_figures.transfer_maps(
        data, setting.dataset
    )


def test_every_column_is_explained_in_words_of_its_own():
    assert len({measure.explanation for measure in MEASURES.values()}) == len(MEASURES)
    assert len({measure.title for measure in MEASURES.values()}) == len(MEASURES)


def test_every_axis_has_a_label():
    assert set(discriminator_figures.AXES) == set(get_args(Axis))


def test_columns_say_what_they_are():
    assert column("fid_efficientnet_lite0_ema").title == "FID (EfficientNet-Lite0 features)"
    assert column("fid_inception_last").title == "FID (Inception-v3 features, G's last weights)"
    assert column("modes_init").title == "Modes covered (before training)"
    assert column("gradient_norm_real_max").title == "D's gradient norm at reals, maximum"
    assert column("fid_inception").extractor == "inception"
    assert column("fgsm_accuracy").checkpoint is None
    assert column("novel_score_ema").title.startswith("novel_score")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, "0.000"),
        (0.12345, "0.123"),
        (1.2345, "1.23"),
        (12.345, "12.3"),
        (1234.5, "1234"),
        (1e-5, "1.00e-05"),
    ],
)
def test_numbers_have_three_significant_digits(value, shown):
    assert plain(value) == shown
    if value:
        assert plain(-value) == f"\N{MINUS SIGN}{shown}"


def test_shares_are_printed_as_percentages():
    assert number(0.8312, column("high_quality_share_ema").measure) == "83.1%"
    assert number(None, column("high_quality_share_ema").measure) == "-"


def test_tables_escape_what_they_show():
    html = table("<caption>", ["a", "b"], [["<x>", Fragment("<b>kept</b>")]]).html
    assert "&lt;x&gt;" in html
    assert "<b>kept</b>" in html
    assert "&lt;caption&gt;" in html


def test_the_summary_is_what_the_tables_print(planted):
    data = read(planted)
    group = next(g for g in data.summary["groups"] if g["column"] == "kid_efficientnet_lite0_ema")
    matrix = planted.table("matrix")
    rows = matrix[(matrix["dataset"] == "digits") & (matrix["method"] == group["method"])]
    assert plain(rows["kid_efficientnet_lite0_ema"].mean()) in _matrix(data, "digits")


def test_intervals_are_cut_at_what_is_possible_and_marked():
    share, modes, kid = (column(name).measure for name in ("high_quality_share_ema", "modes_ema", "kid_x"))
    within = bounds("modes_ema", {"modes": 8})
    assert interval(-6.14, 16.8, modes, within) == "[0.000, 8.00]\N{DAGGER}"
    assert interval(-0.457, 1.25, share, bounds("high_quality_share_ema", {})) == "[0.000%, 100%]\N{DAGGER}"
    assert interval(1, 8, modes, within) == "[1.00, 8.00]"
    assert interval(-0.1, 0.2, kid, bounds("kid_x", {})) == "[\N{MINUS SIGN}0.100, 0.200]"


def test_a_measure_that_cannot_be_negative_cannot_fall_by_more_than_all():
    assert bounds_of_difference((0, 8), relative=False) == (-8, 8)
    assert bounds_of_difference((0, 8), relative=True)[0] == -1
    assert bounds_of_difference(bounds("kid_x", {}), relative=True)[0] == -float("inf")


def _modes(values: dict[str, float]):
    """An edit that gives runs their number of modes, of 8."""

    def edit(run, documents):
        entry = documents["metrics"]["entries"]["modes_ema"]
        entry["protocol"] = entry["protocol"] | {"modes": 8}
        entry["value"] = values.get(run, entry["value"])

    return edit


def test_cut_intervals_have_one_footnote_a_table(tmp_path):
    grid = GRID.format(methods="gan, as_gan", seeds="0, 1, 2").replace("[digits]", "[ring8]")
    values = {f"ring8-conventional-as_gan-{seed}": value for seed, value in enumerate((0, 8, 8))}
    data = read(assembled(FakeMatrix(tmp_path, grid=grid, edit=_modes(values))))
    html = _matrix(data, "ring8")
    assert "5.33</a><small>[0.000, 8.00]\N{DAGGER}</small>" in html
    assert html.count(CUT_NOTE) == html.count('class="footnoted"')


def test_effects_that_point_both_ways_are_told_apart_by_setting(tmp_path):
    claims = CLAIMS.replace("metric: modes_ema", "metric: fgsm_auroc").replace("effect: 2\n", "effect: 0.2\n")
    data = read(assembled(FakeMatrix(tmp_path, claims=claims)))
    html = claims_page.claim_sections(data).html
    assert "of 2 settings agree with the claim" in html
    assert "ring8 x conventional, digits x conventional; seeds 0, 1, 2" in html


@pytest.mark.parametrize(("auroc", "said"), [(0.5, True), (0.9, False), (0.27, True)])
def test_a_discriminator_that_guesses_is_named(tmp_path, auroc, said):
    def edit(run, documents):
        entries = documents["probes"]["entries"]
        like = entries["fgsm_auroc"]
        entries["clean_auroc"] = {key: value for key, value in like.items() if key != "curve"} | {
            "value": auroc
        }

    data = read(assembled(FakeMatrix(tmp_path, grid=_grid(), edit=edit)))
    sentence = "D tells real from fake no better than chance here"
    assert (f"digits x conventional, gan: {sentence}" in _matrix(data, "digits")) is said
    assert (
        f"The D of gan and as_gan {sentence.removeprefix('D ')}" in against_baseline.by_setting(data).html
    ) is said


def _under_attack(clean, attacked):
    """An edit that sets D's AUROC of each method as it is and under PGD, 90% under noise."""

    def edit(run, documents):
        method, entries = run.split("-")[2], documents["probes"]["entries"]
        entries["clean_auroc"] = {"value": clean[method], "protocol": entries["pgd_auroc"]["protocol"]}
        for name, end in (("pgd_auroc", attacked[method]), ("noise_auroc", 0.9)):
            entries[name]["value"] = end
            entries[name]["curve"] = {"axis": "strength", "at": [0.0, 0.1], "value": [0.95, end]}

    return edit


def test_titles_name_whom_pgd_costs_most_and_whom_least(tmp_path):
    edit = _under_attack({"gan": 0.95, "as_gan": 0.95}, {"gan": 0.6, "as_gan": 0.8})
    data = read(assembled(FakeMatrix(tmp_path, grid=_grid(), edit=edit)))
    said = "gan most (30.0 points more than noise), as_gan least (10.0)"
    assert said in attack_figures.auroc_under_attack(data, data.settings[0]).html
    assert said in attack_figures.auroc_by_strength(data, data.settings[0], attack_figures.LINF).html


def test_titles_leave_out_a_discriminator_that_has_nothing_to_lose(tmp_path):
    edit = _under_attack({"gan": 0.95, "as_gan": 0.3}, {"gan": 0.6, "as_gan": 0.8})
    data = read(assembled(FakeMatrix(tmp_path, grid=_grid(), edit=edit)))
    left_out = "The title leaves out as_gan"
    for shown in (
        attack_figures.auroc_under_attack(data, data.settings[0]).html,
        attack_figures.auroc_by_strength(data, data.settings[0], attack_figures.LINF).html,
    ):
        assert "gan most (30.0 points more than noise)" in shown
        assert left_out in shown
    slopes, memory = (
        discriminator_figures.chart(data, data.settings[0], kind).html
        for kind in (discriminator_figures.SLOPES, discriminator_figures.MEMORY)
    )
    assert "as_gan (" not in slopes
    assert left_out in slopes
    assert "as_gan (" in memory
    assert left_out not in memory
