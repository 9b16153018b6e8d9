"""The tables of docs/modes.md are those that the kept scores make."""

from modes import PAGE, read, rewritten


def test_the_tables_are_current():
    page = PAGE.read_text(encoding="utf-8")
    assert page == rewritten(page, read()), "run python studies/modes.py"


def test_every_cell_of_the_scale_is_there():
    frame = read()
    assert len(frame) == 240
    assert (frame.groupby(["dataset", "method"])["seed"].nunique() == 10).all()
    assert frame["modes_last"].notna().all()
    assert (frame.loc[frame["dataset"] == "ring8", "modes_last"] <= 8).all()


def test_one_objective_by_two_routes_scores_the_same():
    """R1 with gamma 20 is the zero-centred penalty at reals with weight 10."""
    scores = read().drop(columns="method").groupby(read()["method"])
    first, second = (scores.get_group(name).reset_index(drop=True) for name in ("r1", "fargan_control"))
    assert first.equals(second)
