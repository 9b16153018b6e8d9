"""What each column measures, in plain words: its name, which way is better, how it is printed."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Direction = Literal["lower", "higher"]


@dataclass(frozen=True)
class Measure:
    """A kind of column. `percent` prints a share as a percentage; `ratio` compares as a share of the baseline."""

    title: str
    better: Direction | None
    explanation: str
    percent: bool = False
    ratio: bool = False
    unit: str = ""


@dataclass(frozen=True)
class Column:
    """A column of the matrix: its measure, and the qualifiers that its name carries."""

    name: str
    key: str
    measure: Measure
    extractor: str | None
    checkpoint: str | None

    @property
    def title(self) -> str:
        """Such as `FID (EfficientNet-Lite0 features)`."""
        features = EXTRACTORS.get(self.extractor or "", self.extractor)
        notes = [f"{features} features"] if features else []
        if self.checkpoint not in (None, "ema"):
            notes.append(CHECKPOINTS[str(self.checkpoint)])
        return f"{self.measure.title} ({', '.join(notes)})" if notes else self.measure.title


EXTRACTORS = {"efficientnet_lite0": "EfficientNet-Lite0", "inception": "Inception-v3"}

CHECKPOINTS = {
    "ema": "running average of G's weights",
    "last": "G's last weights",
    "init": "before training",
}

_ACCURACY = (
    "Share of real and generated samples that D still tells apart when every input component is moved by "
    "at most the given strength, {how}. 50% is guessing, less is being fooled."
)
_AUROC = (
    "Probability that D scores a random real sample above a random generated one under the same "
    "perturbation, {how}. 50% is guessing; unlike accuracy it does not depend on D's threshold."
)
_FGSM = "in one step along the sign of D's gradient (FGSM)"
_PGD = "in several small steps along D's gradient (PGD), a stronger attack than FGSM"

MEASURES = {
    "fid": Measure(
        "FID",
        "lower",
        "Fréchet distance between the features of real and generated images, each summed up as a Gaussian: "
        "0 if the two agree in mean and covariance. It depends on the feature extractor and on the number of "
        "images, so it compares within one table only.",
        ratio=True,
    ),
    "kid": Measure(
        "KID",
        "lower",
        "Kernel distance (squared MMD with a cubic kernel) between features of real and generated images. "
        "Unlike FID its expectation does not depend on the number of images; it can fall just below 0.",
    ),
    "inception_score": Measure(
        "Inception Score",
        "higher",
        "High if a classifier is sure of each generated image and yet sees many classes overall. It never "
        "looks at real images.",
        ratio=True,
    ),
    "modes": Measure(
        "Modes covered",
        "higher",
        "Number of the data's clusters that at least one high-quality generated point falls on. Missing ones "
        "mean mode collapse.",
        unit="modes",
    ),
    "high_quality_share": Measure(
        "High-quality share",
        "higher",
        "Share of generated points that lie close to a cluster of the data.",
        percent=True,
    ),
    "reverse_kl": Measure(
        "Reverse KL",
        "lower",
        "Kullback-Leibler divergence of the generated distribution over clusters from the true, even one, in "
        "nats: 0 if every cluster gets its share.",
        unit="nats",
    ),
    "fgsm_accuracy": Measure("D's accuracy under FGSM", "higher", _ACCURACY.format(how=_FGSM), percent=True),
    "fgsm_auroc": Measure("D's AUROC under FGSM", "higher", _AUROC.format(how=_FGSM), percent=True),
    "pgd_accuracy": Measure("D's accuracy under PGD", "higher", _ACCURACY.format(how=_PGD), percent=True),
    "pgd_auroc": Measure("D's AUROC under PGD", "higher", _AUROC.format(how=_PGD), percent=True),
    "noise_accuracy": Measure(
        "D's accuracy under noise", "higher", _ACCURACY.format(how="at random"), percent=True
    ),
    "gradient_norm_real": Measure(
        "D's gradient norm at reals",
        None,
        "Mean length of the gradient of D's output with respect to a real input: how steep D is there. Very "
        "steep means exploding gradients; flat means that G learns nothing.",
    ),
    "gradient_norm_fake": Measure(
        "D's gradient norm at fakes",
        None,
        "The same at generated inputs: the strength of the signal that G learns from.",
    ),
    "wall_seconds": Measure(
        "Training time", "lower", "Seconds of wall clock for one cell, on whatever machine ran it.", unit="s"
    ),
    "images_per_second": Measure(
        "Training speed", "higher", "Real samples that D sees in a second of training.", unit="1/s"
    ),
}

PRIMARY = ("fid", "modes", "high_quality_share")
"""What the headline speaks of: one measure for images, two for points."""


def column(name: str) -> Column:
    """The column of that name; an unknown one explains itself by its name alone."""
    key = max((key for key in MEASURES if name == key or name.startswith(f"{key}_")), key=len, default=name)
    measure = MEASURES.get(key, Measure(name, None, "No description is on record for this column."))
    rest = name.removeprefix(key).strip("_")
    extractor, _, last = rest.rpartition("_")
    checkpoint = last if last in CHECKPOINTS else None
    return Column(name, key, measure, extractor or None, checkpoint)


def ordered(names: Iterable[str]) -> list[Column]:
    """The columns of those names in the order of `MEASURES`; unknown ones last, by name."""
    ranks = {key: rank for rank, key in enumerate(MEASURES)}
    return sorted(map(column, names), key=lambda c: (ranks.get(c.key, len(ranks)), c.name))


def number(value: float | None, measure: Measure) -> str:
    """Three significant digits, as a percentage where the measure is a share."""
    if value is None:
        return "-"
    return f"{_plain(100 * value)}%" if measure.percent else _plain(value)


def interval(low: float | None, high: float | None, measure: Measure) -> str:
    """`[low, high]`, or nothing where there is none."""
    if low is None or high is None:
        return ""
    return f"[{number(low, measure)}, {number(high, measure)}]"


def _plain(value: float) -> str:
    """Decimal notation for everyday sizes; a true minus sign keeps it from breaking off its number."""
    size = abs(value)
    if size >= 100_000 or 0 < size < 0.0005:
        text = f"{value:.2e}"
    else:
        decimals = 0 if size >= 100 else 1 if size >= 10 else 2 if size >= 1 else 3
        text = f"{value:.{decimals}f}"
    return text.replace("-", "−", 1)
