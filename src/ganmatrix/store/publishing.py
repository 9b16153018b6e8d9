"""Publication: all files are written aside, then renamed, the manifest last.

A failure, a full disk or a kill in between leaves the former files and their manifest as they were. The
next process that holds the lock puts back what a kill left half renamed.
"""

import contextlib
import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ganmatrix.errors import Unreadable, UserError, unreadable
from ganmatrix.store.files import blamed, sync

MANIFEST, NAMES = "manifest", "names"
"""Beside the new files: their manifest, which is published last, and the name of each with the path that it
was brought from, or null, as JSON."""


@dataclass(frozen=True)
class Publication:
    """The files in `folder` and the manifest that vouches for them. Whoever uses it holds its lock."""

    folder: Path
    manifest: Path
    hidden: Path
    """Where new files are written and former ones are kept meanwhile: this name and an ending, on the same
    disk, and outside of the folders that DVC tracks as a whole."""
    shared: bool = False
    """Whether files of others lie in the folder."""
    above: tuple[Path, ...] = ()
    """Folders above this one that belong to the same dataset or cell."""

    @property
    def aside(self) -> Path:
        """Where new files are written."""
        return self.hidden.with_name(f"{self.hidden.name}.new")

    @property
    def _former(self) -> Path:
        return self.hidden.with_name(f"{self.hidden.name}.old")

    @property
    def is_open(self) -> bool:
        """Whether somebody publishes, or was killed at it."""
        return self.aside.exists() or self._former.exists()

    def check_links(self) -> None:
        """UserError if the files would lie elsewhere, perhaps among those of another run."""
        for path in (self.folder, *self.above):
            with _readable(path):
                linked = path.is_symlink()
            if linked:
                raise UserError(f"{path} is a link; put the folder itself there, or remove it, and run again")

    def check(self) -> None:
        """UserError if the files could not be published; asked before the work is done."""
        self.check_links()
        with _readable(self.folder):
            for path in (self.folder, self.aside, self._former):
                if path.exists() and not path.is_dir():
                    raise UserError(f"{path} is no folder; remove it and run again")
            if not self.folder.exists():
                return
            inside = self.folder.glob(f"{self.manifest.stem}.*") if self.shared else self.folder.iterdir()
            for path in inside:
                if path.is_dir() and not path.is_symlink():
                    raise UserError(f"{path} is a folder where a file may be due; move it away and run again")

    @contextlib.contextmanager
    def begun(self) -> Iterator[Path]:
        """An empty folder to write files into; it goes when the block ends."""
        self.recover()
        with blamed(self.folder):
            self.aside.mkdir(parents=True, exist_ok=True)
        try:
            with blamed(self.folder):
                yield self.aside
        finally:
            shutil.rmtree(self.aside, ignore_errors=True)

    def publish(self, text: str, moved: Mapping[str, Path] | None = None) -> None:
        """Have the files that lie aside, and no others, where they belong, with this manifest.

        `moved` names files that lie elsewhere and are to be moved here, or copied from another disk.
        """
        elsewhere = moved or {}
        with blamed(self.folder):
            names = [*(path.name for path in self.aside.iterdir()), *elsewhere]
            origins = {name: str(elsewhere[name]) if name in elsewhere else None for name in names}
            # Names first: whatever finds the manifest here finds them whole.
            (self.aside / NAMES).write_text(json.dumps(origins), encoding="utf-8")
            (self.aside / MANIFEST).write_text(text, encoding="utf-8")
            try:
                for name, path in elsewhere.items():
                    _bring(path, self.aside / name)
                for name in (*names, MANIFEST, NAMES):
                    sync(self.aside / name)
                self._exchange(names)
            except BaseException:
                self.recover()
                raise
            sync(self.folder)
            sync(self.manifest.parent)
        self.recover()

    def _exchange(self, names: list[str]) -> None:
        self._former.mkdir(parents=True)
        self.folder.mkdir(parents=True, exist_ok=True)
        for path in self._published(names):
            path.rename(self._former / path.name)
        for name in names:
            (self.aside / name).rename(self.folder / name)
        (self.aside / MANIFEST).rename(self.manifest)

    def _published(self, names: list[str]) -> list[Path]:
        """The files that the new ones replace."""
        files = (self.folder / name for name in names) if self.shared else self.folder.iterdir()
        return [path for path in files if path.is_file() or path.is_symlink()]

    def recover(self) -> None:
        """Finish or undo what a kill has interrupted."""
        with blamed(self.folder):
            self._undo()
        for leftover in (self._former, self.aside):
            shutil.rmtree(leftover, ignore_errors=True)

    def _undo(self) -> None:
        """Put all files back to their place if the manifest is still aside, so was never published.

        The new ones go back first, to where they were brought from last: a kill in between leaves what can be
        undone again.
        """
        if not (self.aside / MANIFEST).exists():
            return
        origins = json.loads((self.aside / NAMES).read_text(encoding="utf-8"))
        if self._former.is_dir():
            for name in origins:
                if not (self.aside / name).exists() and (self.folder / name).exists():
                    (self.folder / name).rename(self.aside / name)
            for path in self._former.iterdir():
                path.rename(self.folder / path.name)
            self._former.rmdir()
        for name, origin in origins.items():
            if origin and not Path(origin).exists() and (self.aside / name).exists():
                (self.aside / name).rename(origin)
        (self.aside / MANIFEST).unlink()


@contextlib.contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Unreadable, which names the path, where the system refuses to look."""
    try:
        yield
    except OSError as error:
        raise Unreadable(unreadable(path, error)) from None


def _bring(path: Path, target: Path) -> None:
    try:
        path.rename(target)
    except OSError:  # It lies on another disk.
        shutil.copyfile(path, target)
