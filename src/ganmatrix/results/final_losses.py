"""Where the losses of D and G end: FARGAN's sign of a collapse, read off the training history.

A GAN with the logistic loss at its equilibrium has D = 1/2, so that D's loss is 2 log 2 = 1.386 nats and
G's is log 2 = 0.693. Tao & Wang (2020) read a collapse from D's loss below and G's above these values.
"""

import math

import pandas as pd

from ganmatrix.results.artifacts import Entry, Reproducible

LAST_SHARE = 0.1
"""Of the generator steps, over which the logged losses are averaged."""

COLUMNS = {"final_loss_discriminator": "loss_discriminator", "final_loss_generator": "loss_generator"}
"""Each column with that of the history it averages; penalties are not part of either loss."""


def final_losses(history: pd.DataFrame, trained: Reproducible) -> dict[str, Entry]:
    """The mean of each loss over the logged rows of the last tenth of training, in the loss's own unit.

    Null where training diverged, or no row of the last tenth was logged.
    """
    rows = history[history["step"] > (1 - LAST_SHARE) * trained.generator_steps]
    return {
        column: _mean(rows[logged], trained)
        for column, logged in COLUMNS.items()
        if logged in history.columns
    }


def _mean(losses: pd.Series, trained: Reproducible) -> Entry:
    protocol = {"averaged_over": "the last tenth of the generator steps"}
    if trained.outcome == "diverged":
        return Entry(value=None, protocol=protocol, reason="training diverged")
    value = float(losses.mean())
    if not math.isfinite(value):
        return Entry(value=None, protocol=protocol, reason="no loss was logged in the last tenth")
    return Entry(value=value, protocol=protocol)
