"""Resume state as bytes: tensors and plain values only, under a checksum.

A checkpoint is `torch.save` of the trainer's state with a fingerprint of everything that the
state depends on. It is read with `weights_only=True`, which executes nothing.
"""

import hashlib
import io
import pickle
from typing import Any

import torch


def digest(data: bytes) -> str:
    """The checksum that a checkpoint's file name carries: 16 hexadecimal digits of SHA-256."""
    return hashlib.sha256(data).hexdigest()[:16]


def pack(cell_id: str, fingerprint: str, state: dict[str, Any]) -> bytes:
    """The bytes of a checkpoint."""
    buffer = io.BytesIO()
    torch.save({"cell": cell_id, "fingerprint": fingerprint, "state": state}, buffer)
    return buffer.getvalue()


def unpack(data: bytes) -> dict[str, Any]:
    """`cell`, `fingerprint` and `state`; ValueError if the bytes are no checkpoint."""
    try:
        content = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    except (RuntimeError, pickle.UnpicklingError, EOFError) as error:
        raise ValueError(f"no checkpoint: {error}") from error
    if not isinstance(content, dict) or set(content) != {"cell", "fingerprint", "state"}:
        raise ValueError("no checkpoint of ganmatrix")
    return content
