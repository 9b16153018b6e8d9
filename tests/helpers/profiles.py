"""ICC profiles written byte by byte (ICC.1:2001-04): three primaries and a gamma, or a gamma for grey."""

import struct
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

D50 = np.array([0.9642, 1.0, 0.8249])
D65 = (0.3127, 0.3290)
SRGB = ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06))
ADOBE_RGB = ((0.64, 0.33), (0.21, 0.71), (0.15, 0.06))
DISPLAY_P3 = ((0.68, 0.32), (0.265, 0.69), (0.15, 0.06))
BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])


def to_xyz(primaries: Sequence[tuple[float, float]], white: tuple[float, float] = D65) -> NDArray[np.float64]:
    """The matrix from linear RGB to XYZ under D50, by Bradford's adaptation; columns are the primaries."""

    def xyz(x: float, y: float) -> NDArray[np.float64]:
        return np.array([x / y, 1, (1 - x - y) / y])

    columns = np.stack([xyz(*each) for each in primaries], axis=1)
    columns = columns * np.linalg.solve(columns, xyz(*white))
    adapted = np.diag((BRADFORD @ D50) / (BRADFORD @ xyz(*white)))
    return np.linalg.inv(BRADFORD) @ adapted @ BRADFORD @ columns


def colour_profile(columns: NDArray[np.float64], gamma: float, kind: bytes = b"mntr") -> bytes:
    """A profile of RGB whose primaries are the columns, in XYZ under D50."""
    tags = {f"{name}XYZ".encode(): _xyz(column) for name, column in zip("rgb", columns.T, strict=True)}
    return _profile(b"RGB ", kind, tags | {f"{name}TRC".encode(): _curve(gamma) for name in "rgb"})


def grey_profile(gamma: float) -> bytes:
    return _profile(b"GRAY", b"mntr", {b"kTRC": _curve(gamma)})


def in_srgb(linear: NDArray[np.float64]) -> NDArray[np.float64]:
    """sRGB's levels 0..255 of linear light in [0, 1] (IEC 61966-2-1)."""
    light = np.clip(linear, 0, 1)
    return 255 * np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


def _fixed(value: float) -> bytes:
    return struct.pack(">i", round(value * 65536))


def _xyz(values: NDArray[np.float64]) -> bytes:
    return b"XYZ \0\0\0\0" + b"".join(map(_fixed, values))


def _curve(gamma: float) -> bytes:
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256)) + b"\0\0"


def _profile(space: bytes, kind: bytes, tags: Mapping[bytes, bytes]) -> bytes:
    description = b"desc\0\0\0\0" + struct.pack(">I", 2) + b"x\0" + bytes(8 + 3 + 67)
    every = {b"desc": description, b"cprt": b"text\0\0\0\0x\0", b"wtpt": _xyz(D50), **tags}
    table, data, start = struct.pack(">I", len(every)), b"", 128 + 4 + 12 * len(every)
    for name, content in every.items():
        padded = content + bytes(-len(content) % 4)
        table += name + struct.pack(">II", start + len(data), len(padded))
        data += padded
    head = struct.pack(">I4sI4s4s4s", start + len(data), b"none", 0x02400000, kind, space, b"XYZ ")
    head += bytes(12) + b"acsp" + bytes(28) + b"".join(map(_fixed, D50))
    return head.ljust(128, b"\0") + table + data
