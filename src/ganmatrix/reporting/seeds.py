"""How many seeds the means of a figure rest on, and which rows lack some."""

from collections.abc import Iterable, Mapping
from typing import Any

Group = dict[str, Any]


def span(counts: Iterable[int]) -> str:
    """`3`, or `2 to 3` where they differ; what has no value at all is no mean and does not count."""
    known = [count for count in counts if count] or [0]
    fewest, most = min(known), max(known)
    return f"{most}" if fewest == most else f"{fewest} to {most}"


def resting(estimates: Iterable[Group], rows: Mapping[str, Group]) -> str:
    """`n = 2 to 3 (as_gan 2 of 3)`: of the means in a figure, and by name the rows that lack seeds."""
    counts = span(each["n"] for each in estimates)
    lacking = [f"{name} {e['n']} of {e['n'] + e['missing']}" for name, e in rows.items() if e["missing"]]
    return f"n = {counts}" + (f" ({', '.join(lacking)})" if lacking else "")


def fewest(estimates: Iterable[Group]) -> Group:
    """Of a row's estimates the one that lacks most seeds."""
    return max(estimates, key=lambda each: each["missing"])


def most(estimates: Iterable[Group]) -> Group:
    """Of a row's estimates the one that lacks fewest seeds: where it lacks some, that is the row's doing."""
    return min(estimates, key=lambda each: each["missing"])
