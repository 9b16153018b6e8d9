"""Publication: all files are written in a folder beside, then renamed, the manifest last.

After a failure, a full disk or a kill in between, the former files and their manifest are as they were. The
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
"""Two files beside the new ones: their manifest, which is published last, and a JSON mapping from the name of
each new file to the path that it was moved from, or null."""


@dataclass(frozen=True)
class Publication:
    """The files in `folder` and their manifest. Users of a publication hold its lock."""

    folder: Path
    manifest: Path
    hidden: Path
    """The path, without its ending, where new files are written and former ones are kept meanwhile. It is
    on the same disk, and outside of the folders that DVC tracks as a whole."""
    shared: bool = False
    """Whether the folder also has files of others."""
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
        """Whether a process publishes now, or was killed while it did."""
        return self.aside.exists() or self._former.exists()

    def check_links(self) -> None:
        """UserError if a link would put the files elsewhere, perhaps among those of another run."""
        for path in (self.folder, *self.above):
            with _readable(path):
                linked = path.is_symlink()
            if linked:
                raise UserError(f"{path} is a link; put the folder itself there, or remove it, and run again")

    def check(self) -> None:
        """UserError if the files could not be published. This is checked before the work is done."""
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
        """An empty folder to write files into. It is removed when the block ends."""
        self.recover()
        with blamed(self.folder):
            self.aside.mkdir(parents=True, exist_ok=True)
        try:
            with blamed(self.folder):
                yield self.aside
        finally:
            shutil.rmtree(self.aside, ignore_errors=True)

    def publish(self, text: str, moved: Mapping[str, Path] | None = None) -> None:
        """Move the new files into their folder, with this manifest, and remove all other files.

        `moved` names files that lie elsewhere. They are moved here, or copied from another disk.
        """
        elsewhere = moved or {}
        with blamed(self.folder):
            names = [*(path.name for path in self.aside.iterdir()), *elsewhere]
            origins = {name: str(elsewhere[name]) if name in elsewhere else None for name in names}
            # The names are written first, so a process that finds the manifest here finds all names.
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
        """Finish or undo a publication that a kill interrupted."""
        with blamed(self.folder):
            self._undo()
        for leftover in (self._former, self.aside):
            shutil.rmtree(leftover, ignore_errors=True)

    def _undo(self) -> None:
        """Put all files back into their place if the manifest was never published.

        First the new files leave the folder, then the former ones return, and last the moved files go back
        to their origin. After a kill in between, this can be done again.
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
    """Unreadable, with the path, if the system refuses to look."""
    try:
        yield
    except OSError as error:
        raise Unreadable(unreadable(path, error)) from None


def _bring(path: Path, target: Path) -> None:
    try:
        path.rename(target)
    except OSError:  # It is on another disk.
        shutil.copyfile(path, target)
