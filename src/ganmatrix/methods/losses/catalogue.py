"""The losses, by their names in params.yaml: where each one's class is. Imports none of them."""

from pkgutil import resolve_name
from typing import TYPE_CHECKING

from ganmatrix.params.losses import Loss as LossParams

if TYPE_CHECKING:
    from ganmatrix.methods.losses.loss import Loss, SeparableLoss

LOSSES: dict[str, str] = {
    "saturating": "ganmatrix.methods.losses.logistic:Saturating",
    "non_saturating": "ganmatrix.methods.losses.logistic:NonSaturating",
    "hinge": "ganmatrix.methods.losses.hinge:Hinge",
    "least_squares": "ganmatrix.methods.losses.least_squares:LeastSquares",
    "wasserstein": "ganmatrix.methods.losses.wasserstein:Wasserstein",
    "kl": "ganmatrix.methods.losses.f_divergence:KullbackLeibler",
    "reverse_kl": "ganmatrix.methods.losses.f_divergence:ReverseKullbackLeibler",
    "pearson": "ganmatrix.methods.losses.f_divergence:Pearson",
    "hellinger": "ganmatrix.methods.losses.f_divergence:Hellinger",
    "jensen_shannon": "ganmatrix.methods.losses.f_divergence:JensenShannon",
    "energy_margin": "ganmatrix.methods.losses.energy_margin:EnergyMargin",
    "relativistic": "ganmatrix.methods.losses.relativistic:Relativistic",
    "relativistic_average": "ganmatrix.methods.losses.relativistic:RelativisticAverage",
}


def build(params: LossParams) -> "Loss":
    """The loss that the params describe."""
    return resolve_name(LOSSES[params.kind])(params)


def build_separable(params: LossParams) -> "SeparableLoss":
    """The same, of a loss whose sides stand by themselves; which ones do is checked with the params."""
    return resolve_name(LOSSES[params.kind])(params)
