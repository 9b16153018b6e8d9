"""`grid`: the full Cartesian product of cells to train, and its variants."""

import math
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SerializerFunctionWrapHandler,
    field_validator,
    model_serializer,
)

from ganmatrix.params.base import Name, Section

MOST_SEEDS = 10_000

MOST_VARIANTS = 1000

Seed = Annotated[int, Field(ge=0, lt=2**31)]
SeedCount = Annotated[int, Field(ge=1, le=MOST_SEEDS)]
SeedList = Annotated[list[Seed], Field(min_length=1, max_length=MOST_SEEDS)]


def _written_out(value: Any) -> Any:
    """The seeds 0, 1, ... of a count. Pydantic validates a list, unless it is too long."""
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


Overrides = Annotated[dict[str, Any], Field(min_length=1)]


def _numbers_or_words(values: list[Any]) -> list[Any]:
    if any(not isinstance(value, bool | int | float | str) for value in values):
        raise ValueError("expected a list of numbers or words; a section is for `variants`")
    return values


AxisValues = Annotated[list[Any], Field(min_length=1), AfterValidator(_numbers_or_words)]


class Grid(Section):
    """Every dataset with every architecture and method, each with every seed.

    Variants add cells with other values. Their keys have dots: `recipe.<key>`, or `methods.<name>.<key>`.
    `recipe.optimizer.lr` is the learning rate of both G and D. A variant adds no cell for a method that it
    does not change.
    """

    datasets: list[Name] = Field(min_length=1, description="names from `datasets`")
    architectures: list[Name] = Field(min_length=1, description="names from `architectures`")
    methods: list[Name] = Field(min_length=1, description="names from `methods`")
    seeds: Seeds = Field(
        description="training seeds: a count, such as 3 for 0, 1 and 2, or a list of different ones"
    )
    variants: dict[Name, Overrides] = Field(
        default={}, description="by name: dotted keys of the recipe or of methods, with other values"
    )
    lattice: dict[str, AxisValues] = Field(
        default={}, description="dotted keys with lists of values; every combination is a variant"
    )
    trains_within: float = Field(
        default=2.0,
        gt=1,
        description="a run trains if its leading score is at most this many times the best cell's mean",
    )

    @classmethod
    def empty(cls) -> "Grid":
        """That of a study that trains nothing. No file can state it."""
        return cls.model_construct(datasets=[], architectures=[], methods=[], seeds=[])

    @field_validator("lattice")
    @classmethod
    def _has_few_points(cls, lattice: dict[str, list[Any]]) -> dict[str, list[Any]]:
        if (points := math.prod(map(len, lattice.values()))) > MOST_VARIANTS:
            raise ValueError(f"it has {points:,} points; expected at most {MOST_VARIANTS:,}")
        return lattice

    @model_serializer(mode="wrap")
    def _leave_out_what_is_not_stated(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out the keys of variants if there are none, so that digests of such grids do not change."""
        found: dict[str, Any] = dump(self)
        if self.variants or self.lattice:
            return found
        return {key: found[key] for key in found if key not in ("variants", "lattice", "trains_within")}
