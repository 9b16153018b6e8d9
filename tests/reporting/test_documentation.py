"""docs/measures.md explains every kind of column in the words of the reports."""

from measures import FAMILIES, PAGE, rewritten

from ganmatrix.columns import MEASURES


def test_the_tables_are_current():
    page = PAGE.read_text(encoding="utf-8")
    assert page == rewritten(page), "run python bench/measures.py"


def test_every_family_is_there():
    assert {key: measure for family in FAMILIES.values() for key, measure in family.items()} == MEASURES
