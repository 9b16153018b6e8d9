"""What a run costs."""

from ganmatrix.reporting.catalogue.measure import POSITIVE, Measure

MEASURES: dict[str, Measure] = {
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
        "Seconds that processors worked for one run. Other work hardly moves them; a GPU's work "
        "is not among them.",
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
