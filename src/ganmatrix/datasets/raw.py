"""Raw archives of published datasets: what they are called, how they are recognised, how they are read.

The same names, sizes and checksums stand in `data/raw/*.dvc`, by which DVC fetches them. Nothing is read
before its checksum was compared, nothing is unpickled, and members are read as streams: none is
ever written under a name that an archive chose.
"""

import hashlib
import io
import stat
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Self

from ganmatrix.datasets.source import BadSource, file_state, first_line, reading, refused
from ganmatrix.errors import UserError, unreadable
from ganmatrix.params.datasets import Copy

MOST_TAR_MEMBERS = 1000
MOST_ZIP_MEMBERS = 500_000
"""CelebA has 202,599."""
LARGEST_DIRECTORY = 128 * 1024**2
"""Bytes of a zip archive's directory."""
LARGEST_HEADER = 1024**2
"""Bytes of what a tar archive says of a member beyond the usual, such as a long name."""
LARGEST_LIST = 64 * 1024**2
"""Bytes of a list file."""
PIECE = 1024**2
"""Bytes that are read at a time."""


@dataclass(frozen=True)
class RawFile:
    """A file as its publishers give it out."""

    name: str
    """Below data/raw/."""
    url: str
    md5: str
    size: int | None
    """Bytes; None where no reliable source states them."""
    unpacked: int
    """Bytes that its members may have in all; one that claims more is a bomb, or another archive."""


CIFAR10 = RawFile(
    "cifar-10-binary.tar.gz",
    "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
    "c32a1d4ab5d03f1284b67883e8d87530",
    170_052_171,
    1024**3,
)
CIFAR100 = RawFile(
    "cifar-100-binary.tar.gz",
    "https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz",
    "03b5dce01913d631647c71ecec9e9cb8",
    168_513_733,
    1024**3,
)
STL10 = RawFile(
    "stl10_binary.tar.gz",
    "http://ai.stanford.edu/~acoates/stl10/stl10_binary.tar.gz",
    "91f7769df0f17e558f3565bffb0c7dfb",
    2_640_397_119,
    4 * 1024**3,
)
CELEBA_IMAGES = RawFile(
    "img_align_celeba.zip",
    "https://drive.google.com/uc?id=0B7EVK8r0v71pZjFTYXZWM3FlRnM",
    "00d2c5bc6d35e252742224ab0c1e8fcb",
    1_443_490_838,
    4 * 1024**3,
)
CELEBA_PARTITION = RawFile(
    "list_eval_partition.txt",
    "https://drive.google.com/uc?id=0B7EVK8r0v71pY0NSMzRuSXJEVkk",
    "d32c9cbf5e040fd4025c592c306e6668",
    2_836_386,
    0,
)
LSUN_BEDROOM = RawFile(
    "bedroom_train_lmdb.zip",
    "http://dl.yf.io/lsun/scenes/bedroom_train_lmdb.zip",
    "f2c5d904a82a6295dbdccb322b4b0a99",
    None,
    100 * 1024**3,
)
FILES = (CIFAR10, CIFAR100, STL10, CELEBA_IMAGES, CELEBA_PARTITION, LSUN_BEDROOM)


def location(root: Path, file: RawFile, copy: Copy | None) -> Path:
    """Where a raw file lies, or the user's own copy."""
    return root / (copy.path if copy else f"data/raw/{file.name}")


def verified(
    root: Path, file: RawFile, copy: Copy | None, watch: Callable[[int], None] = lambda done: None
) -> Path:
    """The path of a raw file, or of the user's own copy, after its size and checksum were compared.

    `watch` is told now and then how many bytes were read.
    """
    path = location(root, file, copy)
    md5, size = (copy.md5, None) if copy else (file.md5, file.size)
    again = "give its own `md5`, or the right file" if copy else "fetch it again"
    found = file_state(path, "give the path of a copy" if copy else mend(file)).st_size
    if size is not None and found != size:
        raise BadSource(f"{path} has {found:,} bytes; expected {size:,}: {again}")
    hasher, done = hashlib.md5(usedforsecurity=False), 0
    with reading(path), path.open("rb") as opened:
        while piece := opened.read(PIECE):
            hasher.update(piece)
            done += len(piece)
            watch(done)
    if (digest := hasher.hexdigest()) != md5:
        raise BadSource(
            f"{path} has the MD5 {digest}; expected {md5}: it is damaged or another file, {again}"
        )
    return path


def mend(file: RawFile) -> str:
    """What to do where a raw file is missing."""
    if "drive.google.com" in file.url:
        return f"download it in a browser from {file.url}"
    return f"`dvc --cd data/raw update {file.name}.dvc` fetches it from {file.url}"


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """BadSource for whatever is raised while an archive is read that is damaged, or cannot be read.

    Readers of hostile bytes raise what they like, so that nothing but their own calls belongs in the block.
    """
    try:
        yield
    except UserError:
        raise
    except Exception as error:
        if isinstance(error, OSError) and refused(error):
            raise BadSource(unreadable(path, error)) from None
        raise BadSource(f"{path} is a damaged archive ({first_line(error)}); fetch it again") from None


class _Member(tarfile.TarInfo):
    """A member whose own headers cannot fill the memory: tarfile reads them whole."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        member = super().frombuf(buf, encoding, errors)
        if member.size < 0:
            raise tarfile.ReadError(f"{member.name!r} has {member.size} bytes")
        if member.type not in tarfile.REGULAR_TYPES and member.size > LARGEST_HEADER:
            raise tarfile.ReadError(f"a header of {member.size:,} bytes")
        return member


def tar_members(path: Path, unpacked: int) -> Iterator[tuple[str, int, IO[bytes]]]:
    """Name, size and content of each file of a tar.gz archive, in its order.

    BadSource for a hostile one, before more than `unpacked` bytes came out of it.
    """
    total = 0
    with readable(path), tarfile.open(path, "r|gz", tarinfo=_Member) as archive:
        for number, member in enumerate(archive):
            total += member.size
            check_member(path, member.name, total, unpacked)
            if number >= MOST_TAR_MEMBERS:
                raise _crowd(path, MOST_TAR_MEMBERS)
            if member.isdir():
                continue
            if member.type not in (tarfile.REGTYPE, tarfile.AREGTYPE) or member.issparse():
                raise BadSource(f"{path}: {member.name} is a link or device; such archives are not read")
            content = archive.extractfile(member)
            assert content is not None
            yield member.name, member.size, content


def take(content: IO[bytes], size: int, path: Path, *, exactly: bool = True) -> bytes:
    """The next `size` bytes of a member, or at most so many. BadSource if they are not there."""
    with readable(path):
        found = content.read(size)
    if exactly and len(found) != size:
        raise BadSource(f"{path} is a damaged archive (a member ends early); fetch it again")
    return found


def check_member(archive: Path, name: str, total: int, unpacked: int) -> None:
    """BadSource for a name that leaves the archive's folder, or for more content than can be meant."""
    parts = PurePosixPath(name.replace("\\", "/"))
    if parts.is_absolute() or ".." in parts.parts or ":" in name.split("/")[0]:
        raise BadSource(f"{archive}: {name} lies outside the archive's folder; such archives are not read")
    if total > unpacked:
        raise BadSource(
            f"{archive} claims {total:,} bytes up to {name}; the published one has fewer than {unpacked:,}: "
            "such archives are not read"
        )


@contextmanager
def zip_archive(path: Path, unpacked: int) -> Iterator[tuple[zipfile.ZipFile, list[zipfile.ZipInfo]]]:
    """A zip archive and its files. BadSource for a hostile one, before anything came out of it."""
    with readable(path):
        if (directory := _directory_bytes(path)) > LARGEST_DIRECTORY:
            raise BadSource(f"{path} has a directory of {directory:,} bytes; such archives are not read")
        archive = zipfile.ZipFile(path)
    with archive:
        with readable(path):
            members = _zip_members(archive, path, unpacked)
        yield archive, members


def open_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, path: Path) -> IO[bytes]:
    """A member of the archive at that path, to `take` from."""
    with readable(path):
        return archive.open(member)


def _zip_members(archive: zipfile.ZipFile, path: Path, unpacked: int) -> list[zipfile.ZipInfo]:
    members, total = [], 0
    if len(archive.infolist()) > MOST_ZIP_MEMBERS:
        raise _crowd(path, MOST_ZIP_MEMBERS)
    for member in archive.infolist():
        total += member.file_size
        check_member(path, member.filename, total, unpacked)
        if stat.S_IFMT(member.external_attr >> 16) not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise BadSource(f"{path}: {member.filename} is a link or device; such archives are not read")
        if member.flag_bits & 1:
            raise BadSource(f"{path}: {member.filename} is encrypted; give an archive that is not")
        if not member.is_dir():
            members.append(member)
    return members


def _directory_bytes(path: Path) -> int:
    """What a zip archive's end says of the size of its directory, which zipfile reads whole."""
    with path.open("rb") as file:
        file.seek(max(file.seek(0, io.SEEK_END) - 2**16 - 22, 0))
        tail = file.read()
        at = tail.rfind(b"PK\5\6")
        if at < 0 or len(tail) < at + 22:
            raise zipfile.BadZipFile("it has no end of a zip archive")
        size = int.from_bytes(tail[at + 12 : at + 16], "little")
        if tail[at - 20 : at - 16] == b"PK\6\7":
            file.seek(int.from_bytes(tail[at - 12 : at - 4], "little") + 40)
            size = int.from_bytes(file.read(8), "little")
    return size


def _crowd(path: Path, most: int) -> BadSource:
    return BadSource(f"{path} has more than {most:,} members; such archives are not read")
