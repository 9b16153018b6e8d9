"""The threads that the engine grants; for stages that do without torch, too."""

import os
import re

from ganmatrix.errors import UserError

MOST_THREADS = 1024


def threads() -> int:
    """Threads granted: OMP_NUM_THREADS, which Snakemake sets from a rule's threads; else 1."""
    text = os.environ.get("OMP_NUM_THREADS", "1")
    if not re.fullmatch("[0-9]{1,9}", text) or not 1 <= int(text) <= MOST_THREADS:
        raise UserError(f"OMP_NUM_THREADS is {text!r}; expected a whole number from 1 to {MOST_THREADS}")
    return int(text)
