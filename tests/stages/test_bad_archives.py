"""Tar archives that are damaged, hostile or others than were meant: refused before much is read."""

import gzip
import tarfile
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from helpers import archives
from helpers.archives import copy_of
from helpers.preparing import Run, describe, refused
from helpers.refusal import names

GIGABYTES = 10 * 1024**3


def _cifar(project: Callable[..., Path], path: Path, **params: object) -> Path:
    return describe(project, kind="cifar10", archive=copy_of(path), **params)


def _named(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, link
    return member


OUTSIDE = "lies outside the archive's folder; such archives are not read"
LINK = "is a link or device; such archives are not read"
FOLDER = "cifar-10-batches-bin"


@pytest.mark.parametrize(
    ("member", "problem"),
    [
        (_named("../evil.bin"), OUTSIDE),
        (_named(f"{FOLDER}/../../evil.bin"), OUTSIDE),
        (_named("/etc/evil.bin"), OUTSIDE),
        (_named("C:\\evil.bin"), OUTSIDE),
        (_named("C:/evil.bin"), OUTSIDE),
        (_named("..\\evil.bin"), OUTSIDE),
        (_named(f"{FOLDER}/data_batch_1.bin", tarfile.SYMTYPE, "/etc/passwd"), LINK),
        (_named(f"{FOLDER}/data_batch_1.bin", tarfile.LNKTYPE, f"{FOLDER}/test_batch.bin"), LINK),
        (_named(f"{FOLDER}/data_batch_1.bin", tarfile.CHRTYPE), LINK),
        (_named(f"{FOLDER}/data_batch_1.bin", tarfile.BLKTYPE), LINK),
        (_named(f"{FOLDER}/data_batch_1.bin", tarfile.FIFOTYPE), LINK),
        (_named(f"{FOLDER}/data_batch_1.bin", tarfile.GNUTYPE_SPARSE), "such archives are not read"),
    ],
)
def test_tar_members_that_could_do_harm(
    member: tarfile.TarInfo, problem: str, project: Callable[..., Path], run: Run, tmp_path: Path
) -> None:
    path = archives.tar_gz(tmp_path / "a.tar.gz", [(member, b"")])
    line = refused(run, _cifar(project, path))
    assert line.startswith(f"{path}")
    assert problem in line
    assert not list(tmp_path.parent.rglob("evil*"))


def _bomb(path: Path, header: bytes) -> Path:
    """A tar.gz that begins with this header and goes on with zeros, ten million of them."""
    with gzip.open(path, "wb", compresslevel=9) as stream:
        stream.write(header + bytes(10**7))
    return path


def _header(kind: bytes, size: int) -> bytes:
    member = tarfile.TarInfo(f"{FOLDER}/data_batch_1.bin")
    member.type, member.size = kind, size
    return member.tobuf(tarfile.GNU_FORMAT)


@pytest.mark.parametrize(
    ("kind", "problem"),
    [
        (
            tarfile.REGTYPE,
            "claims 10,737,418,240 bytes up to cifar-10-batches-bin/data_batch_1.bin; the published",
        ),
        (tarfile.XHDTYPE, "is a damaged archive (a header of 10,737,418,240 bytes); fetch it again"),
        (tarfile.XGLTYPE, "is a damaged archive (a header of 10,737,418,240 bytes); fetch it again"),
        (tarfile.GNUTYPE_LONGNAME, "is a damaged archive (a header of 10,737,418,240 bytes); fetch it again"),
        (tarfile.GNUTYPE_LONGLINK, "is a damaged archive (a header of 10,737,418,240 bytes); fetch it again"),
    ],
)
def test_gzip_bombs(
    kind: bytes, problem: str, project: Callable[..., Path], run: Run, tmp_path: Path
) -> None:
    path = _bomb(tmp_path / "bomb.tar.gz", _header(kind, GIGABYTES))
    folder = _cifar(project, path)
    run("prepare", "ring8")  # what is imported once does not count
    began = time.monotonic()
    tracemalloc.start()
    try:
        assert problem in refused(run, folder)
        assert tracemalloc.get_traced_memory()[1] < 50e6
    finally:
        tracemalloc.stop()
    assert time.monotonic() - began < 20


def test_a_tar_archive_of_too_many_members(project: Callable[..., Path], run: Run, tmp_path: Path) -> None:
    path = archives.tar_gz(tmp_path / "many.tar.gz", {f"{FOLDER}/{n}": b"" for n in range(1100)})
    assert names(refused(run, _cifar(project, path)), key=str(path), mend="more than 1,000 members")


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-500])


def _not_gzip(path: Path) -> None:
    path.write_bytes(b"<html>404 Not Found</html>")


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _plain_tar(path: Path) -> None:
    path.write_bytes(gzip.decompress(path.read_bytes()))


@pytest.mark.parametrize("damage", [_cut, _not_gzip, _empty, _plain_tar])
def test_damaged_tar_archives(
    damage: Callable[[Path], None], project: Callable[..., Path], run: Run, tmp_path: Path
) -> None:
    path = archives.cifar10(tmp_path / "a.tar.gz", per_batch=20)
    damage(path)
    line = refused(run, _cifar(project, path))
    assert line.startswith(f"{path} is a damaged archive (")
    assert line.endswith("; fetch it again")


def _pickles(path: Path) -> Path:
    """CIFAR-10's other version: pickles, which would run what they say if they were loaded."""
    content = b"cos\nsystem\n(S'touch evil'\ntR."
    names = [*(f"data_batch_{i}" for i in range(1, 6)), "test_batch", "batches.meta"]
    return archives.tar_gz(path, {f"cifar-10-batches-py/{name}": content for name in names})


@pytest.mark.parametrize("make", [_pickles, archives.cifar100, archives.stl10])
def test_another_archive(
    make: Callable[[Path], Path], project: Callable[..., Path], run: Run, tmp_path: Path
) -> None:
    path = make(tmp_path / "a.tar.gz")
    address = "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"
    line = names(refused(run, _cifar(project, path)), key=str(path), mend=address)
    assert "data_batch_1.bin" in line
    assert not list(tmp_path.rglob("evil"))


CIFAR_FAULTS = [
    ({"batches__meta__txt": None}, "batches.meta.txt is missing, or names a class twice; fetch it again"),
    (
        {"batches__meta__txt": b"a\nb\na\n"},
        "batches.meta.txt is missing, or names a class twice; fetch it again",
    ),
    ({"test_batch__bin": b""}, "test_batch.bin has 0 bytes, no multiple of 3073; fetch it again"),
    (
        {"data_batch_2__bin": bytes(3074)},
        "data_batch_2.bin has 3,074 bytes, no multiple of 3073; fetch it again",
    ),
    ({"more/test_batch__bin": bytes(3073)}, "holds test_batch.bin twice; fetch it again"),
    (
        {"data_batch_3__bin": bytes([10]) + bytes(3072)},
        "data_batch_3.bin, image 0: its label is 10; expected 0 to 9",
    ),
]


@pytest.mark.parametrize(("replaced", "problem"), CIFAR_FAULTS)
def test_cifar10_with_faults(
    replaced: dict[str, bytes | None], problem: str, project: Callable[..., Path], run: Run, tmp_path: Path
) -> None:
    path = archives.cifar10(tmp_path / "a.tar.gz", **replaced)
    line = refused(run, _cifar(project, path))
    assert line.startswith(str(path))
    assert problem in line


STL_FAULTS = [
    ({"test_y__bin": None}, "0 labels for the 2 images of test_X.bin; fetch it again"),
    ({"train_y__bin": b"\1"}, "1 labels for the 3 images of train_X.bin; fetch it again"),
    ({"train_y__bin": b"\1\0\2"}, "train_X.bin, image 1: its label is 0; expected 1 to 10"),
    ({"test_y__bin": b"\1\x0b"}, "test_X.bin, image 1: its label is 11; expected 1 to 10"),
    ({"train_X__bin": bytes(27649)}, "train_X.bin has 27,649 bytes, no multiple of 27648"),
    ({"class_names__txt": b""}, "class_names.txt is missing, or names a class twice; fetch it again"),
    ({"test_X__bin": None}, "has no test_X.bin; expected the binary version, as at http"),
    ({"more/test_X__bin": bytes(27648)}, "holds test_X.bin twice; fetch it again"),
]


@pytest.mark.parametrize(("replaced", "problem"), STL_FAULTS)
def test_stl10_with_faults(
    replaced: dict[str, bytes | None], problem: str, project: Callable[..., Path], run: Run, tmp_path: Path
) -> None:
    path = archives.stl10(tmp_path / "a.tar.gz", **replaced)
    folder = describe(project, kind="stl10", train_on="labelled", archive=copy_of(path))
    assert problem in refused(run, folder)


def test_checksums_and_sizes(project: Callable[..., Path], run: Run, tmp_path: Path) -> None:
    path = archives.cifar10(tmp_path / "a.tar.gz")
    folder = describe(project, kind="cifar10", archive={"path": "a.tar.gz", "md5": "0" * 32})
    line = names(refused(run, folder), key="a.tar.gz", mend="give its own `md5`, or the right file")
    assert archives.md5(path) in line
    assert f"expected {'0' * 32}" in line
    describe(project, kind="cifar10", archive={"path": "b.tar.gz", "md5": "0" * 32})
    names(refused(run, folder), key="b.tar.gz", mend="give the path of a copy")
    describe(project, kind="cifar10")
    fetch = "`dvc --cd data/raw update cifar-10-binary.tar.gz.dvc`"
    names(refused(run, folder), key="data/raw/cifar-10-binary.tar.gz", mend=fetch)
    (folder / "data/raw").mkdir()
    (folder / "data/raw/cifar-10-binary.tar.gz").write_bytes(b"x")
    line = names(refused(run, folder), key="data/raw/cifar-10-binary.tar.gz", mend="fetch it again")
    assert "expected 170,052,171" in line
    with (folder / "data/raw/cifar-10-binary.tar.gz").open("r+b") as file:
        file.truncate(170_052_171)
    assert "; expected c32a1d4ab5d03f1284b67883e8d87530: it is damaged or another file" in refused(
        run, folder
    )
