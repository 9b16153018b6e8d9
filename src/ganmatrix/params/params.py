"""params.yaml as a whole: its sections side by side."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from ganmatrix.params.architectures import Architecture
from ganmatrix.params.base import Name, Section
from ganmatrix.params.claims import Claim
from ganmatrix.params.datasets import Dataset
from ganmatrix.params.evaluation import Evaluation
from ganmatrix.params.grid import Grid
from ganmatrix.params.methods import Method
from ganmatrix.params.probes import Probes
from ganmatrix.params.recipes import DatasetRecipe, Recipe


def _empty_if_null(value: Any) -> Any:
    return {} if value is None else value


class Params(Section):
    """Everything that ganmatrix is told: the grid and what its names mean."""

    grid: Grid
    datasets: dict[Name, Dataset] = Field(min_length=1)
    architectures: dict[Name, Architecture] = Field(min_length=1)
    methods: dict[Name, Method] = Field(min_length=1)
    recipes: dict[Name, DatasetRecipe] = Field(min_length=1, description="keyed by the dataset's name")
    evaluation: Evaluation
    probes: Probes
    claims: Annotated[dict[Name, Claim], BeforeValidator(_empty_if_null)] = Field(default_factory=dict)

    def recipe(self, dataset: str, architecture: str) -> Recipe:
        """How the cells of a dataset and an architecture are trained."""
        return self.recipes[dataset].of(architecture)
