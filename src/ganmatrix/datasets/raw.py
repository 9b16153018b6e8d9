"""Raw archives of published datasets: what they are called, how they are recognised, how they are read.

The same names, sizes and checksums stand in `data/raw/*.dvc`, by which DVC fetches them. Nothing is read
before its checksum was compared, nothing is unpickled, and members are read as streams: none is
ever written under a name that an archive chose.
"""

import hashlib
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from ganmatrix.datasets.stream import BadSource
from ganmatrix.params.datasets import Copy

LARGEST_MEMBER = 4 * 1024**3
"""Bytes. The largest that any of these archives holds is STL-10's unlabelled set, 2.8 GB."""
MOST_MEMBERS = 1_000_000
LARGEST_IMAGE = 64 * 1024**2
"""Bytes of one image file within an archive."""


@dataclass(frozen=True)
class RawFile:
    """A file as its publishers give it out."""

    name: str
    """Below data/raw/."""
    url: str
    md5: str
    size: int | None
    """Bytes; None where no reliable source states them."""


CIFAR10 = RawFile(
    "cifar-10-binary.tar.gz",
    "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
    "c32a1d4ab5d03f1284b67883e8d87530",
    170_052_171,
)
CIFAR100 = RawFile(
    "cifar-100-binary.tar.gz",
    "https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz",
    "03b5dce01913d631647c71ecec9e9cb8",
    168_513_733,
)
STL10 = RawFile(
    "stl10_binary.tar.gz",
    "http://ai.stanford.edu/~acoates/stl10/stl10_binary.tar.gz",
    "91f7769df0f17e558f3565bffb0c7dfb",
    2_640_397_119,
)
CELEBA_IMAGES = RawFile(
    "img_align_celeba.zip",
    "https://drive.google.com/uc?id=0B7EVK8r0v71pZjFTYXZWM3FlRnM",
    "00d2c5bc6d35e252742224ab0c1e8fcb",
    1_443_490_838,
)
CELEBA_PARTITION = RawFile(
    "list_eval_partition.txt",
    "https://drive.google.com/uc?id=0B7EVK8r0v71pY0NSMzRuSXJEVkk",
    "d32c9cbf5e040fd4025c592c306e6668",
    2_836_386,
)
LSUN_BEDROOM = RawFile(
    "bedroom_train_lmdb.zip",
    "http://dl.yf.io/lsun/scenes/bedroom_train_lmdb.zip",
    "f2c5d904a82a6295dbdccb322b4b0a99",
    None,
)
FILES = (CIFAR10, CIFAR100, STL10, CELEBA_IMAGES, CELEBA_PARTITION, LSUN_BEDROOM)


def verified(root: Path, file: RawFile, copy: Copy | None) -> Path:
    """The path of a raw file, or of the user's own copy, after its size and checksum were compared."""
    path = root / (copy.path if copy else f"data/raw/{file.name}")
    md5, size = (copy.md5, None) if copy else (file.md5, file.size)
    if not path.is_file():
        mend = (
            "give the path of a copy"
            if copy
            else f"`dvc pull data/raw/{file.name}` fetches it from {file.url}"
        )
        raise BadSource(f"{path} is missing; {mend}")
    if size is not None and (found := path.stat().st_size) != size:
        raise BadSource(f"{path} has {found:,} bytes; expected {size:,}: fetch it again")
    try:
        with path.open("rb") as opened:
            digest = hashlib.file_digest(opened, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    except OSError as error:
        raise BadSource(f"{path} cannot be read: {error.strerror}") from None
    if digest != md5:
        raise BadSource(f"{path} has the MD5 {digest}; expected {md5}: it is damaged or another file")
    return path


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """BadSource for whatever a damaged archive raises while it is read."""
    try:
        yield
    except (
        tarfile.TarError,
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        OSError,
        NotImplementedError,
    ) as error:
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise BadSource(f"{path} is a damaged archive ({lines[0]}); fetch it again") from None


def tar_members(path: Path) -> Iterator[tuple[str, int, IO[bytes]]]:
    """Name, size and content of each file of a tar archive, in its order. BadSource for a hostile one."""
    with readable(path), tarfile.open(path, "r|*") as archive:
        for number, member in enumerate(archive):
            check_member(path, member.name, member.size, number)
            if member.isdir():
                continue
            if not member.isreg():
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


def check_member(archive: Path, name: str, size: int, number: int) -> None:
    """BadSource for a name that leaves the archive's folder, or for more content than can be meant."""
    parts = PurePosixPath(name.replace("\\", "/"))
    if parts.is_absolute() or ".." in parts.parts or ":" in name.split("/")[0]:
        raise BadSource(f"{archive}: {name} lies outside the archive's folder; such archives are not read")
    if size > LARGEST_MEMBER:
        raise BadSource(f"{archive}: {name} claims {size:,} bytes; at most {LARGEST_MEMBER:,} are read")
    if number >= MOST_MEMBERS:
        raise BadSource(f"{archive} has more than {MOST_MEMBERS:,} members; such archives are not read")


def zip_members(archive: zipfile.ZipFile, path: Path) -> list[zipfile.ZipInfo]:
    """The files of a zip archive. BadSource for a hostile one."""
    members = []
    for number, member in enumerate(archive.infolist()):
        check_member(path, member.filename, member.file_size, number)
        if (member.external_attr >> 16) & 0o170000 == 0o120000:
            raise BadSource(f"{path}: {member.filename} is a link; such archives are not read")
        if member.flag_bits & 1:
            raise BadSource(f"{path}: {member.filename} is encrypted; give an archive that is not")
        if not member.is_dir():
            members.append(member)
    return members
