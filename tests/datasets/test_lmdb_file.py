"""LMDB files against liblmdb itself; and forged ones, which must end in one line rather than by a signal."""

import os
import random
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lmdb
import pytest

from ganmatrix.datasets.images import LARGEST_FILE
from ganmatrix.datasets.lmdb_file import DamagedFile, LmdbFile
from ganmatrix.datasets.source import BadSample, BadSource, open_source
from ganmatrix.params.datasets import Dataset
from ganmatrix.params.kinds import adapter
from helpers import archives
from helpers.archives import lsun_keys

PAGE = 4096


def _entries(path: Path, start: int = 0) -> list[tuple[bytes, bytes]]:
    with LmdbFile(path / "data.mdb") as database:
        return [(entry.key, database.value(entry)) for entry in database.walk(start)]


def _expected(path: Path) -> list[tuple[bytes, bytes]]:
    with lmdb.open(str(path), readonly=True, lock=False) as env, env.begin() as transaction:
        return list(transaction.cursor().iternext())


@pytest.mark.parametrize("seed", range(6))
def test_entries_are_those_of_liblmdb(seed: int, tmp_path: Path) -> None:
    """After transactions that add, replace and delete: trees of several levels, free pages in between."""
    draw = random.Random(seed)
    sizes = [0, 1, 100, 2000, 4080, 4081, 9000, 70_000]
    keys: list[bytes] = []
    with lmdb.open(str(tmp_path), map_size=2**28) as env:
        for _ in range(draw.randrange(1, 6)):
            with env.begin(write=True) as transaction:
                for _ in range(draw.choice([3, 200, 900])):
                    keys.append(draw.randbytes(draw.choice([1, 8, 40, 400, 511])))
                    transaction.put(keys[-1], draw.randbytes(draw.choice(sizes[: draw.choice([4, 8])])))
                for key in draw.sample(keys, len(keys) // 4):
                    transaction.delete(key)
    expected = _expected(tmp_path)
    assert _entries(tmp_path) == expected
    with LmdbFile(tmp_path / "data.mdb") as database:
        assert database.entries == len(expected)
    for start in (1, len(expected) // 2, len(expected) - 1, len(expected), len(expected) + 5):
        assert _entries(tmp_path, start) == expected[max(start, 0) :]


def test_a_database_without_entries(tmp_path: Path) -> None:
    with lmdb.open(str(tmp_path)) as env, env.begin(write=True) as transaction:
        transaction.put(b"a", b"b")
        transaction.delete(b"a")
    assert _entries(tmp_path) == []


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A tree of two levels, with short values and long ones."""
    draw = random.Random(0)
    values = [draw.randbytes(draw.choice([10, 500, 3000, 9000])) for _ in range(200)]
    return archives.lsun(tmp_path / "lmdb", values) / "data.mdb"


def _pages(data: bytes) -> dict[int, list[int]]:
    """The numbers of pages by their flags: 1 branch, 2 leaf, 4 long value."""
    found: dict[int, list[int]] = {}
    number = 2
    while number < len(data) // PAGE:
        _, _, flags, pages = struct.unpack_from("<QHHI", data, number * PAGE)
        found.setdefault(flags, []).append(number)
        number += pages if flags == 4 else 1
    return found


def _newest(data: bytes) -> int:
    """Where the newer of the two first pages begins."""
    return max((0, PAGE), key=lambda at: struct.unpack_from("<Q", data, at + 144)[0])


def _long_entry(data: bytes) -> int:
    """Where a leaf says which page its long value has."""
    for leaf in _pages(data)[2]:
        (lower,) = struct.unpack_from("<H", data, leaf * PAGE + 12)
        for place in struct.unpack_from(f"<{(lower - 16) // 2}H", data, leaf * PAGE + 16):
            _, _, flags, key = struct.unpack_from("<HHHH", data, leaf * PAGE + place)
            if flags == 1:
                return leaf * PAGE + place + 8 + key
    raise AssertionError


def _put(layout: str, where: Callable[[bytes], int], *values: int) -> Callable[[bytearray], None]:
    def change(data: bytearray) -> None:
        struct.pack_into(layout, data, where(bytes(data)), *values)

    return change


def _branch(at: int) -> Callable[[bytes], int]:
    return lambda data: _pages(data)[1][0] * PAGE + at


def _leaf(at: int) -> Callable[[bytes], int]:
    return lambda data: _pages(data)[2][0] * PAGE + at


def _run(at: int) -> Callable[[bytes], int]:
    return lambda data: struct.unpack_from("<Q", data, _long_entry(data))[0] * PAGE + at


def _meta(at: int) -> Callable[[bytes], int]:
    return lambda data: _newest(data) + at


def _first_child(data: bytes) -> int:
    branch = _pages(data)[1][0] * PAGE
    return int(branch + struct.unpack_from("<H", data, branch + 16)[0])


def _endless(data: bytearray) -> None:
    """The root's first child is the root."""
    struct.pack_into("<HHH", data, _first_child(bytes(data)), _pages(bytes(data))[1][0], 0, 0)


def _shared(data: bytearray) -> None:
    """The root's first two children are one."""
    branch = _pages(bytes(data))[1][0] * PAGE
    first, second = struct.unpack_from("<HH", data, branch + 16)
    data[branch + second : branch + second + 6] = data[branch + first : branch + first + 6]


FORGED: list[tuple[Callable[[bytearray], None], str]] = [
    (_put("<Q", _long_entry, 10**6), "it refers to page 1,000,00"),
    (_put("<Q", _long_entry, 2**64 - 1), "it refers to page 18,446,744,073,709,551,61"),
    (_put("<Q", _long_entry, 1), "it refers to page "),
    (_put("<I", lambda data: _long_entry(data) - 48, 2**31), "it refers to page "),
    (_put("<I", _run(12), 2**32 - 1), "does not hold the long value that it should"),
    (_put("<I", _run(12), 0), "does not hold the long value that it should"),
    (_put("<H", _run(10), 2), "does not hold the long value that it should"),
    (_put("<Q", _run(0), 0), "does not hold the long value that it should"),
    (_put("<Q", _meta(16 + 24 + 48 + 40), 10**9), "it refers to page 1,000,000,000"),
    (_put("<Q", _meta(16 + 24 + 48 + 40), 0), "it refers to page 0"),
    (_put("<Q", _meta(16 + 24 + 48 + 40), 2**64 - 1), "entries, but its root is page"),
    (_put("<Q", _meta(16 + 24 + 48 + 32), 10**15), "it claims 1,000,000,000,000,000 entries, more than"),
    (_put("<Q", _meta(16 + 24 + 48 + 32), 199), "it has more than the 199 entries that it claims"),
    (_put("<Q", _meta(16 + 24 + 48 + 32), 201), "it has 200 of the 201 entries that it claims"),
    (_put("<H", _meta(16 + 24 + 48 + 6), 1), "is not what its tree has there"),
    (_put("<H", _meta(16 + 24 + 48 + 6), 9), "is not what its tree has there"),
    (_put("<H", _meta(16 + 24 + 48 + 6), 60_000), "it claims 60,000 levels, at most 32 are possible"),
    (_put("<H", _meta(16 + 24 + 48 + 4), 4), "it has several values for a key"),
    (_put("<I", lambda data: 16 + 24, 3), "its pages are said to have 3 bytes"),
    (_put("<I", lambda data: 16 + 24, 8192), "it does not begin as one"),
    (_put("<I", lambda data: PAGE + 16 + 24, 8192), "its first two pages differ in the size of pages"),
    (_put("<I", lambda data: 16 + 4, 2), "it is one of version 2, version 1 is read"),
    (_put("<I", lambda data: 16, 1), "it does not begin as one"),
    (_put("<H", _branch(12), 65_535), "is not what its tree has there"),
    (_put("<H", _branch(12), 16), "is not what its tree has there"),
    (_put("<H", _branch(10), 2), "is not what its tree has there"),
    (_put("<H", _branch(16), 4095), "has entries outside itself"),
    (_put("<H", _leaf(16), 4090), "has entries outside itself"),
    (_put("<H", _leaf(16), 3), "has entries outside itself"),
    (_put("<HHH", _first_child, 65_535, 65_535, 65_535), "it refers to page 281,474,976,710,655"),
    (_endless, "stands twice in its tree"),
    (_shared, "stands twice in its tree"),
]


@pytest.mark.parametrize(("change", "problem"), FORGED)
def test_forged_files(change: Callable[[bytearray], None], problem: str, database: Path) -> None:
    data = bytearray(database.read_bytes())
    change(data)
    database.write_bytes(data)
    with pytest.raises(DamagedFile) as error:
        _entries(database.parent)
    assert problem in str(error.value)
    assert str(error.value).isprintable()


def _read_as_dataset(folder: Path) -> str:
    """What a preparation would meet."""
    params = adapter(Dataset).validate_python(
        {"kind": "lsun_bedroom", "resolution": 32, "folder": str(folder)}
    )
    try:
        return f"{len(list(open_source(params, Path('/')).samples(0)))} samples"
    except BadSource as error:
        return str(error)


def test_any_damage_ends_in_a_line(database: Path) -> None:
    """In a process of its own, which a signal would kill."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(
        [sys.executable, __file__, str(database)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == 240
    kinds = ("200 samples", "is cut short, ", "is no sound LMDB (", " holds 1 images", " holds 0 images")
    assert all(any(kind in line for kind in kinds) for line in lines)
    assert sum("is cut short" in line for line in lines) > 30


def _damage(path: Path) -> None:
    draw, whole = random.Random(1), path.read_bytes()
    for cut in [0, 1, 16, 100, 4095, 4096, 4097, 8192, *(draw.randrange(len(whole)) for _ in range(32))]:
        path.write_bytes(whole[:cut])
        sys.stdout.write(_read_as_dataset(path.parent) + "\n")
    structure = [number for kind in (1, 2) for number in _pages(whole)[kind]]
    for _ in range(200):
        data = bytearray(whole)
        for _ in range(draw.choice([1, 1, 3])):
            width = draw.choice([1, 2, 4, 8])
            page = draw.choice([0, 1, *structure, draw.randrange(len(whole) // PAGE)])
            at = page * PAGE + draw.randrange(draw.choice([16, 64, 170, PAGE]) - width)
            data[at : at + width] = draw.choice([draw.randbytes(width), b"\xff" * width, bytes(width)])
        path.write_bytes(data)
        sys.stdout.write(_read_as_dataset(path.parent) + "\n")


def test_a_file_that_is_cut_while_it_is_read(database: Path) -> None:
    """A mapped file would kill the process here."""
    params: Any = {"kind": "lsun_bedroom", "resolution": 32, "folder": str(database.parent)}
    source = open_source(adapter(Dataset).validate_python(params), Path("/"))
    samples = source.samples(0)
    next(samples)
    with database.open("r+b") as file:
        file.truncate(PAGE)
    with pytest.raises(BadSource, match=r"data\.mdb is cut short, it ends before byte [\d,]+; remove it"):
        list(samples)


def test_a_value_too_long_for_an_image_is_not_read(tmp_path: Path) -> None:
    archives.lsun(tmp_path / "lmdb", [b"x", bytes(LARGEST_FILE + 1), b"y"])
    params = {"kind": "lsun_bedroom", "resolution": 32, "folder": "lmdb"}
    source = open_source(adapter(Dataset).validate_python(params), tmp_path)
    images = {sample.name: sample.image for sample in source.samples(0)}
    problem = images.pop(f"{tmp_path}/lmdb/data.mdb, key {lsun_keys(3)[1].decode()}")
    assert isinstance(problem, BadSample)
    assert str(problem) == "it has 67,108,865 bytes; at most 67,108,864 are read"
    assert sorted(images.values()) == [b"x", b"y"]


def test_databases_within_are_refused(tmp_path: Path) -> None:
    with lmdb.open(str(tmp_path), max_dbs=2) as env:
        inner = env.open_db(b"inner")
        with env.begin(write=True) as transaction:
            transaction.put(b"a", b"b", db=inner)
    with pytest.raises(DamagedFile, match="databases within"):
        _entries(tmp_path)


if __name__ == "__main__":
    _damage(Path(sys.argv[1]))
