"""Weight files of extractors: fetched once, and refused unless their hash is the recorded one."""

import hashlib
import os
import shutil
import tempfile
import urllib.request
from http.client import HTTPException
from pathlib import Path

from ganmatrix.errors import UserError

TIMEOUT_SECONDS = 30


def require_sha256(path: Path, expected: str, mend: str) -> None:
    """UserError, ending in `mend`, unless the file is there and has this SHA-256."""
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror}); {mend}") from None
    if found != expected:
        raise UserError(f"{path} has SHA-256 {found[:12]}..., expected {expected[:12]}...; {mend}")


def cache_folder() -> Path:
    """Where fetched weights stay: $XDG_CACHE_HOME/ganmatrix, by default ~/.cache/ganmatrix."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ganmatrix"


def fetched(url: str, expected: str, mend: str) -> Path:
    """The cached copy of `url`, fetched on first use; UserError ending in `mend` if that fails.

    The file appears under its name only whole and with the expected SHA-256.
    """
    target = cache_folder() / url.rsplit("/", maxsplit=1)[-1]
    if target.is_file():
        require_sha256(target, expected, f"delete it to fetch it again, or {mend}")
        return target
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent) as folder:
            part = Path(folder) / target.name
            with urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS) as response, part.open("wb") as file:
                shutil.copyfileobj(response, file)
            require_sha256(part, expected, mend)
            part.replace(target)
    except (OSError, HTTPException) as error:
        raise UserError(f"{url} cannot be fetched ({error}); {mend}") from None
    return target
