"""`loss` of a method: a name, or a section with its settings."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field

from ganmatrix.params.kinds import BY_KIND, Member, kinds


class LossSection(Member):
    """Properties of the params of every loss."""

    is_separable: ClassVar[bool] = False
    """Whether D's loss is a sum of a term on reals and a term on fakes."""


class SeparableSection(LossSection):
    """A loss with a term for each side."""

    is_separable: ClassVar[bool] = True
    real_weight: float = Field(
        default=0.5, gt=0, lt=1, description="pi: weight of the real side, 1 - pi of the fake side"
    )


class LogisticSection(SeparableSection):
    """Cross-entropy on logits."""

    real_label: float = Field(
        default=1.0, gt=0.5, le=1, description="D's target on reals: 0.9 is one-sided label smoothing"
    )


class SaturatingParams(LogisticSection):
    """The minimax game itself: G minimises log(1 - D(G(z))) (Goodfellow et al. 2014)."""

    kind: Literal["saturating"]
    code: ClassVar[str] = "ganmatrix.methods.losses.logistic:Saturating"


class NonSaturatingParams(LogisticSection):
    """G minimises -log D(G(z)) (Goodfellow et al. 2014)."""

    kind: Literal["non_saturating"]
    code: ClassVar[str] = "ganmatrix.methods.losses.logistic:NonSaturating"


class HingeParams(SeparableSection):
    """max(0, 1 - D) for reals, max(0, 1 + D) for fakes; G maximises D (Lim & Ye 2017)."""

    kind: Literal["hinge"]
    code: ClassVar[str] = "ganmatrix.methods.losses.hinge:Hinge"


class LeastSquaresParams(SeparableSection):
    """(1/2)(D - 1)^2 for reals, (1/2) D^2 for fakes; G minimises (1/2)(D - 1)^2 (Mao et al. 2017)."""

    kind: Literal["least_squares"]
    code: ClassVar[str] = "ganmatrix.methods.losses.least_squares:LeastSquares"


class WassersteinParams(SeparableSection):
    """The difference of D's means on the two sides; D must be kept Lipschitz (Arjovsky et al. 2017)."""

    kind: Literal["wasserstein"]
    code: ClassVar[str] = "ganmatrix.methods.losses.wasserstein:Wasserstein"


class KullbackLeiblerParams(SeparableSection):
    """f(u) = u log u; g(v) = v, f*(t) = exp(t - 1) (Nowozin et al. 2016)."""

    kind: Literal["kl"]
    code: ClassVar[str] = "ganmatrix.methods.losses.f_divergence:KullbackLeibler"


class ReverseKullbackLeiblerParams(SeparableSection):
    """f(u) = -log u; g(v) = -exp(-v), f*(t) = -1 - log(-t) = v - 1 (Nowozin et al. 2016)."""

    kind: Literal["reverse_kl"]
    code: ClassVar[str] = "ganmatrix.methods.losses.f_divergence:ReverseKullbackLeibler"


class PearsonParams(SeparableSection):
    """f(u) = (u - 1)^2; g(v) = v, f*(t) = t^2 / 4 + t (Nowozin et al. 2016)."""

    kind: Literal["pearson"]
    code: ClassVar[str] = "ganmatrix.methods.losses.f_divergence:Pearson"


class HellingerParams(SeparableSection):
    """f(u) = (sqrt(u) - 1)^2; g(v) = 1 - exp(-v), f*(t) = exp(v) - 1 (Nowozin et al. 2016)."""

    kind: Literal["hellinger"]
    code: ClassVar[str] = "ganmatrix.methods.losses.f_divergence:Hellinger"


class JensenShannonParams(SeparableSection):
    """f(u) = u log u - (u + 1) log((u + 1) / 2); g(v) = log 2 - softplus(-v) (Nowozin et al. 2016)."""

    kind: Literal["jensen_shannon"]
    code: ClassVar[str] = "ganmatrix.methods.losses.f_divergence:JensenShannon"


class EnergyMarginParams(SeparableSection):
    """Energy for reals, max(0, margin - energy) for fakes; G minimises the energy (Zhao et al. 2017)."""

    kind: Literal["energy_margin"]
    code: ClassVar[str] = "ganmatrix.methods.losses.energy_margin:EnergyMargin"
    margin: float = Field(default=1.0, gt=0, le=1e6, description="energy beyond which fakes are left alone")


class RelativisticParams(LossSection):
    """RSGAN: softplus(D(G(z)) - D(x)), in pairs; G swaps the two (Jolicoeur-Martineau 2019)."""

    kind: Literal["relativistic"]
    code: ClassVar[str] = "ganmatrix.methods.losses.relativistic:Relativistic"


class RelativisticAverageParams(LossSection):
    """RaSGAN: each side's logits less the other's mean, in cross-entropy (Jolicoeur-Martineau 2019)."""

    kind: Literal["relativistic_average"]
    code: ClassVar[str] = "ganmatrix.methods.losses.relativistic:RelativisticAverage"


def _section(value: Any) -> Any:
    """Read a bare name as the section of that kind."""
    return {"kind": value} if isinstance(value, str) else value


LossByKind = Annotated[
    SaturatingParams
    | NonSaturatingParams
    | HingeParams
    | LeastSquaresParams
    | WassersteinParams
    | KullbackLeiblerParams
    | ReverseKullbackLeiblerParams
    | PearsonParams
    | HellingerParams
    | JensenShannonParams
    | EnergyMarginParams
    | RelativisticParams
    | RelativisticAverageParams,
    BY_KIND,
]
_Name: Any = Literal[tuple(kinds(LossByKind))]
Loss = Annotated[LossByKind, BeforeValidator(_section, json_schema_input_type=_Name | LossByKind)]

NON_SATURATING = NonSaturatingParams(kind="non_saturating")
ENERGY_MARGIN = EnergyMarginParams(kind="energy_margin")
HINGE = HingeParams(kind="hinge")
