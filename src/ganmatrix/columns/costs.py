"""Where the losses of both players end, and what a run costs."""

from ganmatrix.columns.measure import POSITIVE, Measure

_MEAN = "Mean over the logged steps of the last tenth of training, penalties left out."

LOSSES: dict[str, Measure] = {
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


TIMES = ("wall_seconds", "cpu_seconds", "images_per_second")
"""Those that other work on the machine moves: no claim may rest on them."""

COSTS: dict[str, Measure] = {
    "operations_per_step": Measure(
        "Operations of a training step",
        "lower",
        "Multiply-adds of one generator step with its discriminator steps, in millions: those of matrix "
        "products and convolutions, forward and backward. A count: machine, load and seed do not move it. It "
        "does not say how fast a machine is at them.",
        unit="million multiply-adds",
        limits=POSITIVE,
        ratio=True,
    ),
    "wall_seconds": Measure(
        "Training time",
        "lower",
        "Seconds of wall clock for one run, on whatever machine ran it.",
        unit="s",
        limits=POSITIVE,
    ),
    "cpu_seconds": Measure(
        "Processor time of training",
        "lower",
        "Seconds that processors worked for one run; a GPU's work is not among them. Other work on the "
        "machine moves them: to compare methods, count operations.",
        unit="s",
        limits=POSITIVE,
    ),
    "images_per_second": Measure(
        "Training speed",
        "higher",
        "Real samples that D sees in a second of training.",
        unit="1/s",
        limits=POSITIVE,
    ),
    "diverged": Measure(
        "Divergence",
        "lower",
        "Share of runs whose loss, gradients or weights stopped being finite numbers.",
        percent=True,
    ),
}

SECTIONS = {"Final losses": LOSSES, "Cost": COSTS}
