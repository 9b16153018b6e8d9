"""The table of methods in docs/methods.md is the one that the code and the measured costs make."""

import json

from catalogue import COSTS, PAGE, contenders, rewritten


def test_the_table_is_current():
    page, costs = PAGE.read_text(encoding="utf-8"), json.loads(COSTS.read_text(encoding="utf-8"))
    assert page == rewritten(page, costs), "run python bench/catalogue.py"


def test_every_member_has_a_measured_cost():
    costs = json.loads(COSTS.read_text(encoding="utf-8"))
    assert set(costs["costs"]) == set(contenders()), "run python bench/catalogue.py --measure"
    assert all(cost["range"][0] <= cost["ratio"] <= cost["range"][1] for cost in costs["costs"].values())
    assert costs["costs"]["gan"]["ratio"] == 1
