"""The table of methods in docs/methods.md is the one that the code and the measured costs make."""

import json

from catalogue import COSTS, PAGE, contenders, rewritten


def test_the_table_is_current():
    page, costs = PAGE.read_text(encoding="utf-8"), json.loads(COSTS.read_text(encoding="utf-8"))
    assert page == rewritten(page, costs), "run python bench/catalogue.py"


def test_costs_are_of_members_and_within_their_ranges():
    costs = json.loads(COSTS.read_text(encoding="utf-8"))
    assert set(costs["costs"]) <= set(contenders()), "run python bench/catalogue.py --measure"
    assert all(cost["range"][0] <= cost["ratio"] <= cost["range"][1] for cost in costs["costs"].values())
    assert costs["costs"]["gan"]["ratio"] == 1


def test_a_cost_that_was_not_measured_is_a_dash():
    page, costs = PAGE.read_text(encoding="utf-8"), json.loads(COSTS.read_text(encoding="utf-8"))
    before = next(line for line in page.splitlines() if line.startswith("| `dat` |"))
    del costs["costs"]["dat"]
    after = next(line for line in rewritten(page, costs).splitlines() if line.startswith("| `dat` |"))
    assert after == f"{before.rsplit('|', 2)[0]}| - |"
