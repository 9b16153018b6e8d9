"""Checkpoint files of a training run, under scratch/train/<cell>/<seed>/.

A checkpoint is `torch.save` of the trainer's state: tensors and plain values only. It is read with
`weights_only=True`, which executes nothing. A file's name has its step and the checksum of its bytes, so a
damaged file is recognised. The two newest good ones are kept: if the newest is damaged, the one before is
used. They stay after training until the run is published.
"""

import hashlib
import io
import pickle
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from ganmatrix.errors import UserError, unreadable
from ganmatrix.store.files import replacing

KEPT = 2

KEYS = ("run", "made_from", "environment", "state")


@dataclass(frozen=True)
class Checkpoints:
    """The checkpoints of one run with that digest of its inputs, in that environment."""

    folder: Path
    run_id: str
    made_from: str
    environment: Mapping[str, Any]
    _good: list[Path] = field(default_factory=list)
    """Files that this process has read or written completely, the newest last."""

    def save(self, step: int, state: dict[str, Any]) -> None:
        """Add a checkpoint, then remove all but the two newest good ones."""
        content = {
            "run": self.run_id,
            "made_from": self.made_from,
            "environment": dict(self.environment),
            "state": state,
        }
        data = pack(content)
        path = self.folder / f"step-{step:09d}-{digest(data)}.ckpt"
        with replacing(path) as temporary:
            temporary.write_bytes(data)
        self._good[:] = [*[good for good in self._good if good != path][1 - KEPT :], path]
        self._forget(keep=self._good)

    def states(self) -> Iterator[dict[str, Any]]:
        """The good states, the newest first; none if training starts afresh. It prints which, and why.

        UserError if they were made on another device, with other threads or another torch. Continuing would
        give other bytes, and starting afresh would lose the work.
        """
        for path in self._files():
            content = self._read(path)
            if content is None:
                continue
            if content["run"] != self.run_id:
                raise UserError(
                    f"{path} is a checkpoint of {content['run']}, not of {self.run_id}; remove it"
                )
            if content["made_from"] != self.made_from:
                _say(f"{self.run_id}: params, code or data changed since {path.name}; starting afresh")
                return
            for name, value in self.environment.items():
                if (found := content["environment"].get(name)) != value:
                    how = MEND.get(name, "as before")
                    raise UserError(
                        f"{path} was made with {name} {found}, this is {name} {value}; go on with "
                        f"{name} {found} ({how}), or remove {self.folder} to start afresh"
                    )
            self._good.insert(0, path)
            yield content["state"]

    def say_resumed(self, step: int) -> None:
        """Print at which step training continues."""
        _say(f"{self.run_id}: resuming from step {step}")

    def unusable(self, why: str) -> None:
        """Drop the newest checkpoint because it is unusable, and say so."""
        _say(f"warning: {self._good.pop(0)} is unusable ({why}); using the one before")

    def clear(self) -> None:
        """Remove all checkpoints, and what a killed write left behind."""
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
            raise UserError(f"{unreadable(path, error)}, or remove it to go on from the one before") from None
        if not path.stem.endswith(digest(data)):
            _say(f"warning: {path} is damaged (its checksum differs); using the one before")
            return None
        try:
            content = unpack(data)
            if path.name != f"step-{content['state']['step']:09d}-{digest(data)}.ckpt":
                raise ValueError("its state is of another step than its name")
        except (ValueError, TypeError, KeyError) as error:
            problem = " ".join(str(error).split())[:200]
            _say(f"warning: {path} is unusable ({problem}); using the one before")
            return None
        return content


MEND = {
    "threads": "GANMATRIX_THREADS sets it",
    "device": "--device sets it",
    "torch": "install that version",
}


def digest(data: bytes) -> str:
    """The checksum in a checkpoint's file name: 16 hexadecimal digits of SHA-256."""
    return hashlib.sha256(data).hexdigest()[:16]


def pack(content: dict[str, Any]) -> bytes:
    """The bytes of a checkpoint."""
    buffer = io.BytesIO()
    torch.save(content, buffer)
    return buffer.getvalue()


def unpack(data: bytes) -> dict[str, Any]:
    """Its content, by KEYS; ValueError if the bytes are no checkpoint."""
    try:
        content = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    except (RuntimeError, pickle.UnpicklingError, EOFError) as error:
        raise ValueError(f"no checkpoint: {error}") from error
    if (
        not isinstance(content, dict)
        or set(content) != set(KEYS)
        or not isinstance(content["environment"], dict)
    ):
        raise ValueError("no checkpoint of ganmatrix")
    return content


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")
