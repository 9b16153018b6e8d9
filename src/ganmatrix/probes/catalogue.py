"""All probes by name, in the order of probes.json."""

from ganmatrix.probes import (
    clean,
    ensemble,
    fgsm,
    generator_gradient,
    gradient_noise,
    gradient_profile,
    input_gradient,
    lipschitz,
    noise,
    overfitting,
    pgd,
)
from ganmatrix.probes.subject import Probe

PROBES: dict[str, Probe] = {
    "clean": clean.PROBE,
    "fgsm": fgsm.PROBE,
    "pgd": pgd.PROBE,
    "noise": noise.PROBE,
    "input_gradient": input_gradient.PROBE,
    "lipschitz": lipschitz.PROBE,
    "gradient_profile": gradient_profile.PROBE,
    "gradient_noise": gradient_noise.PROBE,
    "generator_gradient": generator_gradient.PROBE,
    "overfitting": overfitting.PROBE,
    "ensemble": ensemble.PROBE,
}
