"""`methods`: adversarial training rules, by kind, with their hyperparameters."""

from typing import Annotated, Literal

from pydantic import Field

from ganmatrix.params.base import Ratio, Section

LossName = Literal["saturating", "non_saturating", "hinge", "least_squares", "wasserstein"]
Epsilon = Annotated[Ratio, Field(ge=0, le=10)]


class MethodSection(Section):
    """What the params of every method can be asked."""

    @property
    def needs_second_derivatives(self) -> bool:
        """Whether D's loss contains a gradient of D."""
        return False


class Gan(MethodSection):
    """The plain GAN: alternating D and G steps on one loss."""

    kind: Literal["gan"]
    loss: LossName = "non_saturating"


class AsGan(MethodSection):
    """Adversarial symmetric GAN (Liu et al. 2021): a second D step on FGSM-perturbed reals."""

    kind: Literal["as_gan"]
    loss: LossName = "non_saturating"
    epsilon: Epsilon = Field(description="FGSM step on the data's [-1, 1] scale; 0 is the control")
    warm_up: int = Field(ge=0, description="iterations with epsilon 0 at the start")
    warm_up_recurs: bool = Field(
        default=True, description="true: at the start of every epoch, as the authors do; false: of the run"
    )


class Dat(MethodSection):
    """Direct adversarial training (Li et al. 2020): D trains on perturbed reals and fakes only."""

    kind: Literal["dat"]
    loss: LossName = "hinge"
    threshold: float = Field(default=1.0, gt=0, description="t: bound on each component of the step")
    reduction: Literal["mean", "sum"] = Field(
        default="mean",
        description="mean: the step is the sample's gradient over the batch size, as published",
    )


class Fargan(MethodSection):
    """Fake-as-real GAN (Tao & Wang 2020), a reconstruction: the authors published no code."""

    kind: Literal["fargan"]
    loss: LossName = "non_saturating"
    fake_as_real_share: float = Field(
        default=0.5, ge=0, le=0.9, description="N0 / (N0 + N1): share of the real side that is fake"
    )
    oversampling: int = Field(default=8, ge=1, le=64, description="f: fakes drawn for each one selected")
    selection: Literal["largest", "random"] = "largest"
    gradient_penalty: float = Field(
        default=10.0, ge=0, description="lambda of 0-GP-sample, lambda E||grad D||^2 at the reals counted"
    )

    @property
    def needs_second_derivatives(self) -> bool:
        return self.gradient_penalty > 0


Method = Annotated[Gan | AsGan | Dat | Fargan, Field(discriminator="kind")]
