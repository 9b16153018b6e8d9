"""Noise of exact L2 norm in a uniform direction, the control of the attacks in that norm."""

from ganmatrix.probes.balls import L2
from ganmatrix.probes.noise import noise_probe

PROBE = noise_probe("noise_l2", L2)
