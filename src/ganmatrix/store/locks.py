"""Locks of the verbs, so that only one process at a time makes an artifact.

The kernel releases a lock when its holder ends, however it ends. So a killed process leaves nothing to clean
up. The file says who holds the lock. The file stays, because without it two processes could hold the lock.
"""

import contextlib
import fcntl
import os
import socket
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from ganmatrix.errors import UserError

POLL_SECONDS = 0.2


class Taken(Exception):
    """Another process holds the lock. The text says which one."""


@contextlib.contextmanager
def held(path: Path) -> Iterator[None]:
    """Hold the lock of that file. Taken if another process holds it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except OSError as error:
        raise UserError(f"{path} cannot be locked: {error.strerror}; mend the folder and run again") from None
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Taken(
                os.read(descriptor, 200).decode(errors="replace").strip() or "another process"
            ) from None
        except OSError:
            pass  # This file system has no locks. Work continues without protection.
        with contextlib.suppress(OSError):
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"process {os.getpid()} on {socket.gethostname()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def waited_for(path: Path, what: str, received: Sequence[object] = ()) -> Iterator[None]:
    """Hold the lock. Wait, and say so, while another process holds it. Taken if a signal comes meanwhile."""
    told = False
    while True:
        with contextlib.ExitStack() as stack:
            try:
                stack.enter_context(held(path))
            except Taken as other:
                if received:
                    raise
                if not told:
                    sys.stderr.write(f"{what}: {other} makes it; waiting\n")
                    told = True
            else:
                yield
                return
        time.sleep(POLL_SECONDS)
