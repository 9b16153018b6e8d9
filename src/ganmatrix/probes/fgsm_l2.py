"""Fast gradient method in the L2 norm, Miyato et al. 2017: one step along g / |g|_2."""

from ganmatrix.probes.balls import L2
from ganmatrix.probes.fgsm import fast_gradient_probe

PROBE = fast_gradient_probe("fgsm_l2", L2)
