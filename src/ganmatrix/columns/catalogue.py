"""Every kind of column, in the order of tables."""

from ganmatrix.columns import (
    attacks,
    costs,
    gradients,
    losses,
    memory,
    scores,
    smoothness,
    transfers,
)
from ganmatrix.columns.measure import Measure

SECTIONS: dict[str, dict[str, Measure]] = {
    "What the generators achieved": scores.MEASURES,
    "D attacked and disturbed": attacks.MEASURES,
    "Attacks from elsewhere": transfers.MEASURES,
    "How steep D is": gradients.MEASURES,
    "How far D's slope can be trusted": smoothness.MEASURES,
    "What D knows by heart": memory.MEASURES,
    "Where the losses end": losses.MEASURES,
    "Cost": costs.MEASURES,
}

MEASURES: dict[str, Measure] = {key: measure for each in SECTIONS.values() for key, measure in each.items()}
