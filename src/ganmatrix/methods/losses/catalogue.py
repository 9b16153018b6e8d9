"""The losses, by their names in params.yaml."""

from ganmatrix.methods.losses.energy_margin import EnergyMargin
from ganmatrix.methods.losses.f_divergence import (
    Hellinger,
    JensenShannon,
    KullbackLeibler,
    Pearson,
    ReverseKullbackLeibler,
)
from ganmatrix.methods.losses.hinge import Hinge
from ganmatrix.methods.losses.least_squares import LeastSquares
from ganmatrix.methods.losses.logistic import NonSaturating, Saturating
from ganmatrix.methods.losses.loss import Loss, SeparableLoss
from ganmatrix.methods.losses.relativistic import Relativistic, RelativisticAverage
from ganmatrix.methods.losses.wasserstein import Wasserstein
from ganmatrix.params.losses import Loss as LossParams

LOGISTIC: dict[str, type[NonSaturating]] = {"saturating": Saturating, "non_saturating": NonSaturating}

SEPARABLE: dict[str, type[SeparableLoss]] = {
    "hinge": Hinge,
    "least_squares": LeastSquares,
    "wasserstein": Wasserstein,
    "kl": KullbackLeibler,
    "reverse_kl": ReverseKullbackLeibler,
    "pearson": Pearson,
    "hellinger": Hellinger,
    "jensen_shannon": JensenShannon,
}

RELATIVE: dict[str, type[Loss]] = {
    "relativistic": Relativistic,
    "relativistic_average": RelativisticAverage,
}


def build(params: LossParams) -> Loss:
    """The loss that the params describe."""
    if params.kind in RELATIVE:
        return RELATIVE[params.kind]()
    return build_separable(params)


def build_separable(params: LossParams) -> SeparableLoss:
    """The same, of a loss whose sides stand by themselves."""
    if params.kind in LOGISTIC:
        return LOGISTIC[params.kind](params.real_weight, params.real_label)
    if params.kind == "energy_margin":
        return EnergyMargin(params.real_weight, params.margin)
    return SEPARABLE[params.kind](params.real_weight)
