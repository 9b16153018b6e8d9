"""All probes by name, in the order of probes.json."""

from ganmatrix.probes import fgsm, input_gradient, noise, pgd
from ganmatrix.probes.subject import Probe

PROBES: dict[str, Probe] = {
    "fgsm": fgsm.PROBE,
    "pgd": pgd.PROBE,
    "noise": noise.PROBE,
    "input_gradient": input_gradient.PROBE,
}
