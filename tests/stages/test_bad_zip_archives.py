"""CelebA's zip archive and list, damaged or hostile: refused in one line, before much is read."""

import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from helpers import archives
from helpers.archives import copy_of
from helpers.preparing import Run, describe, refused
from helpers.refusal import names

OUTSIDE = "lies outside the archive's folder; such archives are not read"
LINK = "is a link or device; such archives are not read"


def _celeba(project: Callable[..., Path], folder: Path, **params: object) -> Path:
    archive, listed = folder / "img_align_celeba.zip", folder / "list_eval_partition.txt"
    copies = {"archive": copy_of(archive), "partition": copy_of(listed)}
    return describe(project, kind="celeba", resolution=32, **copies, **params)


def _add(path: Path, name: str, mode: int = 0, content: bytes = b"") -> None:
    member = zipfile.ZipInfo(name)
    member.external_attr = mode << 16
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(member, content)


def _encrypted(path: Path) -> None:
    data = bytearray(path.read_bytes())
    at = data.find(b"PK\1\2", data.find(b"PK\1\2") + 1)
    data[at + 8] |= 1
    path.write_bytes(data)


def _claims(path: Path) -> None:
    """The directory says of an image that it has 3.9 GB."""
    data = bytearray(path.read_bytes())
    at = data.find(b"PK\1\2", data.find(b"PK\1\2") + 1)
    data[at + 24 : at + 28] = struct.pack("<I", 3_900_000_000)
    path.write_bytes(data)


def _claims_in_all(path: Path) -> None:
    data = bytearray(path.read_bytes())
    at = -1
    while (at := data.find(b"PK\1\2", at + 1)) >= 0:
        data[at + 24 : at + 28] = struct.pack("<I", 1_000_000_000)
    path.write_bytes(data)


def _directory(path: Path) -> None:
    data = bytearray(path.read_bytes())
    at = data.rfind(b"PK\5\6")
    data[at + 12 : at + 16] = struct.pack("<I", 2**31)
    path.write_bytes(data)


def _directory_64(path: Path) -> None:
    """The end of a zip64 archive whose directory lies beyond any file."""
    data = path.read_bytes()
    at = data.rfind(b"PK\5\6")
    path.write_bytes(data[:at] + b"PK\6\7" + struct.pack("<IQI", 0, 2**64 - 1, 1) + data[at:])


def _zip_cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def _no_zip(path: Path) -> None:
    path.write_bytes(b"\0" * 1000)


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (lambda path: _add(path, "../evil.jpg"), OUTSIDE),
        (lambda path: _add(path, "/evil.jpg"), OUTSIDE),
        (lambda path: _add(path, "C:\\evil.jpg"), OUTSIDE),
        (lambda path: _add(path, "img_align_celeba/evil.jpg", 0o120777, b"/etc/passwd"), LINK),
        (lambda path: _add(path, "img_align_celeba/evil.jpg", 0o020666), LINK),
        (_encrypted, "img_align_celeba/000001.jpg is encrypted; give an archive that is not"),
        (_claims, "000001.jpg: it claims 3,900,000,000 bytes; at most 67,108,864 are read"),
        (_claims_in_all, "bytes up to img_align_celeba/000004.jpg; the published one has fewer than"),
        (_directory, "has a directory of 2,147,483,648 bytes; such archives are not read"),
        (_directory_64, "is a damaged archive ("),
        (_zip_cut, "is a damaged archive ("),
        (_no_zip, "is a damaged archive (it has no end of a zip archive); fetch it again"),
    ],
)
def test_bad_zip_archives(
    damage: Callable[[Path], None], problem: str, project: Callable[..., Path], run: Run, tmp_path: Path
) -> None:
    path, _ = archives.celeba(tmp_path)
    damage(path)
    line = refused(run, _celeba(project, tmp_path))
    assert line.startswith(str(path))
    assert problem in line
    assert not list(tmp_path.parent.rglob("evil*"))


def test_a_zip_archive_of_a_million_members(
    project: Callable[..., Path], run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, _ = archives.celeba(tmp_path)
    monkeypatch.setattr("ganmatrix.datasets.raw.MOST_ZIP_MEMBERS", 5)
    assert names(refused(run, _celeba(project, tmp_path)), key=str(path), mend="more than 5 members")


def test_a_damaged_image_in_a_zip_archive_can_be_left_out(
    project: Callable[..., Path], run: Run, tmp_path: Path
) -> None:
    path, _ = archives.celeba(tmp_path)
    data = bytearray(path.read_bytes())
    data[data.find(b"000002.jpg") + 500] ^= 1
    path.write_bytes(data)
    folder = _celeba(project, tmp_path)
    assert "000002.jpg: its bytes are damaged (Bad CRC-32" in refused(run, folder)
    ended = run("prepare", "mine", "--skip-bad")
    assert ended.status == 0
    assert "mine: left out 2 (partition 1: 1, bad: 1); card.json lists them\n" in ended.err


@pytest.mark.parametrize(
    ("listed", "problem"),
    [
        (b"", "names no images of partition 0 or 2; expected the publishers' list"),
        (
            b"000001.jpg 0\r\n000002.jpg 3\r\n",
            "line 2: '000002.jpg 3'; expected an image's name and 0, 1 or 2",
        ),
        (b"000001.jpg 0\r\n000001.jpg 2\r\n", "line 2: 000001.jpg stands twice; remove one of the two"),
        (b"\xff\xfe0\0", "is no list of images ("),
        (
            b"000001.jpg 0\n000009.jpg 2\n",
            "000009.jpg: the partition names it, the archive does not hold it; repair",
        ),
        (
            b"../../etc/passwd 0\n000001.jpg 2\n",
            "etc/passwd: the partition names it, the archive does not hold it",
        ),
    ],
)
def test_bad_lists_of_celeba(
    listed: bytes, problem: str, project: Callable[..., Path], run: Run, tmp_path: Path
) -> None:
    _, path = archives.celeba(tmp_path)
    path.write_bytes(listed)
    assert problem in refused(run, _celeba(project, tmp_path))
