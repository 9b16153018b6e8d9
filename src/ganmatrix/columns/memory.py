"""What D knows by heart, and how alike are the members of a D that consists of several."""

from ganmatrix.columns.measure import POSITIVE, Measure

MEASURES: dict[str, Measure] = {
    "overfitting_gap": Measure(
        "D's gap between training and held-out reals",
        None,
        "By how many standard deviations D's mean score of training reals exceeds that of reals it has never "
        "seen. 0 is no overfitting.",
    ),
    "overfitting_auroc": Measure(
        "D's AUROC of training against held-out reals",
        None,
        "Probability that D scores a training real above one that it has never seen. 50% is no overfitting; "
        "chance alone moves it by about 2.5 points (one standard deviation, at 256 of each).",
        percent=True,
    ),
    "ensemble_auroc_range": Measure(
        "Range of the members' AUROC",
        None,
        "How far the best member of a D that consists of several tells reals from fakes better than the "
        "worst, both unperturbed.",
        percent=True,
    ),
    "ensemble_disagreement": Measure(
        "Disagreement of the members of D",
        None,
        "How far the members' scores of one fake lie apart, as a multiple of how far their mean moves from "
        "fake to fake. 0: they are one.",
        limits=POSITIVE,
    ),
    "ensemble_rank_correlation": Measure(
        "Rank correlation of the members of D",
        None,
        "Spearman correlation of two members' scores of the same fakes, mean over pairs. 1: they order the "
        "fakes alike.",
        limits=(-1, 1),
    ),
}
