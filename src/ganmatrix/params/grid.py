"""`grid`: the full Cartesian product that is trained."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from ganmatrix.params.base import Name, Section

MOST_SEEDS = 10_000

Seed = Annotated[int, Field(ge=0, lt=2**31)]
SeedCount = Annotated[int, Field(ge=1, le=MOST_SEEDS)]
SeedList = Annotated[list[Seed], Field(min_length=1, max_length=MOST_SEEDS)]


def _written_out(value: Any) -> Any:
    """The seeds 0, 1, ... that a count stands for; a list is left to pydantic, unless it is too long."""
    if isinstance(value, bool) or not isinstance(value, int | list):
        raise ValueError("expected a count of seeds, such as 3 for 0, 1 and 2, or a list of them")
    if isinstance(value, int) and not 1 <= value <= MOST_SEEDS:
        raise ValueError(f"expected a count of seeds from 1 to {MOST_SEEDS:,}, or a list of them")
    if isinstance(value, list) and len(value) > MOST_SEEDS:
        raise ValueError(f"expected at most {MOST_SEEDS:,} seeds, not {len(value):,}")
    return list(range(value)) if isinstance(value, int) else value


Seeds = Annotated[
    list[Seed],
    Field(min_length=1),
    BeforeValidator(_written_out, json_schema_input_type=SeedCount | SeedList),
]
"""Training seeds, written out."""


class Grid(Section):
    """Every dataset with every architecture and method, each with every seed."""

    datasets: list[Name] = Field(min_length=1, description="names from `datasets`")
    architectures: list[Name] = Field(min_length=1, description="names from `architectures`")
    methods: list[Name] = Field(min_length=1, description="names from `methods`")
    seeds: Seeds = Field(
        description="training seeds: a count, such as 3 for 0, 1 and 2, or a list of different ones"
    )
