"""`grid`: the full Cartesian product that is trained."""

from typing import Annotated

from pydantic import Field

from ganmatrix.params.base import Name, Section

Seed = Annotated[int, Field(ge=0, lt=2**31)]


class Grid(Section):
    """Every dataset with every architecture, method and seed: one cell each."""

    datasets: list[Name] = Field(min_length=1, description="names from `datasets`")
    architectures: list[Name] = Field(min_length=1, description="names from `architectures`")
    methods: list[Name] = Field(min_length=1, description="names from `methods`")
    seeds: list[Seed] = Field(min_length=1, description="training seeds, non-negative integers")
