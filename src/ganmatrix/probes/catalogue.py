"""All probes by name, in the order of probes.json."""

from ganmatrix.probes import (
    clean,
    corruptions,
    fgsm,
    fgsm_l2,
    input_gradient,
    noise,
    noise_l2,
    pgd,
    pgd_l2,
    rotation,
    scaling,
    translation,
    universal,
)
from ganmatrix.probes.subject import Probe

PROBES: dict[str, Probe] = {
    "clean": clean.PROBE,
    "fgsm": fgsm.PROBE,
    "fgsm_l2": fgsm_l2.PROBE,
    "pgd": pgd.PROBE,
    "pgd_l2": pgd_l2.PROBE,
    "universal": universal.PROBE,
    "noise": noise.PROBE,
    "noise_l2": noise_l2.PROBE,
    "rotation": rotation.PROBE,
    "translation": translation.PROBE,
    "scaling": scaling.PROBE,
    "corruptions": corruptions.PROBE,
    "input_gradient": input_gradient.PROBE,
}
