"""Projected gradient descent in the L2 ball, Madry et al. 2018."""

from ganmatrix.probes.balls import L2
from ganmatrix.probes.pgd import pgd_probe

PROBE = pgd_probe("pgd_l2", L2)
