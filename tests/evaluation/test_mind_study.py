"""The tables of docs/mind.md are those that the kept scores make, and its generators are as planned."""

import numpy as np
import pandas as pd
import pytest
from mind import (
    ALL,
    BLURRED,
    DRAWS,
    DROPPED_CLASS,
    EXTRAPOLATED_DRAWS,
    PAGE,
    SCORES,
    SHARES,
    SIZES,
    Judge,
    drawn,
    rewritten,
)

from ganmatrix.evaluation.mind import monge_distance

CLASSES = np.arange(ALL) % 10


def test_the_tables_are_current() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == rewritten(page, pd.read_csv(SCORES)), "run python studies/mind.py"


@pytest.mark.parametrize("count", [1000, 10_000, ALL])
@pytest.mark.parametrize("family", SHARES)
def test_a_generator_shows_as_many_images_as_asked_for_and_damages_its_share(family: str, count: int) -> None:
    for share in SHARES[family]:
        shown = drawn(family, share, count, CLASSES, np.random.default_rng(0))
        every = np.concatenate([rows for _, rows in shown])
        dogs = (CLASSES[every] == DROPPED_CLASS).mean()
        if family == "dropped":
            assert len(every) == min(count, ALL - round(share * ALL / 10))
            assert dogs == pytest.approx((1 - share) / (10 - share), abs=0.03)
            continue
        assert len(every) == count
        assert len(shown[0][1]) == round(share * count)
        if family == "repeats":
            assert len(np.unique(shown[0][1])) <= 100
        else:
            assert shown[0][0] == family
            assert len(np.unique(every)) == count
        if family == "blur":
            assert shown[0][1].max(initial=0) < BLURRED


def test_known_projections_give_the_same_mind() -> None:
    rng = np.random.default_rng(0)
    sets = {
        name: rng.standard_normal((60, 9)).astype(np.float32) for name in ("real", "clean", "noise", "blur")
    }
    chosen = [("noise", np.arange(5)), ("clean", np.arange(10, 40))]
    fake = np.concatenate([sets[name][rows] for name, rows in chosen])
    judge = Judge(sets)
    assert judge.mind(chosen, 60) == pytest.approx(monge_distance(fake, sets["real"])[0], rel=1e-5)
    assert judge.mind(chosen, 35) == pytest.approx(monge_distance(fake, sets["real"][:35])[0], rel=1e-5)


def test_every_score_of_the_plan_is_there() -> None:
    frame = pd.read_csv(SCORES)
    generators = 1 + sum(len(shares) - 1 for shares in SHARES.values())
    counts = frame.groupby(["score", "n"]).size()
    for count in SIZES:
        assert counts["fid", count] == counts["mind", count] == DRAWS * generators
    assert counts["fid", ALL] == counts["mind", ALL] == generators
    assert counts["fid_infinity"].sum() == EXTRAPOLATED_DRAWS * generators
