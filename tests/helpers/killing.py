"""Processes that die at a given step of what they do to files."""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

CHANGES = {
    "os.rename",
    "os.remove",
    "os.rmdir",
    "os.mkdir",
    "os.chmod",
    "os.truncate",
    "os.link",
    "os.symlink",
}
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
KILLED = 137


def each_kill(root: Path, action: Callable[[], Any]) -> Iterator[int]:
    """Before the first, the second, ... change that `action` makes below `root`, a process dies.

    Gives the number after each death, and ends when the action has come to its end.
    """
    number = 1
    while killed_at(number, root, action):
        yield number
        number += 1


def killed_at(number: int, root: Path, action: Callable[[], Any]) -> bool:
    """Whether a copy of this process died before its change of that number."""
    if (child := os.fork()) == 0:
        try:
            _die_at(number, root)
            action()
        except BaseException as error:
            sys.__stderr__.write(f"{error!r}\n")
            os._exit(1)
        os._exit(0)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert status in (0, KILLED), status
    return status == KILLED


def _may_lie_below(root: Path, path: str) -> bool:
    return Path(path).is_relative_to(root) or not Path(path).is_absolute()


def _die_at(number: int, root: Path) -> None:
    count = 0

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal count
        if event == "open":
            if not isinstance(arguments[2], int) or not arguments[2] & WRITING:
                return
        elif event not in CHANGES:
            return
        path = arguments[0]
        if isinstance(path, int) or not _may_lie_below(root, os.fsdecode(path)):
            return
        count += 1
        if count == number:
            os._exit(KILLED)

    sys.addaudithook(hook)
