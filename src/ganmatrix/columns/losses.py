"""Where the losses of both players end."""

from ganmatrix.columns.measure import Measure

_MEAN = "Mean over the logged steps of the last tenth of training, penalties left out."

MEASURES: dict[str, Measure] = {
    "final_loss_discriminator": Measure(
        "D's loss at the end",
        None,
        f"{_MEAN} With the logistic loss a game at rest has 2 log 2 = 1.386; FARGAN's paper reads a collapse "
        "from less. Compares only methods of one loss. FARGAN's cannot fall as low as others': with half of "
        "what counts as real being fake it stays above 0.955, with a quarter above 0.626. Compare it with "
        "its control.",
        unit="nats",
    ),
    "final_loss_generator": Measure(
        "G's loss at the end",
        None,
        f"{_MEAN} With the non-saturating loss a game at rest has log 2 = 0.693; FARGAN's paper reads a "
        "collapse from more. Compares only methods of one loss.",
        unit="nats",
    ),
}
