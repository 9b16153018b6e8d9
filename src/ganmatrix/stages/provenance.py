"""Where and with what a run was made."""

import platform
import socket
import subprocess
from datetime import datetime
from importlib.metadata import version
from typing import Any

import torch

PACKAGES = ("ganmatrix", "torch", "numpy", "safetensors", "pyarrow")


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that training uses."""
    return {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}}


def revision() -> str | None:
    """The git revision of the working folder, with `-dirty` if it has changes; None outside git."""
    try:
        done = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"],
            capture_output=True,
            check=False,
            text=True,
            timeout=10,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None


def device_name(device: torch.device) -> str:
    """The accelerator's name, or the processor's architecture."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else platform.machine()


def this_run(started: datetime, seconds: float, device: torch.device, threads: int) -> dict[str, Any]:
    """The fields of run.json that another run of the same cell would not repeat."""
    return {
        "started": started.isoformat(timespec="seconds"),
        "wall_seconds": round(seconds, 3),
        "host": socket.gethostname(),
        "device": device_name(device),
        "threads": threads,
        "versions": versions(),
        "revision": revision(),
    }
