"""What each column measures, in plain words: its name, which way is better, how it is printed."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Direction = Literal["lower", "higher"]

Bounds = tuple[float, float]
"""The least and the greatest value that is possible."""


@dataclass(frozen=True)
class Measure:
    """A kind of column.

    `percent` prints a share as a percentage; `ratio` compares as a share of the baseline's value.
    """

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

_PUSHED = (
    "when every component of its input is moved by at most the given strength {how}, reals to look generated "
    "and generated samples to look real. 50% is guessing, less is being fooled. Tables give the mean over "
    "the range of strengths, figures the whole curve."
)
_ACCURACY = "Share of real and generated samples that D still tells apart " + _PUSHED
_AUROC = "Probability that D scores a real sample above a generated one, whatever its threshold, " + _PUSHED
_FGSM = "in one step along the sign of D's gradient (FGSM)"
_PGD = "in several small steps along D's gradient (PGD, a stronger attack than FGSM)"
_NOISE = "at random (the control of the attacks: nobody aims)"
_STEEPNESS = "length of the gradient of D's output in its input, over {where}, in logits per data unit"

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
        "Number of the data's clusters that at least one high-quality generated point falls on; of stacked "
        "digits, of the triples that a classifier reads off at least one generated image. Missing ones mean "
        "mode collapse.",
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
        "Kullback-Leibler divergence of the generated distribution over clusters (of stacked digits: over "
        "triples) from the true, even one, in nats: 0 if every cluster gets its share.",
        unit="nats",
    ),
    "energy_distance": Measure(
        "Energy distance",
        "lower",
        "How far the generated points lie from the real ones, beyond how far each kind lies from its own: 0 "
        "for equal distributions only. It needs no clusters. It depends on the number of points, so it "
        "compares within one table only.",
        ratio=True,
    ),
    "clean_accuracy": Measure(
        "D's accuracy, unperturbed",
        "higher",
        "Share of held-out reals and fresh fakes, left as they are, that D tells apart. 50% is guessing.",
        percent=True,
    ),
    "clean_auroc": Measure(
        "D's AUROC, unperturbed",
        "higher",
        "Probability that D scores a held-out real above a fresh fake, both left as they are, whatever its "
        "threshold. 50% is guessing: such a D knows nothing that an attack could take away.",
        percent=True,
    ),
    "fgsm_accuracy": Measure("D's accuracy under FGSM", "higher", _ACCURACY.format(how=_FGSM), percent=True),
    "fgsm_auroc": Measure("D's AUROC under FGSM", "higher", _AUROC.format(how=_FGSM), percent=True),
    "pgd_accuracy": Measure("D's accuracy under PGD", "higher", _ACCURACY.format(how=_PGD), percent=True),
    "pgd_auroc": Measure("D's AUROC under PGD", "higher", _AUROC.format(how=_PGD), percent=True),
    "noise_accuracy": Measure(
        "D's accuracy under noise", "higher", _ACCURACY.format(how=_NOISE), percent=True
    ),
    "noise_auroc": Measure("D's AUROC under noise", "higher", _AUROC.format(how=_NOISE), percent=True),
    "gradient_norm_real": Measure(
        "D's gradient norm at reals",
        None,
        f"Mean {_STEEPNESS.format(where='reals')}: how steep D is there. Very "
        "steep means exploding gradients.",
    ),
    "gradient_norm_real_p95": Measure(
        "D's gradient norm at reals, 95th percentile", None, "The length that 5% of the reals exceed."
    ),
    "gradient_norm_real_max": Measure(
        "D's gradient norm at reals, maximum", None, "The steepest point among the reals."
    ),
    "gradient_norm_fake": Measure(
        "D's gradient norm at fakes",
        None,
        f"Mean {_STEEPNESS.format(where='fakes')}: the strength of the signal that G learns from. Flat means "
        "that G learns nothing.",
    ),
    "gradient_norm_fake_p95": Measure(
        "D's gradient norm at fakes, 95th percentile", None, "The length that 5% of the fakes exceed."
    ),
    "gradient_norm_fake_max": Measure(
        "D's gradient norm at fakes, maximum", None, "The steepest point among the fakes."
    ),
    "wall_seconds": Measure(
        "Training time", "lower", "Seconds of wall clock for one cell, on whatever machine ran it.", unit="s"
    ),
    "images_per_second": Measure(
        "Training speed", "higher", "Real samples that D sees in a second of training.", unit="1/s"
    ),
}

PRIMARY = ("fid", "modes", "high_quality_share", "energy_distance")
"""What the headline speaks of: one measure for images and three for points; modes on stacked digits too."""


ANY: Bounds = (-math.inf, math.inf)
SHARE: Bounds = (0, 1)
POSITIVE: Bounds = (0, math.inf)

BOUNDS: dict[str, Bounds] = {
    **{key: SHARE for key, measure in MEASURES.items() if measure.percent},
    **{key: POSITIVE for key in MEASURES if key.startswith("gradient_norm")},
    "fid": POSITIVE,
    "inception_score": (1, math.inf),
    "modes": POSITIVE,
    "reverse_kl": POSITIVE,
    "energy_distance": POSITIVE,
    "wall_seconds": POSITIVE,
    "images_per_second": POSITIVE,
}
"""What a measure's mean can be. KID's estimate may fall below 0; the number of modes is in its protocol."""

CUT = "\N{DAGGER}"
CUT_NOTE = f"{CUT} the t interval of so few seeds reaches beyond what is possible and is cut there"

CHANCE: Bounds = (0.45, 0.55)
"""Mean unperturbed AUROC of a D that is no better than a coin."""


def column(name: str) -> Column:
    """The column of that name; an unknown one explains itself by its name alone."""
    key = max((key for key in MEASURES if name == key or name.startswith(f"{key}_")), key=len, default=name)
    measure = MEASURES.get(key, Measure(name, None, "No description is on record for this column."))
    rest = name.removeprefix(key).strip("_")
    checkpoint = next((known for known in CHECKPOINTS if f"_{rest}".endswith(f"_{known}")), None)
    extractor = rest.removesuffix(checkpoint or "").strip("_")
    return Column(name, key, measure, extractor or None, checkpoint)


def ordered(names: Iterable[str]) -> list[Column]:
    """The columns of those names in the order of `MEASURES`; unknown ones last, by name."""
    ranks = {key: rank for rank, key in enumerate(MEASURES)}
    return sorted(map(column, names), key=lambda c: (ranks.get(c.key, len(ranks)), c.name))


def number(value: float | None, measure: Measure) -> str:
    """Three significant digits, as a percentage where the measure is a share."""
    if value is None:
        return "-"
    return f"{plain(100 * value)}%" if measure.percent else plain(value)


def bounds(name: str, protocol: Mapping[str, Any]) -> Bounds:
    """What the mean of a column can be, given how it was measured."""
    key = column(name).key
    low, high = BOUNDS.get(key, ANY)
    return (low, float(protocol.get("modes", high))) if key == "modes" else (low, high)


def bounds_of_difference(of: Bounds, *, relative: bool) -> Bounds:
    """What the difference of two such means can be; a relative one cannot fall by more than all."""
    low, high = of
    if relative:
        return (-1, math.inf) if low >= 0 else ANY
    return low - high, high - low


def cut(low: float, high: float, within: Bounds) -> tuple[float, float, str]:
    """The interval inside its bounds, and the mark that it has lost something, if so."""
    least, greatest = within
    mark = CUT if low < least or high > greatest else ""
    return max(low, least), min(high, greatest), mark


def interval(low: float | None, high: float | None, measure: Measure, within: Bounds = ANY) -> str:
    """`[low, high]`, cut and marked where it leaves its bounds, or nothing where there is none."""
    if low is None or high is None:
        return ""
    low, high, mark = cut(low, high, within)
    return f"[{number(low, measure)}, {number(high, measure)}]{mark}"


def plain(value: float) -> str:
    """Three significant digits, in decimal notation for everyday sizes.

    A true minus sign, because a line may break after a hyphen.
    """
    size = abs(value)
    if size >= 100_000 or 0 < size < 0.0005:
        text = f"{size:.2e}"
    else:
        decimals = 0 if size >= 100 else 1 if size >= 10 else 2 if size >= 1 else 3
        text = f"{size:.{decimals}f}"
    return f"\N{MINUS SIGN}{text}" if value < 0 else text
