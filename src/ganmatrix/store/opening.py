"""The only way to open artifacts: each file is compared with its manifest first."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from ganmatrix.errors import NotMade, UserError
from ganmatrix.store import manifest
from ganmatrix.store.layout import Layout
from ganmatrix.store.manifest import Manifest, ManifestEntry

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ganmatrix.store.tables import Table

Read = TypeVar("Read")


@dataclass(frozen=True)
class Part:
    """The files of a stage, or of one of its seeds, with their entry in the manifest.

    Each reader checks a file before it returns it. If the file is missing, unreadable, or not what the
    manifest says, it raises a UserError with the file and the command that makes it again.
    """

    stage: str
    target: str
    seed: int | None
    folder: Path
    entry: ManifestEntry
    command: str
    """The command that makes these files."""

    def path(self, name: str) -> Path:
        """The file itself, for readers that need a path."""
        path = self.folder / name
        if (expected := self.entry.files.get(name)) is None:
            raise UserError(f"{path} is not in its manifest; run `{self.command}` again")
        manifest.plain_file(path, self.command)
        try:
            same = path.suffix == ".json" or path.stat().st_size == expected.size
            same = same and manifest.listed(path) == expected
        except OSError as error:
            raise manifest.unreadable(path, error) from None
        except (ValueError, RecursionError):
            same = False
        if not same:
            raise self.damaged(name, "its bytes are not those that its manifest lists")
        return path

    def content(self, name: str) -> bytes:
        """A file's content."""
        path = self.path(name)
        try:
            return path.read_bytes()
        except OSError as error:
            raise manifest.unreadable(path, error) from None

    def json(self, name: str) -> Any:
        """A JSON document."""
        return self.parsed(name, json.loads)

    def table(self, name: str) -> "Table":
        """A Parquet table with its header."""
        from ganmatrix.store import (
            tables,
        )  # These imports take a second, so only callers that need them pay for it.

        return self.parsed(name, tables.unpack)

    def array(self, name: str) -> "NDArray[Any]":
        """A NumPy array, mapped into memory."""
        import numpy as np

        path = self.path(name)
        try:
            array: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise self.damaged(name, str(error)) from None
        return array

    def parsed(self, name: str, parse: Callable[[bytes], Read]) -> Read:
        """The result of `parse` for a file's bytes.

        A ValueError of `parse` means that the file is damaged.
        """
        content = self.content(name)
        try:
            return parse(content)
        except (ValueError, RecursionError) as error:
            raise self.damaged(name, " ".join(str(error).split())) from None

    def damaged(self, name: str, why: str) -> UserError:
        """The error for a file that is not what it should be."""
        return UserError(f"{self.folder / name} is damaged ({why}); run `{self.command}` to make it again")

    def check(self) -> None:
        """Read every file. UserError for the first that is not what the manifest says."""
        for name in self.entry.files:
            self.path(name)


def part(layout: Layout, stage: str, target: str = "", seed: int | None = None) -> Part:
    """The files of a stage, or of one seed. NotMade if there is no manifest, or if it lacks the seed."""
    return part_of(read_manifest(layout, stage, target), layout, seed)


def read_manifest(layout: Layout, stage: str, target: str = "", seed: int | None = None) -> Manifest:
    """The manifest of a stage, or the note of one seed."""
    makers = (layout.command(stage, target), layout.all_command)
    return manifest.read(layout.manifest(stage, target, seed), stage, target, *makers)


def part_of(found: Manifest, layout: Layout, seed: int | None) -> Part:
    """The same from a manifest that was read before. UserError if the files' folder is a link."""
    stage, target = found.stage, found.target
    if seed not in found.entries:
        path, maker = layout.manifest(stage, target), layout.command(stage, target)
        raise NotMade(f"{path} lacks {'an entry' if seed is None else f'seed {seed}'}; run `{maker}` first")
    folder = layout.folder(stage, target, seed)
    layout.publication(stage, target, seed).check_links()
    return Part(stage, target, seed, folder, found.entries[seed], layout.command(stage, target))
