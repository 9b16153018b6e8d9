"""GPUs: how many there are here or under SLURM, and leases of places on them through file locks.

Each place has one file, which is locked while its holder lives. The kernel releases the lock when a process
ends, however it ends, so a crashed job leaves nothing to clean up.
"""

import fcntl
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from signal import Signals

from ganmatrix.errors import UserError
from ganmatrix.runtime.signals import Stopped

LEASES = Path(tempfile.gettempdir()) / f"ganmatrix-devices-{os.getuid()}"
DRIVER = Path("/proc/driver/nvidia/gpus")
POLL_SECONDS = 0.5
SINFO = ("sinfo", "--all", "--noheader", "--format=%P|%G")
"""Lists SLURM's partitions, the default one with `*`, and the generic resources of their nodes."""
SINFO_SECONDS = 60

_held: dict[Path, int] = {}
"""The locked files and their descriptors, which stay open until this process ends."""


def count() -> int:
    """The number of GPUs that jobs started from here may use.

    It does not import torch, which would take seconds. Snakemake calls this. 0 if GANMATRIX_DEVICE
    keeps jobs on the processor.
    """
    if os.environ.get("GANMATRIX_DEVICE") == "cpu" or not DRIVER.is_dir():
        return 0
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is None:
        return len(list(DRIVER.iterdir()))
    names = [name.strip() for name in visible.split(",")]
    return len([name for name in names if name and not name.startswith("-")])


def in_partition(partition: str) -> bool:
    """Whether jobs of a SLURM partition can have GPUs.

    An empty name stands for the default partition, or for any if there is no default. Several names are
    separated by commas, as for sbatch. False if GANMATRIX_DEVICE keeps jobs on the processor.
    """
    if os.environ.get("GANMATRIX_DEVICE") == "cpu":
        return False
    found = _partitions()
    names = partition.split(",") if partition else []
    if unknown := [name for name in names if name not in found]:
        known = ", ".join(name for name in found if name)
        raise UserError(f"slurm_partition is {unknown[0]}; SLURM has the partitions {known}")
    if not names and "" in found:
        return found[""]
    return any(found[name] for name in names or found)


def note(partition: str) -> str:
    """A line for the user whose jobs have no GPU, but would have some in another SLURM partition."""
    if os.environ.get("GANMATRIX_DEVICE") == "cpu" or in_partition(partition):
        return ""
    if not (others := [name for name, has in _partitions().items() if name and has]):
        return ""
    here = f"partition {partition}" if partition else "the default partition"
    return f"note: {here} has no GPUs; these partitions have some: {', '.join(others)} (docs/cluster.md)"


@cache
def _partitions() -> dict[str, bool]:
    """Whether nodes of each SLURM partition have GPUs. The default partition has the key "" too."""
    found: dict[str, bool] = {}
    for line in _sinfo().splitlines():
        name, separator, resources = line.strip().partition("|")
        if separator:
            has = _has_gpus(resources)
            for key in (name.rstrip("*"), "") if name.endswith("*") else (name,):
                found[key] = found.get(key, False) or has
    return found


def _sinfo() -> str:
    try:
        return subprocess.run(SINFO, check=True, capture_output=True, text=True, timeout=SINFO_SECONDS).stdout
    except (FileNotFoundError, PermissionError):
        problem = "it is not on PATH"
    except subprocess.TimeoutExpired:
        problem = f"no answer in {SINFO_SECONDS} s"
    except subprocess.CalledProcessError as error:
        problem = " ".join(error.stderr.split()) or f"exit status {error.returncode}"
    raise UserError(
        f"sinfo does not tell whether the cluster has GPUs: {problem}; use a login node of the cluster, "
        "or set GANMATRIX_DEVICE=cpu to do without"
    )


def _has_gpus(resources: str) -> bool:
    """Whether there are GPUs in what sinfo prints, such as `gpu:a100:8(S:0-1),mps:200` or `(null)`."""
    items = re.sub(r"\([^)]*\)", "", resources).split(",")
    return any(item.split(":")[0] == "gpu" and not item.endswith(":0") for item in items)


def places(names: Sequence[str], runs_per_device: int) -> list[str]:
    """The places on these devices: the first place of each, then the second places, and so on."""
    return [f"{name}.{place}" if place else name for place in range(runs_per_device) for name in names]


def lease(names: Sequence[str], folder: Path, received: Sequence[Signals] = ()) -> int:
    """Hold one of these places until this process ends, and return its position in `names`.

    It waits for a free place, and says so. Raises Stopped if a signal is received meanwhile.
    """
    paths = [folder / name for name in names]
    # A place that this process holds already comes first, because it needs no second device.
    order = sorted(range(len(paths)), key=lambda position: paths[position] not in _held)
    waiting = False
    while True:
        for position in order:
            if _take(paths[position]):
                return position
        if received:
            raise Stopped(received[0].name)
        if not waiting:
            sys.stderr.write(f"waiting for a device: all {len(names)} are leased (locks in {folder})\n")
            waiting = True
        time.sleep(POLL_SECONDS)


def _take(path: Path) -> bool:
    """Whether this process holds the lock now."""
    if path in _held:
        return True
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise UserError(f"{path} cannot be locked: {error.strerror}; set TMPDIR to another folder") from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return False
    _held[path] = descriptor
    return True
