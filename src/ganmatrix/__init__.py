"""A declarative reproducibility pipeline for research on the stability of GANs."""

__version__ = "0.1.0"
