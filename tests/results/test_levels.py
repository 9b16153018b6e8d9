"""Seeds that are too few are told before anything runs, claim by claim."""

import pytest

from ganmatrix.params import load
from ganmatrix.results.levels import too_few

CLAIM = """  c{i}:
    paper: as_gan
    sentence: s.
    quote: q q
    source: arXiv 0000.00000v1
    where: abstract
    setting: {{datasets: [cifar10], baseline: b}}
    metric: {metric}
    method: as_gan
    baseline: gan
    direction: lower
    effect: difference
    smallest_effect: 0
"""
FID, AUROC = "fid_efficientnet_lite0_ema", "fgsm_auroc"


def _said(project, seeds, metrics):
    claims = "".join(CLAIM.format(i=i, metric=metric) for i, metric in enumerate(metrics))
    edits = (
        ("[conventional, resnet_sn]", "[conventional]"),
        ("seeds: [0, 1]", f"seeds: {seeds}"),
        ("claims: {}\n", f"claims:\n{claims}"),
    )
    return too_few(load(project(*edits))[0])


@pytest.mark.parametrize(
    ("seeds", "metrics", "needed"),
    [
        (3, [FID], 6),
        (5, [FID] * 8, 9),
        (6, [FID], None),
        (9, [FID] * 8, None),
        (8, [FID] * 8, 9),
        (2, [AUROC], 3),
        (3, [AUROC], None),
        # Two of ten rest on both datasets, and share the level between them.
        (4, [FID] * 8 + [AUROC] * 2, None),
    ],
)
def test_the_seeds_that_would_do_are_those_of_the_easiest_claims(project, seeds, metrics, needed):
    said = _said(project, seeds, metrics)
    if needed is None:
        assert said is None
    else:
        assert said is not None
        assert f"with {seeds} seeds none of {len(metrics)} claims can be decided; {needed} seeds" in said


def test_without_claims_nothing_is_said(project):
    assert too_few(load(project())[0]) is None
