"""Unpacking a bundle that may be hostile, for `ganmatrix verify`."""

import hashlib
import json
import re
import sys
import zipfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from ganmatrix.datasets.raw import open_member, take, zip_archive
from ganmatrix.datasets.source import BadSource
from ganmatrix.errors import UserError
from ganmatrix.params import Params
from ganmatrix.plan import Task
from ganmatrix.store.bundles import LEDGER
from ganmatrix.store.layout import WEIGHTS, Layout
from ganmatrix.store.manifest import Listed, Manifest

SPARE, MOST_TIMES, MOST_ON_DISK = 256 * 1024**2, 50, 8 * 1024**3
"""A bundle may unpack to that many bytes and that many times its own size. All but weights go to disk."""

PLAIN_NAME, LONGEST_NAME = r"[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*", 250
PIECE = 1024**2


@dataclass
class Unpacked:
    """A bundle's files: their SHA-256 and sizes, and a folder with all of them but weights."""

    folder: Path
    files: dict[str, Listed]
    damaged: list[str] = field(default_factory=list)
    """Files that could not be unpacked."""
    params: Params | None = None
    """None if it needs plugins, whose code is not run."""
    same_rule: bool = False
    """Whether the code of `assemble` was that of this package."""
    manifests: dict[Task, Manifest] = field(default_factory=dict)

    @property
    def layout(self) -> Layout:
        return Layout(self.folder)

    def json(self, name: str) -> Any:
        """A JSON file. ValueError if it is none."""
        try:
            return json.loads((self.folder / name).read_bytes())
        except RecursionError:
            raise ValueError("it is nested too deeply") from None

    def clean(self, error: Exception) -> str:
        """The text of an error, without the folder's path."""
        return str(error).replace(f"{self.folder}/", "")


def unpack(path: Path, folder: Path) -> Unpacked:
    """Unpack all files but weights, of which only the checksum is taken.

    UserError for an archive that is hostile or no bundle, before anything is written.
    """
    unpacked = Unpacked(folder, {})
    try:
        with zip_archive(path, sys.maxsize) as (archive, members):
            _check_names(path, [each.filename for each in archive.infolist()])
            _check_sizes(path, members)
            for member in members:
                try:
                    unpacked.files[member.filename] = _extract(archive, member, folder, path)
                except BadSource:
                    unpacked.damaged.append(member.filename)
    except BadSource as error:
        raise UserError(str(error).replace("; fetch it again", "; get it again")) from None
    return unpacked


def _check_names(path: Path, names: list[str]) -> None:
    """UserError for a name that is not plain, or that stands twice, or for an archive without a ledger."""
    folders = {str(parent) for name in names for parent in PurePosixPath(name).parents}
    for name, count in Counter(names).items():
        if count > 1 or name in folders:
            raise UserError(f"{path}: {name[:200]!r} stands twice; such archives are not read")
        if not re.fullmatch(PLAIN_NAME, name) or len(name) > LONGEST_NAME:
            raise UserError(f"{path}: {name[:200]!r} is no plain name; such archives are not read")
    if LEDGER not in names:
        raise UserError(f"{path} has no {LEDGER}; give an archive that the verb bundle wrote")


def _check_sizes(path: Path, members: list[zipfile.ZipInfo]) -> None:
    """UserError for an archive that would unpack to more than a bundle does."""
    most = SPARE + MOST_TIMES * path.stat().st_size
    total = sum(each.file_size for each in members)
    if total > most or sum(each.file_size for each in members if _on_disk(each)) > MOST_ON_DISK:
        raise UserError(f"{path} claims to hold {total:,} bytes; such archives are not read")


def _on_disk(member: zipfile.ZipInfo) -> bool:
    return PurePosixPath(member.filename).name != WEIGHTS


def _extract(archive: zipfile.ZipFile, member: zipfile.ZipInfo, folder: Path, path: Path) -> Listed:
    """Write a member, if it is not weights. At most as many bytes are read as the directory states."""
    hasher, left = hashlib.sha256(), member.file_size
    target = folder / member.filename
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as file, open_member(archive, member, path) as content:
        while piece := take(content, min(PIECE, left + 1), path, exactly=False):
            left -= len(piece)
            if left < 0:
                raise BadSource(f"{path}: {member.filename} is longer than it says")
            hasher.update(piece)
            if _on_disk(member):
                file.write(piece)
    return Listed(hasher.hexdigest(), member.file_size - left)
