"""How far attacks travel from one D to another."""

from ganmatrix.columns.measure import Measure

MEASURES: dict[str, Measure] = {
    "transfer_received": Measure(
        "Attacks on other methods' D, tried on this one",
        "lower",
        "How much held-out reals that were perturbed to look generated to another method's D (by PGD; same "
        "architecture and seed) lower this D's logit, as a share of what the same attack aimed at this D "
        "itself does; the mean over the other methods. 1: as if aimed at it. 0: not at all.",
    ),
}
