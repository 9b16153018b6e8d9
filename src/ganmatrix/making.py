"""Bringing a stage up to date: check it, lock it, make its files in a folder beside, publish them.

A stage with seeds makes each seed separately, in as many processes as it was granted cores. A finished seed
is published at once and is not made again, whatever ends the job.
"""

import multiprocessing
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ganmatrix.errors import NotMade, Unreadable, UserError
from ganmatrix.plan import Plan, Task
from ganmatrix.runtime import progress
from ganmatrix.runtime.signals import Stopped
from ganmatrix.store import manifest, opening
from ganmatrix.store.files import size, write_text
from ganmatrix.store.layout import SEEDED
from ganmatrix.store.locks import Taken, held, waited_for
from ganmatrix.store.manifest import Listed, Manifest, ManifestEntry


@dataclass(frozen=True)
class Made:
    """A maker's answer: facts about the files that it wrote, and work to do after their publication."""

    environment: Mapping[str, Any] = field(default_factory=dict)
    """Other things that the bytes may depend on."""
    moved: Mapping[str, Path] = field(default_factory=dict)
    """Files in other places to move beside the others, by name."""
    finished: Callable[[], None] | None = None
    """Work to do after publication."""


Maker = Callable[[int | None, Path], Made]
"""Writes the files of one seed (None if the stage has no seeds) into a folder."""


def make(
    plan: Plan,
    task: Task,
    load: Callable[[], Maker],
    seeds: Sequence[int] = (),
    workers: int = 1,
    received: Sequence[signal.Signals] = (),
) -> str:
    """Make the missing and stale parts of a task. Returns a line that says what was done.

    `load` returns the maker and does its imports. It is called only if there is something to make. Raises
    UserError for errors that the user can mend, and Stopped if a signal was received.
    """
    parts: list[int | None] = list(seeds) or plan.parts(task)
    for part in parts:
        plan.layout.publication(task.stage, task.target, part).check()
    _recover(plan, task, parts)
    if not (pending := outdated(plan, task, parts)):
        if task.stage not in SEEDED or not refresh(plan, task):
            return f"{task}: up to date"
        return f"{task}: up to date; its manifest was written again"
    made = _at_work(_Work(plan, task, load(), received), pending, min(workers, len(pending)))
    plan.forget()
    if task.stage in SEEDED:
        refresh(plan, task)
    if not made:
        return f"{task}: up to date"  # Another process has made it meanwhile.
    if task.stage not in SEEDED:
        return f"{task}: made {_named(plan, task, None)}"
    already = len(parts) - len(made)
    seeds_made = ", ".join(str(part) for part in pending if part in made)
    beside = f"; {already} were up to date" if already else ""
    return f"{task}: made seed{'s' * (len(made) > 1)} {seeds_made}{beside}"


def _recover(plan: Plan, task: Task, parts: Sequence[int | None]) -> None:
    """Finish or undo publications that a kill interrupted, if no process works on them."""
    for part in parts:
        publication = plan.layout.publication(task.stage, task.target, part)
        if publication.is_open:
            with suppress(Taken), held(plan.layout.lock(task.stage, task.target, part)):
                publication.recover()


def outdated(plan: Plan, task: Task, parts: Sequence[int | None]) -> list[int | None]:
    """The parts that must be made. All files of the other parts are complete."""
    return [part for part in parts if why(plan, task, part) is not None]


def refresh(plan: Plan, task: Task) -> bool:
    """Write the manifest of a stage from the notes of its seeds. Returns whether it was necessary.

    An engine may have removed the manifest, or restored an older one, when a job failed.
    """
    path = plan.layout.manifest(task.stage, task.target)
    if (text := _collected(plan, task)) == _text(path):
        return False
    with waited_for(plan.layout.lock(task.stage, task.target), str(task)):
        with suppress(NotMade):
            plan.read(
                task
            )  # A UserError keeps a file that is no manifest of this stage, or has a newer version.
        write_text(path, text if (now := _collected(plan, task)) == text else now)
    plan.forget()
    return True


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8") if path.is_file() and not path.is_symlink() else None
    except (OSError, ValueError):
        return None


def _collected(plan: Plan, task: Task) -> str:
    """The text of the manifest, composed of the seeds' notes."""
    entries: dict[int | None, ManifestEntry] = {}
    for path in plan.layout.folder(task.stage, task.target).glob("*.json"):
        if path.stem.isdecimal():
            maker = plan.layout.command(task.stage, task.target)
            found = manifest.read(path, task.stage, task.target, maker)
            entries |= {seed: entry for seed, entry in found.entries.items() if str(seed) == path.stem}
    return Manifest(task.stage, task.target, entries).text()


def why(plan: Plan, task: Task, part: int | None) -> str | None:
    """Why a part must be made; None if it is current and complete.

    UserError if it cannot be made: an input is missing, its manifest must not be replaced, or one of its
    files cannot be read, so that nobody knows whether it is complete.
    """
    plan.made_from(task, part)
    try:
        found = opening.read_manifest(plan.layout, task.stage, task.target, part)
    except NotMade:
        return "missing"
    if part not in found.entries:
        path = plan.layout.manifest(task.stage, task.target, part)
        maker = plan.layout.command(task.stage, task.target)
        raise UserError(f"{path} is of another seed; remove it and run `{maker}`")
    if change := plan.change(task, part, found.entries[part]):
        return change
    try:
        opening.part_of(found, plan.layout, part).check()
    except Unreadable:
        raise
    except UserError as error:
        return str(error).partition(";")[0]
    return None


def _named(plan: Plan, task: Task, part: int | None) -> str:
    """`a (1.2 kB), b (3.4 MB)`: the files of a part."""
    made = opening.part_of(plan.read(task), plan.layout, part)
    return ", ".join(f"{made.folder / name} ({size(each.size)})" for name, each in made.entry.files.items())


@dataclass(frozen=True)
class _Work:
    """Everything that each process of a job needs."""

    plan: Plan
    task: Task
    maker: Maker
    received: Sequence[signal.Signals]

    def parts(self, parts: Sequence[int | None]) -> list[int | None]:
        """Make these parts, first those that no other process makes. Returns those that it made itself."""
        made, busy = [], []
        for part in parts:
            try:
                with held(self._lock(part)):
                    made += [part] if self._make(part) else []
            except Taken:
                busy.append(part)
        for part in busy:
            with self._waiting(part):
                made += [part] if self._make(part) else []
        return made

    def _lock(self, part: int | None) -> Path:
        return self.plan.layout.lock(self.task.stage, self.task.target, part)

    def _waiting(self, part: int | None) -> Any:
        title = str(self.task) if part is None else f"{self.task}, seed {part}"
        return waited_for(self._lock(part), title, self.received)

    def _make(self, part: int | None) -> bool:
        """Make the part if it is still necessary. Returns whether it was."""
        plan, task = self.plan, self.task
        if self.received:
            raise Stopped(self.received[0].name)
        publication = plan.layout.publication(task.stage, task.target, part)
        publication.recover()
        plan.forget()
        if (reason := why(plan, task, part)) is None:
            return False
        if reason != "missing":
            whose = "" if part is None else f", seed {part}"
            sys.stderr.write(f"{task}{whose}: {reason}; making it again\n")
        made_from = plan.made_from(task, part)
        with publication.begun() as folder:
            made = self.maker(part, folder)
            files = {path.name: path for path in folder.iterdir()} | dict(made.moved)
            listed: dict[str, Listed] = {name: manifest.listed(files[name]) for name in sorted(files)}
            entry = ManifestEntry(made_from, listed, made.environment)
            if part is None:
                text = Manifest(task.stage, task.target, {None: entry}).text()
            else:
                text = manifest.note(task.stage, task.target, part, entry)
            publication.publish(text, made.moved)
        if made.finished:
            made.finished()
        plan.forget()
        if part is not None:
            sys.stderr.write(f"{task}, seed {part}: finished\n")
        return True


def _at_work(work: _Work, parts: Sequence[int | None], workers: int) -> list[int | None]:
    """Divide the parts among that many processes, or make them in this one.

    Returns the parts that were made.
    """
    if workers <= 1:
        try:
            return work.parts(parts)
        except Taken:
            raise Stopped(work.received[0].name) from None
    # Children share the imports of this process, which has started no threads and used no GPU.
    context = multiprocessing.get_context("fork")
    said = context.SimpleQueue()
    children = [
        context.Process(target=_child, args=(work, parts[first::workers], said)) for first in range(workers)
    ]
    try:
        for child in children:
            child.start()
        _join(children, work.received)
    finally:
        for child in children:
            if child.pid is not None:
                child.terminate()
                child.join()
    messages: list[tuple[str, Any]] = []
    while not said.empty():
        messages.append(said.get())
    for kind, text in sorted(each for each in messages if each[0] != "made"):
        raise UserError(text) if kind == "error" else Stopped(text)
    if lost := [child.exitcode for child in children if child.exitcode]:
        raise UserError(
            f"{work.task}: a process ended with status {lost[0]} (-9: killed, perhaps for want of memory); "
            "what was finished is kept: run it again, with fewer cores"
        )
    return [part for _, made in messages for part in made]


def _join(children: Sequence[Any], received: Sequence[signal.Signals]) -> None:
    """Wait for the children, and pass on a signal that this process receives."""
    told = False
    while any(child.is_alive() for child in children):
        if received and not told:
            told = True
            for child in children:
                child.terminate()
        for child in children:
            child.join(0.1)


def _child(work: _Work, parts: Sequence[int | None], said: Any) -> None:
    progress.shared = True
    try:
        said.put(("made", work.parts(parts)))
    except UserError as error:
        said.put(("error", str(error)))
    except Taken:
        said.put(("stopped", work.received[0].name))
    except Stopped as stop:
        said.put(("stopped", str(stop)))
