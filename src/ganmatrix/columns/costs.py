"""What a run costs."""

from ganmatrix.columns.measure import POSITIVE, Measure

TIMES = ("wall_seconds", "cpu_seconds", "images_per_second")
"""Those that other work on the machine moves: no claim may rest on them."""

MEASURES: dict[str, Measure] = {
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
