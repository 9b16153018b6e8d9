"""params.yaml as a whole: all its sections."""

from functools import cached_property
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PrivateAttr

from ganmatrix.params.architectures import Architecture
from ganmatrix.params.base import Name, Section
from ganmatrix.params.claims import Claim
from ganmatrix.params.datasets import Dataset, Place
from ganmatrix.params.evaluation import Evaluation
from ganmatrix.params.grid import Grid
from ganmatrix.params.imported import Import
from ganmatrix.params.kinds import adapter
from ganmatrix.params.methods import Method
from ganmatrix.params.probes import Probes
from ganmatrix.params.recipes import DatasetRecipe, Recipe
from ganmatrix.params.study import Study
from ganmatrix.params.variants import METHODS, RECIPE, Variant, by_name, changed


def _empty_if_null(value: Any) -> Any:
    return {} if value is None else value


REQUIRED = ("grid", "datasets", "architectures", "methods", "recipes", "evaluation", "probes")
"""The sections of all that is trained. A study of results from elsewhere has none of them."""

IMPORTS = "tables of results from elsewhere, by a name for each"

PLUGINS = "files below plugins/ with sections and code of your own, such as plugins/label_noise.py"


Claims = Annotated[dict[Name, Claim], BeforeValidator(_empty_if_null)]


class OfImports(Section):
    """The settings of a study that trains nothing: it judges results from elsewhere."""

    study: Study = Field(default_factory=Study, description="what reports print on top of every page")
    imports: dict[Name, Import] = Field(min_length=1, description=IMPORTS)
    claims: Claims = Field(default_factory=dict)


class Params(Section):
    """All settings of a study: the grid, and the meaning of its names."""

    study: Study = Field(default_factory=Study, description="what reports print on top of every page")
    grid: Grid
    datasets: dict[Name, Dataset] = Field(min_length=1)
    architectures: dict[Name, Architecture] = Field(min_length=1)
    methods: dict[Name, Method] = Field(min_length=1)
    recipes: dict[Name, DatasetRecipe] = Field(min_length=1, description="keyed by the dataset's name")
    evaluation: Evaluation
    probes: Probes
    imports: dict[Name, Import] = Field(default_factory=dict, description=IMPORTS)
    plugins: list[Place] = Field(default_factory=list, description=PLUGINS)
    claims: Claims = Field(default_factory=dict)

    _varied: dict[tuple[str, ...], Any] = PrivateAttr(default_factory=dict)
    """Earlier answers of `recipe`, `method` and `standing`."""

    @classmethod
    def of_imports(cls, given: OfImports) -> "Params":
        """Those of a study that trains nothing. Its claims may name any column."""
        return cls.model_construct(
            study=given.study,
            grid=Grid.empty(),
            datasets={},
            architectures={},
            methods={},
            recipes={},
            evaluation=Evaluation.of_everything(),
            probes=Probes(samples=16),
            imports=given.imports,
            plugins=[],
            claims=given.claims,
        )

    @cached_property
    def variants(self) -> dict[str, Variant]:
        """The variants, by the name in a cell's id."""
        return by_name(self.grid)

    def recipe(self, dataset: str, architecture: str, variant: str = "") -> Recipe:
        """The recipe of a dataset and an architecture, with the values of a variant if one is named."""
        recipe = self.recipes[dataset].of(architecture)
        if not variant:
            return recipe
        key = (RECIPE, dataset, architecture, variant)
        if key not in self._varied:
            self._varied[key] = changed(recipe, Recipe.model_validate, self.variants[variant].within(RECIPE))
        found: Recipe = self._varied[key]
        return found

    def method(self, name: str, variant: str = "") -> Method:
        """A method, with the values of a variant if one is named."""
        if not variant:
            return self.methods[name]
        key = (METHODS, name, variant)
        if key not in self._varied:
            overrides = self.variants[variant].within(f"{METHODS}.{name}")
            self._varied[key] = changed(self.methods[name], adapter(Method).validate_python, overrides)
        found: Method = self._varied[key]
        return found

    def standing(self, dataset: str, architecture: str, method: str) -> dict[str, str]:
        """For each variant, the first one with the same values for a cell; "" is the cell without variant."""
        key = ("standing", dataset, architecture, method)
        if key not in self._varied:
            first = {self._values(dataset, architecture, method, ""): ""} if self.variants else {}
            found = self._varied[key] = {}
            for variant in self.variants.values():
                name = own.name if (own := variant.of(method)) else ""
                values = self._values(dataset, architecture, method, name)
                found[variant.name] = first.setdefault(values, name)
        standing: dict[str, str] = self._varied[key]
        return standing

    def _values(self, dataset: str, architecture: str, method: str, variant: str) -> str:
        recipe = self.recipe(dataset, architecture, variant)
        return self.method(method, variant).model_dump_json() + recipe.model_dump_json()
