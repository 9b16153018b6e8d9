"""How D holds up when its inputs are perturbed."""

from ganmatrix.reporting.catalogue.measure import Measure

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
MEASURES: dict[str, Measure] = {
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
}
