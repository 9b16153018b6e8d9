"""A file or a folder that may not be read, for root too, who may read everything."""

import errno
import os
from pathlib import Path
from typing import Any

import pytest


def deny(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, denied: Path) -> None:
    """Have the function `name` of `owner` fail for that path, as the system fails."""
    function = getattr(owner, name)

    def denying(path: Path, *arguments: Any, **options: Any) -> Any:
        if path == denied:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return function(path, *arguments, **options)

    monkeypatch.setattr(owner, name, denying)
