"""The tables of docs/modes.md are those that the kept scores make."""

import pandas as pd
from modes import PAGE, merged, read, rewritten


def test_the_tables_are_current():
    page = PAGE.read_text(encoding="utf-8")
    assert page == rewritten(page, read()), "run python studies/modes.py"


def test_every_cell_of_the_scales_is_there():
    frame = read()
    assert len(frame) == 280 + 60
    assert (frame.groupby(["dataset", "method"])["seed"].nunique() == 10).all()
    mixtures = frame[frame["dataset"] != "gaussian"]
    assert mixtures["modes_last"].notna().all()
    assert (mixtures.loc[mixtures["dataset"] == "ring8", "modes_last"] <= 8).all()
    assert frame.loc[frame["dataset"] == "gaussian", "energy_distance_last"].notna().all()


def test_cells_that_are_taken_over_replace_their_own_rows_alone():
    identity = {"dataset": "ring8", "architecture": "a", "method": "gan"}
    kept = pd.DataFrame([identity | {"seed": seed, "modes_last": 1.0} for seed in (0, 1)])
    found = pd.DataFrame([identity | {"seed": seed, "modes_last": 2.0} for seed in (1, 2)])
    assert merged(kept, found)["modes_last"].tolist() == [1.0, 2.0, 2.0]
