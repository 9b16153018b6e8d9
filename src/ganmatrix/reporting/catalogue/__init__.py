"""Every kind of column that reports can explain, in the order of tables."""

from ganmatrix.reporting.catalogue import attacks, costs, gradients, memory, scores, smoothness, transfers
from ganmatrix.reporting.catalogue.measure import Measure

MEASURES: dict[str, Measure] = {
    **scores.MEASURES,
    **attacks.MEASURES,
    **transfers.MEASURES,
    **gradients.MEASURES,
    **smoothness.MEASURES,
    **memory.MEASURES,
    **costs.MEASURES,
}
