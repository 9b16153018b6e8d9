"""`methods`: adversarial training rules, by kind, with their hyperparameters."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from ganmatrix.params.base import Ratio
from ganmatrix.params.kinds import BY_KIND, Member
from ganmatrix.params.losses import ENERGY_MARGIN, HINGE, NON_SATURATING, Loss
from ganmatrix.params.techniques import Technique

Epsilon = Annotated[Ratio, Field(ge=0, le=10)]


class MethodSection(Member):
    """Properties of the params of every method."""

    kind: str
    loss: Loss = NON_SATURATING
    techniques: list[Technique] = Field(default_factory=list, description="what is added, in this order")
    streams: Literal["shared", "own"] = Field(
        default="shared",
        description="random numbers: those of the seed, as for all methods, or the method's own, for a twin",
    )

    separable_loss: ClassVar[bool] = False
    """Whether the rule treats reals and fakes separately, so that its loss must do so too."""
    has_critic: ClassVar[bool] = True
    """Whether D is the family's own network. Techniques may use its features."""
    takes_techniques: ClassVar[bool] = True
    """Whether techniques can be added. They cannot if D judges more than single samples of one domain."""

    has_energy: ClassVar[bool] = False
    """Whether D's logit is minus an energy. An energy is never negative."""
    looks_ahead: ClassVar[bool] = False
    """Whether the method changes only D's verdict in G's loss."""

    def idle(self, batches: int) -> str | None:
        """A part of the rule that is never active with this many batches in an epoch; None if all are."""
        return None

    @property
    def needs_second_derivatives(self) -> bool:
        """Whether an objective contains a gradient of D."""
        return any(technique.second_order for technique in self.techniques)

    @property
    def group(self) -> int:
        """The number of samples that D must see together. A batch is a multiple of it."""
        return 1


class GanParams(MethodSection):
    """The plain GAN (Goodfellow et al. 2014): D descends real(D(x)) + fake(D(G(z)))."""

    kind: Literal["gan"]
    code: ClassVar[str] = "ganmatrix.methods.gan:Gan"
    repeats: int = Field(default=1, ge=1, le=10, description="D steps on one batch of reals; 2 is a control")


class AsGanParams(MethodSection):
    """Adversarial symmetric GAN (Liu et al. 2021): a second D step, on real(D(x + epsilon sign(dl_r/dx)))."""

    kind: Literal["as_gan"]
    code: ClassVar[str] = "ganmatrix.methods.as_gan:AsGan"
    epsilon: Epsilon = Field(description="FGSM step on the data's [-1, 1] scale; 0 is the control")
    warm_up: int = Field(ge=0, description="iterations with epsilon 0 at the start")
    warm_up_recurs: bool = Field(
        default=True, description="true: at the start of every epoch, as the authors do; false: of the run"
    )
    direction: Literal["gradient", "random"] = Field(
        default="gradient", description="random: random signs, a control of the same norm"
    )
    steps: int = Field(default=1, ge=1, le=50, description="1 is FGSM; more is PGD within epsilon")
    relative_step: float = Field(default=0.5, gt=0, le=1, description="a PGD step over epsilon")
    update: Literal["second_step", "joint"] = Field(
        default="second_step", description="joint: one D step on clean and perturbed samples together"
    )
    separable_loss: ClassVar[bool] = True

    def idle(self, batches: int) -> str | None:
        if self.epsilon == 0 or not self.warm_up_recurs or self.warm_up < batches:
            return None
        return (
            f"warm_up is {self.warm_up} at the start of every epoch, but an epoch has {batches} batches, "
            f"so that "
            "the perturbation would never be on; lower warm_up, or set warm_up_recurs to false"
        )

    @model_validator(mode="after")
    def _steps_have_a_gradient(self) -> "AsGanParams":
        if self.direction == "random" and self.steps != 1:
            raise ValueError("steps is for the gradient's direction; leave it out with direction: random")
        return self


class DatParams(MethodSection):
    """DAT (Li et al. 2020): D trains on x - clamp(d|mean D(x) - m|/dx) of both sides, m the other's mean."""

    kind: Literal["dat"]
    code: ClassVar[str] = "ganmatrix.methods.dat:Dat"
    loss: Loss = HINGE
    threshold: float = Field(default=1.0, gt=0, description="t: bound on each component of the step")
    reduction: Literal["mean", "sum"] = Field(
        default="mean",
        description="mean: the step is the sample's gradient over the batch size, as published",
    )
    direction: Literal["gradient", "random"] = Field(
        default="gradient",
        description="random: each step in a random direction, a control of the same norm",
    )
    passes: Literal["fewest", "published"] = Field(
        default="fewest",
        description="published: D sees both clean sides twice, as in the authors' code; changes only how "
        "often its spectral norm and batch statistics are updated",
    )


class FarganParams(MethodSection):
    """Fake-as-real GAN (Tao & Wang 2020): N0 of the N samples that count as real are fakes of lowest D."""

    kind: Literal["fargan"]
    code: ClassVar[str] = "ganmatrix.methods.fargan:Fargan"
    fake_as_real_share: Ratio = Field(
        default=0.5, description="N0 / N, such as 32/64: the share of the real side that is fake"
    )
    oversampling: int = Field(
        default=8, ge=1, le=64, description="f: fakes drawn for each one that is selected"
    )
    selection: Literal["lowest", "largest", "random"] = Field(
        default="lowest",
        description="by D's output; lowest is the paper's, largest and random are controls",
    )

    @field_validator("fake_as_real_share")
    @classmethod
    def _leaves_reals(cls, share: float) -> float:
        if not 0 <= share < 1:
            raise ValueError(
                "expected the share N0 / N of what counts as real, such as 32/64: at least 0, below 1"
            )
        return share

    @model_validator(mode="after")
    def _selection_chooses(self) -> "FarganParams":
        if self.selection != "lowest" and (self.oversampling == 1 or self.fake_as_real_share == 0):
            idle = "oversampling is 1" if self.oversampling == 1 else "fake_as_real_share is 0"
            raise ValueError(f"selection has nothing to choose from when {idle}; leave it out")
        return self


class RobGanParams(MethodSection):
    """Rob-GAN's training (Liu & Hsieh 2019): D sees argmax l_r(x + r), |r| <= epsilon, by PGD, not x."""

    kind: Literal["rob_gan"]
    code: ClassVar[str] = "ganmatrix.methods.rob_gan:RobGan"
    epsilon: Epsilon = Field(default=0.03125, description="L-infinity radius; theirs at 64 pixels")
    steps: int = Field(default=5, ge=1, le=50)
    step_size: Epsilon = 0.0078
    separable_loss: ClassVar[bool] = True


class FastGanParams(MethodSection):
    """FastGAN (Zhong et al. 2020): free adversarial D steps at x + delta, delta += tau sign(dl/dx)."""

    kind: Literal["fast_gan"]
    code: ClassVar[str] = "ganmatrix.methods.fast_gan:FastGan"
    epsilon: Epsilon = Field(default=0.006, description="L-infinity radius of delta")
    step_size: Epsilon = Field(default=0.006, description="tau: delta's step at each D step")
    repeats: int = Field(default=2, ge=1, le=20, description="D steps on one batch")
    separable_loss: ClassVar[bool] = True


class ApaParams(MethodSection):
    """APA (Jiang et al. 2021): a real is a fake with probability p, steered by E sign D(x)."""

    kind: Literal["apa"]
    code: ClassVar[str] = "ganmatrix.methods.apa:Apa"
    target: float = Field(default=0.6, gt=-1, lt=1, description="E sign D(real) that p is steered to")
    interval: int = Field(default=4, ge=1, le=1000, description="D steps between changes of p")
    separable_loss: ClassVar[bool] = True
    ramp: int = Field(default=500_000, ge=1, description="reals seen in which p could go from 0 to 1")


class PacGanParams(MethodSection):
    """PacGAN (Lin et al. 2018): D judges packs (x_1, ..., x_m) of one side."""

    kind: Literal["pac_gan"]
    code: ClassVar[str] = "ganmatrix.methods.pac_gan:PacGan"
    packing: int = Field(default=2, ge=2, le=16, description="m")
    has_critic: ClassVar[bool] = False
    takes_techniques: ClassVar[bool] = False

    @property
    def group(self) -> int:
        return self.packing


class UnrolledParams(MethodSection):
    """Unrolled GAN (Metz et al. 2017): G descends l_G(D_k), D after k steps w - eta dl_D/dw."""

    kind: Literal["unrolled"]
    code: ClassVar[str] = "ganmatrix.methods.unrolled:Unrolled"
    steps: int = Field(default=5, ge=1, le=20, description="k")
    step_size: float = Field(default=1e-3, gt=0, le=1, description="of D's imagined gradient steps")
    looks_ahead: ClassVar[bool] = True

    @property
    def needs_second_derivatives(self) -> bool:
        return True


class GmanParams(MethodSection):
    """GMAN (Durugkar et al. 2017): G descends sum_i w_i l_i over several D, w = softmax(lambda l)."""

    kind: Literal["gman"]
    code: ClassVar[str] = "ganmatrix.methods.gman:Gman"
    discriminators: int = Field(default=3, ge=2, le=10)
    hardness: float = Field(
        default=0.0,
        ge=0,
        le=1000,
        description="lambda of the softmax over D: 0 their mean, large their worst",
    )
    separable_loss: ClassVar[bool] = True
    has_critic: ClassVar[bool] = False
    takes_techniques: ClassVar[bool] = False


class EbganParams(MethodSection):
    """EBGAN (Zhao et al. 2017): D = -mean (Dec(Enc(x)) - x)^2, minus an energy; codes of fakes repel."""

    kind: Literal["ebgan"]
    code: ClassVar[str] = "ganmatrix.methods.ebgan:Ebgan"
    loss: Loss = ENERGY_MARGIN
    pull_away: float = Field(
        default=0.1, ge=0, le=1e6, description="weight of the squared cosines between codes of fakes"
    )
    has_energy: ClassVar[bool] = True
    has_critic: ClassVar[bool] = False


class CeganParams(MethodSection):
    """Calibrated energy-based GAN (Dai et al. 2017): EBGAN's D; G descends energy - w E log q(z | G(z))."""

    kind: Literal["cegan"]
    code: ClassVar[str] = "ganmatrix.methods.cegan:Cegan"
    loss: Loss = ENERGY_MARGIN
    entropy_weight: float = Field(
        default=0.01, ge=0, le=1e6, description="of E log q(z | G(z)), a lower bound of G's entropy"
    )
    has_energy: ClassVar[bool] = True
    has_critic: ClassVar[bool] = False


class AliParams(MethodSection):
    """ALI and BiGAN (Dumoulin et al., Donahue et al. 2017): D judges (x, E(x)) against (G(z), z)."""

    kind: Literal["ali"]
    code: ClassVar[str] = "ganmatrix.methods.ali:Ali"
    stochastic: bool = Field(default=True, description="true: ALI, z drawn from q(z | x); false: BiGAN")
    separable_loss: ClassVar[bool] = True
    has_critic: ClassVar[bool] = False
    takes_techniques: ClassVar[bool] = False


class CoGanParams(MethodSection):
    """CoGAN (Liu & Tuzel 2016): two coupled GANs, l(x, G_1(z)) + l(edges(x), G_2(z))."""

    kind: Literal["co_gan"]
    code: ClassVar[str] = "ganmatrix.methods.co_gan:CoGan"
    has_critic: ClassVar[bool] = False
    takes_techniques: ClassVar[bool] = False


Method = Annotated[
    GanParams
    | AsGanParams
    | DatParams
    | FarganParams
    | RobGanParams
    | FastGanParams
    | ApaParams
    | PacGanParams
    | UnrolledParams
    | GmanParams
    | EbganParams
    | CeganParams
    | AliParams
    | CoGanParams,
    BY_KIND,
]
