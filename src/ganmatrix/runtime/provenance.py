"""Where, and with which versions, a run was made."""

import platform
import socket
import subprocess
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
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
    """The accelerator's name, or the processor's."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else processor()


def processor(table: Path = Path("/proc/cpuinfo")) -> str:
    """The processor's model if the system knows it, otherwise its architecture."""
    try:
        lines = table.read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor() or platform.machine()


def this_run(started: datetime, threads: int) -> dict[str, Any]:
    """The fields of run.json that another run of the same cell would not repeat."""
    return {
        "started": started.isoformat(timespec="seconds"),
        "host": socket.gethostname(),
        "threads": threads,
        "versions": versions(),
        "revision": revision(),
    }
