"""Checkpoint files of a running cell, under scratch/<cell>/.

A file's name carries its step and the checksum of its bytes, so a damaged file betrays itself. The
two newest are kept: if the newest is damaged, the one before serves.
"""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ganmatrix.errors import UserError
from ganmatrix.stages.files import replacing
from ganmatrix.training import checkpoint

KEPT = 2


@dataclass(frozen=True)
class Scratch:
    """The checkpoints of one cell whose inputs have that fingerprint."""

    folder: Path
    cell_id: str
    fingerprint: str

    def save(self, step: int, state: dict[str, Any]) -> None:
        """Add a checkpoint, then forget all but the newest two."""
        data = checkpoint.pack(self.cell_id, self.fingerprint, state)
        path = self.folder / f"step-{step:09d}-{checkpoint.digest(data)}.ckpt"
        with replacing(path) as temporary:
            temporary.write_bytes(data)
        for old in self._files()[KEPT:]:
            old.unlink(missing_ok=True)

    def restore(self) -> dict[str, Any] | None:
        """The newest good state, or None to start afresh; says which and why."""
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
                _say(f"{self.cell_id}: params, code or data changed since {path.name}; starting afresh")
                self.clear()
                return None
            state: dict[str, Any] = content["state"]
            _say(f"{self.cell_id}: resuming from step {state['step']}")
            return state
        return None

    def clear(self) -> None:
        """Forget all checkpoints."""
        for path in self._files():
            path.unlink(missing_ok=True)
        if self.folder.is_dir():
            for leftover in self.folder.glob(".step-*"):
                leftover.unlink(missing_ok=True)
            if not any(self.folder.iterdir()):
                self.folder.rmdir()

    def _files(self) -> list[Path]:
        return sorted(self.folder.glob("step-*.ckpt"), reverse=True)

    def _read(self, path: Path) -> dict[str, Any] | None:
        data = path.read_bytes()
        if not path.stem.endswith(checkpoint.digest(data)):
            _say(f"warning: {path} is damaged (its checksum differs); using the one before")
            return None
        try:
            return checkpoint.unpack(data)
        except ValueError as error:
            _say(f"warning: {path} is unusable ({error}); using the one before")
            return None


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")
