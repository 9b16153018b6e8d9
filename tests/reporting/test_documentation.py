"""docs/measures.md explains every kind of column in the words of the reports."""

from measures import PAGE, rewritten


def test_the_tables_are_current():
    page = PAGE.read_text(encoding="utf-8")
    assert page == rewritten(page), "run python bench/measures.py"
