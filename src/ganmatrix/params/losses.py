"""`loss` of a method: by name, or as a section with what can be set."""

from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, Field, model_validator

from ganmatrix.params.base import Section

LogisticName = Literal["saturating", "non_saturating"]
SeparableName = Literal[
    LogisticName,
    "hinge",
    "least_squares",
    "wasserstein",
    "kl",
    "reverse_kl",
    "pearson",
    "hellinger",
    "jensen_shannon",
    "energy_margin",
]
LossName = Literal[SeparableName, "relativistic", "relativistic_average"]


class Loss(Section):
    """A loss of the catalogue with its settings."""

    kind: LossName
    real_label: float = Field(
        default=1.0, gt=0.5, le=1, description="D's target on reals: 0.9 is one-sided label smoothing"
    )
    real_weight: float = Field(
        default=0.5, gt=0, lt=1, description="pi: weight of the real side, 1 - pi of the fake side"
    )

    margin: float = Field(
        default=1.0,
        gt=0,
        le=1e6,
        description="of energy_margin: energy beyond which fakes are left alone",
    )

    @property
    def is_separable(self) -> bool:
        """Whether D's loss on reals and on fakes are sums of their own."""
        return self.kind in get_args(SeparableName)

    @model_validator(mode="after")
    def _settings_fit(self) -> "Loss":
        if self.real_label != 1 and self.kind not in get_args(LogisticName):
            raise ValueError(f"real_label is for the logistic losses; leave it out with {self.kind}")
        if self.margin != 1 and self.kind != "energy_margin":
            raise ValueError(f"margin is for energy_margin; leave it out with {self.kind}")
        if self.real_weight != 0.5 and not self.is_separable:
            raise ValueError(f"real_weight is for losses of two sides; leave it out with {self.kind}")
        return self


def _section(value: Any) -> Any:
    """Read a bare name as the section of that kind."""
    return {"kind": value} if isinstance(value, str) else value


LossSection = Annotated[Loss, BeforeValidator(_section, json_schema_input_type=LossName | Loss)]

NON_SATURATING = Loss(kind="non_saturating")
ENERGY_MARGIN = Loss(kind="energy_margin")
HINGE = Loss(kind="hinge")
