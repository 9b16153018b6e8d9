"""The processes of a machine lease places on its GPUs through file locks.

Each place has one file, which is locked while its holder lives. The kernel releases the lock when a process
ends, however it ends, so a crashed job leaves nothing to clean up.
"""

import fcntl
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from signal import Signals

from ganmatrix.errors import UserError
from ganmatrix.runtime.signals import Stopped

LEASES = Path(tempfile.gettempdir()) / f"ganmatrix-devices-{os.getuid()}"
DRIVER = Path("/proc/driver/nvidia/gpus")
POLL_SECONDS = 0.5

_held: dict[Path, int] = {}
"""The locked files and their descriptors, which stay open until this process ends."""


def count() -> int:
    """The number of GPUs that jobs started from here may use.

    It does not import torch, which would take seconds. profiles/default calls this. 0 if GANMATRIX_DEVICE
    keeps jobs on the processor.
    """
    if os.environ.get("GANMATRIX_DEVICE") == "cpu" or not DRIVER.is_dir():
        return 0
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is None:
        return len(list(DRIVER.iterdir()))
    names = [name.strip() for name in visible.split(",")]
    return len([name for name in names if name and not name.startswith("-")])


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
