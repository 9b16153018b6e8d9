"""Checkpoint files of a running cell, under scratch/<cell>/.

A file's name carries its step and the checksum of its bytes, so a damaged file betrays itself. The
two newest good ones are kept: if the newest is damaged, the one before serves. They outlive the end of
training until the cell is evaluated.

An engine that is killed alone leaves its jobs running. So that the next does not train the same cell
beside them, the process that trains holds a lock, which the kernel drops when it ends.
"""

import contextlib
import fcntl
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ganmatrix.errors import UserError
from ganmatrix.stages.files import replacing
from ganmatrix.training import checkpoint

KEPT = 2


class TrainedElsewhere(UserError):
    """Another process trains the cell."""


@dataclass(frozen=True)
class Scratch:
    """The checkpoints of one cell whose inputs have that fingerprint."""

    folder: Path
    cell_id: str
    fingerprint: str
    _good: list[Path] = field(default_factory=list)
    """Files that were read or written whole by this process, newest last."""

    @contextlib.contextmanager
    def claimed(self) -> Iterator[None]:
        """Have the cell to oneself for a while. TrainedElsewhere if another process has it."""
        path = lock(self.folder)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_RDONLY | os.O_CREAT, 0o644)
        except OSError as error:
            raise UserError(
                f"{path} cannot be written: {error.strerror}; mend the folder and run again"
            ) from None
        try:
            # Where a file system has no locks, there is no protection, but no failure either.
            with contextlib.suppress(OSError):
                _lock(descriptor, self.cell_id)
            yield
        finally:
            os.close(descriptor)

    def save(self, step: int, state: dict[str, Any]) -> None:
        """Add a checkpoint, then forget all but the newest two good ones."""
        data = checkpoint.pack(self.cell_id, self.fingerprint, state)
        path = self.folder / f"step-{step:09d}-{checkpoint.digest(data)}.ckpt"
        with replacing(path) as temporary:
            temporary.write_bytes(data)
        self._good[:] = [*[good for good in self._good if good != path][1 - KEPT :], path]
        self._forget(keep=self._good)

    def restore(self) -> dict[str, Any] | None:
        """The newest good state, or None to start afresh; says which and why."""
        found: dict[str, Any] | None = None
        for path in self._files():
            content = self._read(path)
            if content is None:
                continue
            if content["cell"] != self.cell_id:
                raise UserError(
                    f"{path} is a checkpoint of {content['cell']}, not of {self.cell_id}; "
                    f"remove it from {self.folder}"
                )
            if content["fingerprint"] != self.fingerprint:
                _say(
                    f"{self.cell_id}: params, code, data, device, threads or torch changed "
                    f"since {path.name}; starting afresh"
                )
                self.clear()
                return None
            self._good.insert(0, path)
            found = found or content["state"]
            if len(self._good) == KEPT:
                break
        if found is not None:
            _say(f"{self.cell_id}: resuming from step {found['step']}")
        return found

    def clear(self) -> None:
        """Forget all checkpoints, and what a killed write left behind."""
        self._good.clear()
        self._forget(keep=[])
        if self.folder.is_dir() and not any(self.folder.iterdir()):
            self.folder.rmdir()

    def _forget(self, keep: list[Path]) -> None:
        try:
            for path in (*self._files(), *self.folder.glob(".step-*")):
                if path not in keep:
                    path.unlink(missing_ok=True)
        except OSError as error:
            raise UserError(
                f"{error.filename} cannot be removed: {error.strerror}; remove it by hand"
            ) from None

    def _files(self) -> list[Path]:
        return sorted(self.folder.glob("step-*.ckpt"), reverse=True)

    def _read(self, path: Path) -> dict[str, Any] | None:
        try:
            data = path.read_bytes()
        except OSError as error:
            _say(f"warning: {path} cannot be read ({error.strerror}); using the one before")
            return None
        if not path.stem.endswith(checkpoint.digest(data)):
            _say(f"warning: {path} is damaged (its checksum differs); using the one before")
            return None
        try:
            return checkpoint.unpack(data)
        except ValueError as error:
            _say(f"warning: {path} is unusable ({error}); using the one before")
            return None


def _lock(descriptor: int, cell_id: str) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise TrainedElsewhere(
            f"{cell_id} is being trained by another process, perhaps one that a killed engine has left "
            "behind; wait until it ends, or end it, and run again"
        ) from None


def lock(folder: Path) -> Path:
    """The lock of the cell whose checkpoints lie in this folder."""
    return folder.with_name(f"{folder.name}.lock")


def clear(folder: Path) -> None:
    """Forget a cell whose training is over; nothing if a process trains it again."""
    if not folder.exists() and not lock(folder).exists():
        return
    finished = Scratch(folder, folder.name, "")
    with contextlib.suppress(TrainedElsewhere), finished.claimed():
        finished.clear()
        lock(folder).unlink(missing_ok=True)


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")
