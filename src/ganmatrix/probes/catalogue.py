"""All probes by name, in the order of probes.json."""

from ganmatrix.probes import clean, fgsm, input_gradient, noise, pgd
from ganmatrix.probes.subject import Probe

PROBES: dict[str, Probe] = {
    "clean": clean.PROBE,
    "fgsm": fgsm.PROBE,
    "pgd": pgd.PROBE,
    "noise": noise.PROBE,
    "input_gradient": input_gradient.PROBE,
}
