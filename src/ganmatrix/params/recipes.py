"""`recipes`: how long and with which optimiser the cells of a dataset are trained."""

from copy import copy
from typing import Annotated, Any, Literal

from pydantic import Field, create_model
from pydantic.fields import FieldInfo

from ganmatrix.params.base import Name, Section

LearningRate = Annotated[float, Field(gt=0, le=1)]
Steps = Annotated[int, Field(ge=1, le=100_000_000)]


class Adam(Section):
    """Adam (Kingma & Ba 2015). If the two learning rates differ, this is TTUR."""

    kind: Literal["adam"]
    generator_lr: LearningRate
    discriminator_lr: LearningRate
    beta1: float = Field(default=0.5, ge=0, lt=1)
    beta2: float = Field(default=0.999, ge=0, lt=1)


class RmsProp(Section):
    """RMSprop, as Mescheder et al. 2018 use it."""

    kind: Literal["rmsprop"]
    generator_lr: LearningRate
    discriminator_lr: LearningRate
    alpha: float = Field(default=0.99, ge=0, lt=1)


class ConstantRate(Section):
    """The learning rates do not change."""

    kind: Literal["constant"]


class LinearDecay(Section):
    """The learning rates fall linearly to zero between `start` and the last generator step."""

    kind: Literal["linear"]
    start: int = Field(default=0, ge=0, description="generator step at which the decay begins")


class StepDecay(Section):
    """The learning rates are multiplied by `factor` every `every` generator steps."""

    kind: Literal["step"]
    every: Steps
    factor: float = Field(gt=0, lt=1)


class Recipe(Section):
    """One recipe for training. Lengths are in generator steps."""

    batch_size: int = Field(ge=2, le=65_536, description="real images in one discriminator step")
    generator_steps: Steps
    discriminator_steps: int = Field(
        default=1, ge=1, le=100, description="discriminator steps for each generator step (n_dis)"
    )
    generator_batch_multiple: int = Field(default=1, ge=1, le=16)
    optimizer: Annotated[Adam | RmsProp, Field(discriminator="kind")]
    decay: Annotated[ConstantRate | LinearDecay | StepDecay, Field(discriminator="kind")] = ConstantRate(
        kind="constant"
    )
    ema_half_life: float = Field(gt=0, description="half-life of G's weight average, generator steps")
    precision: Literal["float32", "bfloat16"] = "float32"
    compile: bool = Field(default=False, description="compile the networks with torch.compile")
    separate_passes: bool = Field(
        default=False,
        description="true: D sees reals and fakes in separate forward passes, as in the authors' code; "
        "with spectral norm that is a power iteration more",
    )
    accumulate: int = Field(
        default=1, ge=1, le=1024, description="micro-batches a batch is split into, to save memory"
    )
    snapshots: list[Steps] = Field(
        default=[], description="generator steps whose averaged generators are kept, for curves"
    )
    log_every: Steps = Field(default=50, description="generator steps between rows of history.parquet")


def _left_out(field: FieldInfo) -> FieldInfo:
    """The field as an optional one. Its default is never used."""
    free = copy(field)
    free.default = None
    return free


_FIELDS: dict[str, Any] = {
    name: (field.annotation, _left_out(field)) for name, field in Recipe.model_fields.items()
}
RecipeChanges = create_model(
    "RecipeChanges",
    __base__=Section,
    __doc__="What one architecture does otherwise; every key of a recipe may stand here.",
    **_FIELDS,
)


class DatasetRecipe(Recipe):
    """The recipe of a dataset's cells. Single architectures may depart from it."""

    by_architecture: dict[Name, RecipeChanges] = Field(
        default={}, description="by the architecture's name: the keys that differ for it"
    )

    def of(self, architecture: str) -> Recipe:
        """The recipe of that architecture."""
        values = self.model_dump(exclude={"by_architecture"})
        if (changes := self.by_architecture.get(architecture)) is not None:
            values |= changes.model_dump(exclude_unset=True)
        return Recipe.model_validate(values)
