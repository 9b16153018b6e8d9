"""Edits of claims: each is refused by its key, with what to do."""

import pytest

from ganmatrix.params import load
from helpers.refusal import refused
from helpers.stated import PAPER, flow

CLAIM = f"claims: {{a: {{{flow()}, metric: m, method: dat, baseline: gan, direction: lower, "
CLAIM += "effect: difference, smallest_effect: 0}}"


def _claim(*edits: str) -> tuple[str, str]:
    """A claim in place of none; `edits` are what to replace in it and by what, by turns."""
    text = CLAIM
    for old, new in zip(edits[::2], edits[1::2], strict=True):
        text = text.replace(old, new)
    return "claims: {}", text


BAD = [
    ("claims: {}", "claims: []", "claims", "expected a mapping"),
    ("claims: {}", "claims: {a: {metric: m}}", "claims.a.paper", "add it"),
    (*_claim(f"{flow()}, ", f"{flow(paper='dta')}, "), "claims.a.paper", "did you mean dat?"),
    (
        *_claim(f"{flow()}, ", f"{flow(paper={'label': 'A', 'title': 'B'})}, "),
        "claims.a.paper.published",
        "add it",
    ),
    *(
        (
            *_claim(f"{flow()}, ", f"{flow(paper=paper)}, "),
            "claims.a.paper",
            "or a mapping with label, title and published",
        )
        for paper in (None, 3, ["dat"])
    ),
    (
        *_claim(f"{flow()}, ", f"{flow(paper=PAPER | {'label': ' '})}, "),
        "claims.a.paper.label",
        "expected some words",
    ),
    *(
        (*_claim(f"{flow()}, ", f"{flow(**{key: text})}, "), f"claims.a.{key}", wanted)
        for key in ("quote", "source", "where", "sentence")
        for text, wanted in (("", "expected some words"), (" ", "expected some words"), (3, "expected text"))
    ),
    (*_claim(f"{flow()}, ", f"{flow(quote='[...] [...]')}, "), "claims.a.quote", "expected some words"),
    *(
        (
            *_claim(f"{flow()}, ", f"{flow(source=source)}, "),
            "claims.a.source",
            "name its version, such as arXiv 1912.09670v1",
        )
        for source in (
            *("arXiv", "arXiv 1912.09670", "arxiv 1912.09670v1", "1912.09670", "1912.09670v1"),
            *("https://arxiv.org/abs/1912.09670", "ICML 2019; arXiv 1912.09670"),
        )
    ),
    (
        *_claim('"their GAN"', '"their GAN", "optimiser": "Adam"'),
        "claims.a.setting.optimiser",
        "did you mean adam?",
    ),
    (
        *_claim("metric: m", "metric: fgsm_auroc", '["r1"]', '["rotatoin"]'),
        "claims.a.setting.techniques[0]",
        "did you mean rotation?",
    ),
    *(
        (
            *_claim("metric: m", "metric: fgsm_auroc", '"their GAN"', f'"their GAN", "score": "{score}"'),
            "claims.a.setting.score",
            "did you mean fid_inception?",
        )
        for score in ("fid_incepton", "fid_inception_last")
    ),
    (
        *_claim(f"{flow()}, ", f"{flow(setting={'datasets': [], 'baseline': 'b'})}, "),
        "claims.a.setting.datasets",
        "expected at least 1 entry",
    ),
    (*_claim(f"{flow()}, ", f"{flow(setting={'datasets': ['a']})}, "), "claims.a.setting.baseline", "add it"),
    (*_claim("lower", "down"), "claims.a.direction", "choose from lower, higher"),
    (*_claim("baseline: gan", "baseline: gann"), "claims.a.baseline", "did you mean gan?"),
    (
        *_claim("baseline: gan", "baseline: gan, control: foo"),
        "claims.a.control",
        "choose from as_gan, dat, fargan, gan",
    ),
    (*_claim("baseline: gan", "baseline: dat"), "claims.a", "name another baseline or control"),
    (
        *_claim("metric: m", "metric: fid_efficientnet_ema"),
        "claims.a.metric",
        "did you mean fid_efficientnet_lite0_ema,",
    ),
    (
        *_claim("metric: m", "metric: fid_inception_ema"),
        "claims.a.metric",
        "did you mean fid_efficientnet_lite0_ema,",
    ),
    (
        *_claim("metric: m", "metric: fgsm_auroc", "smallest_effect: 0", "smallest_effect: 2"),
        "claims.a.smallest_effect",
        "expected less than 1, such as 0.02 for 2 points",
    ),
    (
        *_claim("metric: m", "metric: fgsm_auroc", "smallest_effect: 0", "smallest_effect: 0, control: gan"),
        "claims.a.control",
        "name another, or leave it out",
    ),
    (*_claim("metric: m", "metric: fid_efficientnet_lite0_init"), "claims.a.metric", "name another"),
    *(
        (
            *_claim("metric: m", f"metric: {time}"),
            "claims.a.metric",
            "name operations_per_step",
        )
        for time in ("wall_seconds", "cpu_seconds", "images_per_second")
    ),
    (*_claim("smallest_effect: 0", "smallest_effect: -1"), "claims.a.smallest_effect", "expected >= 0"),
    (*_claim("smallest_effect: 0", "at_most: 0"), "claims.a.at_most", "expected > 0"),
    (
        *_claim("metric: m", "metric: fgsm_auroc", ", smallest_effect: 0", ""),
        "claims.a.smallest_effect",
        "name one of smallest_effect and at_most",
    ),
    (
        *_claim("metric: m", "metric: fgsm_auroc", "smallest_effect: 0", "smallest_effect: 0, at_most: 1"),
        "claims.a.smallest_effect",
        "name one of smallest_effect and at_most",
    ),
    (
        *_claim("metric: m", "metric: fgsm_auroc", "smallest_effect: 0", "at_most: 1, control: fargan"),
        "claims.a.control",
        "leave it out",
    ),
    (*_claim("metric: m", "metric: fgsm_auroc", "effect: difference, ", ""), "claims.a.effect", "add it"),
    (
        *_claim(
            "metric: m",
            "metric: fgsm_auroc",
            "difference, smallest_effect: 0",
            "relative, smallest_effect: 1.5",
        ),
        "claims.a.smallest_effect",
        "expected a share below 1, such as 0.1",
    ),
    (
        *_claim("metric: m", "metric: diverged", "smallest_effect: 0", "smallest_effect: 0.1"),
        "claims.a.metric",
        "it needs effect difference and smallest_effect 0",
    ),
]


@pytest.mark.parametrize(("old", "new", "key", "mend"), BAD)
def test_a_bad_claim(old, new, key, mend, project):
    path = project((old, new))
    assert refused(lambda: load(path), key=f"{path}: {key}", mend=mend)


def test_a_metric_near_no_column_gets_three(project):
    path = project(("claims: {}", CLAIM))
    line = refused(lambda: load(path), key=f"{path}: claims.a.metric", mend="docs/measures.md lists all")
    assert line.partition("did you mean ")[2].partition("?")[0].count(", ") == 1
