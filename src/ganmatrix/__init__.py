"""A declarative reproducibility pipeline for research on the stability of GANs."""

__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    """`ganmatrix.score`, imported when it is asked for: it needs torch."""
    if name == "score":
        from ganmatrix.stages.score import score

        return score
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
