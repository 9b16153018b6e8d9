"""Archives and tables with any bytes changed or cut off are read, or refused in one line."""

import gzip
import random
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ganmatrix.datasets import lsun_bedroom
from ganmatrix.datasets.images import frame_chunk
from ganmatrix.datasets.source import BadSource, open_source
from ganmatrix.params.datasets import Dataset
from ganmatrix.params.kinds import adapter
from helpers import archives
from helpers.archives import copy_of, jpeg, write_parquet

ROUNDS = 60


def _params(**values: Any) -> Any:
    return adapter(Dataset).validate_python({"resolution": 32} | values)


def _line(params: Any, root: Path) -> str | None:
    """What a preparation says; None where it reads all."""
    try:
        source = open_source(params, root)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of images' metadata
            framed = frame_chunk(source.samples(0), source.frame)
    except BadSource as error:
        return str(error)
    assert all(bad.reason for bad in framed.bad)
    return None


def _damaged(whole: bytes, draw: random.Random) -> bytes:
    """A few bytes of the beginning, of the end or of anywhere changed, or the end cut off."""
    if draw.random() < 0.2:
        return whole[: draw.randrange(len(whole))]
    data = bytearray(whole)
    for _ in range(draw.choice([1, 1, 4])):
        width = draw.choice([1, 2, 4, 8])
        first = draw.choice([0, 0, max(len(data) - 2000, 0)])
        at = draw.randrange(first, draw.choice([min(first + 600, len(data)), len(data)]) - width)
        data[at : at + width] = draw.choice([draw.randbytes(width), b"\xff" * width, bytes(width)])
    return bytes(data)


def _cifar(root: Path) -> tuple[Path, Callable[[], Any]]:
    path = archives.cifar10(root / "c.tar.gz")
    return path, lambda: _params(kind="cifar10", archive=copy_of(path))


def _celeba(root: Path) -> tuple[Path, Callable[[], Any]]:
    path, listed = archives.celeba(root)
    return path, lambda: _params(kind="celeba", archive=copy_of(path), partition=copy_of(listed))


def _partition(root: Path) -> tuple[Path, Callable[[], Any]]:
    path, listed = archives.celeba(root)
    return listed, lambda: _params(kind="celeba", archive=copy_of(path), partition=copy_of(listed))


def _parquet(root: Path) -> tuple[Path, Callable[[], Any]]:
    path = write_parquet(root / "p.parquet", 150, row_group_size=50)
    return path, lambda: _params(kind="image_parquet", train=str(path))


@pytest.mark.parametrize("make", [_cifar, _celeba, _partition, _parquet])
def test_damage(make: Callable[[Path], tuple[Path, Callable[[], Any]]], tmp_path: Path) -> None:
    path, params = make(tmp_path)
    whole, draw = path.read_bytes(), random.Random(2)
    assert _line(params(), tmp_path) is None
    refused = 0
    for _ in range(ROUNDS):
        path.write_bytes(_damaged(whole, draw))
        if (line := _line(params(), tmp_path)) is not None:
            refused += 1
            assert str(tmp_path) in line
            assert len(line.splitlines()) == 1
    assert refused > ROUNDS / 10


def test_damage_within_gzip(tmp_path: Path) -> None:
    path, params = _cifar(tmp_path)
    plain, draw = gzip.decompress(path.read_bytes()), random.Random(3)
    for _ in range(ROUNDS):
        path.write_bytes(gzip.compress(_damaged(plain, draw), 1))
        line = _line(params(), tmp_path)
        assert line is None or len(line.splitlines()) == 1


@pytest.mark.parametrize("size", range(12))
def test_a_gzip_that_ends_in_its_header(size: int, tmp_path: Path) -> None:
    path, params = _cifar(tmp_path)
    path.write_bytes(path.read_bytes()[:size])
    line = _line(params(), tmp_path)
    assert line is not None
    assert line.startswith(f"{path} is a damaged archive (")


def test_damage_of_an_archive_that_is_unpacked(tmp_path: Path) -> None:
    folder = archives.lsun(tmp_path / "db", [jpeg(number) for number in range(30)])
    path = archives.lsun_zip(tmp_path / "l.zip", folder)
    whole, draw = path.read_bytes(), random.Random(4)
    refused: dict[int, str] = {}
    for number in range(ROUNDS):
        path.write_bytes(_damaged(whole, draw))
        params = _params(kind="lsun_bedroom", folder=f"new{number}", archive=copy_of(path))
        try:
            lsun_bedroom.unpack(params, tmp_path)
        except BadSource as error:
            refused[number] = str(error)
    assert len(refused) > ROUNDS / 10
    for number, line in refused.items():
        assert str(path) in line
        assert not (tmp_path / f"new{number}/data.mdb").exists()
