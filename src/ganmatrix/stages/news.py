"""Whether dvc.lock says anything that Snakemake has not been told.

Snakemake's start-up asks, so this imports neither engine.
"""

import hashlib
from pathlib import Path

from ganmatrix.stages.files import write_text

LOCK = Path("dvc.lock")
SEEN = Path(".snakemake/dvc.lock.sha256")
"""The checksum of the dvc.lock that Snakemake's own notes agree with. It goes when they go."""


def unseen() -> bool:
    """Whether dvc.lock may vouch for files that Snakemake has no notes of."""
    return LOCK.is_file() and not (SEEN.is_file() and SEEN.read_text() == _checksum())


def see() -> None:
    """Note that what dvc.lock vouches for is known to Snakemake."""
    if LOCK.is_file():
        write_text(SEEN, _checksum())


def _checksum() -> str:
    return hashlib.sha256(LOCK.read_bytes()).hexdigest()
