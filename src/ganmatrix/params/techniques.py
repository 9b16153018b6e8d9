"""`techniques` of a method: additions to its objectives, networks or steps, by kind."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from ganmatrix.params.kinds import BY_KIND, Member

Weight = Annotated[float, Field(ge=0, le=1e6)]


class TechniqueSection(Member):
    """Properties of the params of every technique."""

    second_order: ClassVar[bool] = False
    """Whether D's objective contains a gradient of D."""
    needs_critic: ClassVar[bool] = False
    """Whether it uses D's features, or changes D's layers."""
    images_only: ClassVar[bool] = False
    relates_samples: ClassVar[bool] = False
    """Whether its term compares samples with each other, so that a single sample has no such term."""
    replaces_adversary: ClassVar[bool] = False
    """Whether its term replaces D's verdict in G's loss."""


class PenaltySection(TechniqueSection):
    """Techniques with a penalty on D's gradient at its input."""

    second_order: ClassVar[bool] = True


class R1Params(PenaltySection):
    """(gamma/2) E||grad D||^2 at reals (Mescheder et al. 2018)."""

    kind: Literal["r1"]
    code: ClassVar[str] = "ganmatrix.methods.techniques.r1:R1"
    gamma: Weight = Field(default=20.0, description="their code's reg_param 10 lacks the 1/2: gamma 20")


class R2Params(PenaltySection):
    """(gamma/2) E||grad D||^2 at fakes (Mescheder et al. 2018)."""

    kind: Literal["r2"]
    code: ClassVar[str] = "ganmatrix.methods.techniques.r2:R2"
    gamma: Weight = 20.0


class RothParams(PenaltySection):
    """(gamma/2) E[(1-s)^2 ||grad phi(x)||^2 + s^2 ||grad phi(G)||^2], s = sigmoid(phi) (Roth et al. 2017)."""

    kind: Literal["roth"]
    code: ClassVar[str] = "ganmatrix.methods.techniques.roth:Roth"
    gamma: Weight = 0.1
    last_factor: float = Field(default=0.01, gt=0, le=1, description="gamma falls to this share of itself")


class WganGpParams(PenaltySection):
    """lambda E(||grad D|| - 1)^2 at interpolates (Gulrajani et al. 2017)."""

    kind: Literal["wgan_gp"]
    code: ClassVar[str] = "ganmatrix.methods.techniques.wgan_gp:WganGp"
    weight: Weight = 10.0


class WganLpParams(PenaltySection):
    """lambda E max(0, ||grad D|| - 1)^2 at interpolates (Petzka et al. 2018)."""

    kind: Literal["wgan_lp"]
    code: ClassVar[str] = "ganmatrix.methods.techniques.wgan_lp:WganLp"
    weight: Weight = 10.0


class DraganParams(PenaltySection):
    """lambda E(||grad D|| - 1)^2 between reals and their noisy copies (Kodali et al. 2017)."""

    kind: Literal["dragan"]
    code: ClassVar[str] = "ganmatrix.methods.techniques.dragan:Dragan"
    weight: Weight = 10.0
    spread: float = Field(default=0.5, gt=0, le=10, description="of the noise, in standard deviations")


class ZeroGpParams(PenaltySection):
    """lambda E||grad D||^2 (Thanh-Tung et al. 2019), at interpolates or at samples."""

    kind: Literal["zero_gp"]
    code: ClassVar[str] = "ganmatrix.methods.techniques.zero_gp:ZeroGp"
    weight: Weight = 10.0
    at: Literal["interpolates", "real", "fake"] = "interpolates"


class AlpParams(TechniqueSection):
    """Adversarial Lipschitz penalty: lambda E max(0, |dD|/||r|| - 1)^2 at adversarial r (Terjek 2020)."""

    kind: Literal["alp"]
    code: ClassVar[str] = "ganmatrix.methods.techniques.alp:Alp"
    weight: Weight = 10.0
    smallest_radius: float = Field(default=0.1, gt=0, le=1000)
    largest_radius: float = Field(default=10.0, gt=0, le=1000)
    xi: float = Field(default=10.0, gt=0, le=1000, description="length of the probing step")
    power_iterations: int = Field(default=1, ge=1, le=20)

    @model_validator(mode="after")
    def _radii_in_order(self) -> "AlpParams":
        if self.smallest_radius > self.largest_radius:
            raise ValueError("smallest_radius is above largest_radius; exchange them")
        return self


class UnifiedGradientParams(PenaltySection):
    """epsilon E||grad_x L||_q of D's own loss (Lyu et al. 2015): adversarial training to first order."""

    kind: Literal["unified_gradient"]
    code: ClassVar[str] = "ganmatrix.methods.techniques.unified_gradient:UnifiedGradient"
    epsilon: Weight = Field(default=0.1, description="radius of the perturbation that it stands for")
    perturbation: Literal["l1", "l2", "linf"] = Field(
        default="l2", description="norm of that perturbation; q is its dual"
    )


class VatParams(TechniqueSection):
    """VAT of D (Miyato et al. 2018): + w KL(D(x), D(x + r)) at the worst r of length epsilon."""

    kind: Literal["vat"]
    code: ClassVar[str] = "ganmatrix.methods.techniques.vat:Vat"
    weight: Weight = 1.0
    epsilon: float = Field(default=1.0, gt=0, le=1000, description="length of r in data units")
    xi: float = Field(default=0.1, gt=0, le=1000, description="length of the probing step")
    power_iterations: int = Field(default=1, ge=1, le=20)


class WeightClippingParams(TechniqueSection):
    """After each of its steps, D's weights are clipped to [-bound, bound] (Arjovsky et al. 2017)."""

    kind: Literal["weight_clipping"]
    code: ClassVar[str] = "ganmatrix.methods.techniques.weight_clipping:WeightClipping"
    bound: float = Field(default=0.01, gt=0, le=100)


class InstanceNoiseParams(TechniqueSection):
    """Gaussian noise on all that D sees (Sonderby et al. 2017), its deviation falling linearly."""

    kind: Literal["instance_noise"]
    code: ClassVar[str] = "ganmatrix.methods.techniques.instance_noise:InstanceNoise"
    std: float = Field(default=0.1, ge=0, le=10, description="at the start, data units")
    last_std: float = Field(default=0.0, ge=0, le=10, description="at the end")


class RotationParams(TechniqueSection):
    """SSGAN (Chen et al. 2019): + w CE of naming by which quarter turn an image is rotated."""

    kind: Literal["rotation"]
    code: ClassVar[str] = "ganmatrix.methods.techniques.rotation:Rotation"
    discriminator_weight: Weight = 1.0
    generator_weight: Weight = 0.2
    needs_critic: ClassVar[bool] = True
    images_only: ClassVar[bool] = True


class InfoMaxParams(TechniqueSection):
    """InfoMax-GAN (Lee et al. 2021): + w InfoNCE between an image's local and global features."""

    kind: Literal["info_max"]
    code: ClassVar[str] = "ganmatrix.methods.techniques.info_max:InfoMax"
    discriminator_weight: Weight = 0.2
    generator_weight: Weight = 0.2
    dimension: int = Field(default=1024, ge=2, le=8192, description="of the space both are projected to")
    relates_samples: ClassVar[bool] = True
    needs_critic: ClassVar[bool] = True
    images_only: ClassVar[bool] = True


class FeatureMatchingParams(TechniqueSection):
    """Feature matching (Salimans et al. 2016): G descends ||E f(x) - E f(G(z))||^2 alone."""

    kind: Literal["feature_matching"]
    code: ClassVar[str] = "ganmatrix.methods.techniques.feature_matching:FeatureMatching"
    weight: Weight = 1.0
    needs_critic: ClassVar[bool] = True
    replaces_adversary: ClassVar[bool] = True


class MinibatchDiscriminationParams(TechniqueSection):
    """Minibatch discrimination (Salimans et al. 2016): D sees sum_j exp(-||M_i - M_j||_1) of its batch."""

    kind: Literal["minibatch_discrimination"]
    code: ClassVar[str] = "ganmatrix.methods.techniques.minibatch_discrimination:MinibatchDiscrimination"
    kernels: int = Field(default=50, ge=1, le=1000)
    dimension: int = Field(default=5, ge=1, le=100)
    relates_samples: ClassVar[bool] = True
    needs_critic: ClassVar[bool] = True


class HistoricalAveragingParams(TechniqueSection):
    """weight ||theta - mean of past theta||^2 for both players (Salimans et al. 2016)."""

    kind: Literal["historical_averaging"]
    code: ClassVar[str] = "ganmatrix.methods.techniques.historical_averaging:HistoricalAveraging"
    weight: Weight = 1.0


class VirtualBatchNormParams(TechniqueSection):
    """G normalises by a fixed reference batch and the sample itself (Salimans et al. 2016)."""

    kind: Literal["virtual_batch_norm"]
    code: ClassVar[str] = "ganmatrix.methods.techniques.virtual_batch_norm:VirtualBatchNorm"
    reference: int = Field(default=64, ge=2, le=4096, description="latents in the reference batch")


Technique = Annotated[
    R1Params
    | R2Params
    | RothParams
    | WganGpParams
    | WganLpParams
    | DraganParams
    | ZeroGpParams
    | AlpParams
    | UnifiedGradientParams
    | VatParams
    | WeightClippingParams
    | InstanceNoiseParams
    | RotationParams
    | InfoMaxParams
    | FeatureMatchingParams
    | MinibatchDiscriminationParams
    | HistoricalAveragingParams
    | VirtualBatchNormParams,
    BY_KIND,
]
