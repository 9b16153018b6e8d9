"""The one exception that is shown to a user as a line instead of a traceback."""

import errno
import os
from pathlib import Path

_MENDS = {
    errno.EACCES: "mend its permissions",
    errno.EPERM: "mend its permissions",
    errno.ENOENT: "mend the path",
    errno.ENOTDIR: "mend the path",
    errno.EISDIR: "give a file",
    errno.ELOOP: "mend the link, which leads back to itself",
    errno.ENAMETOOLONG: "give a shorter path",
    errno.EMFILE: "allow more open files (`ulimit -n`)",
    errno.ENFILE: "close other programs",
}
"""What to do where the system refuses to read a file."""


class UserError(Exception):
    """Something the user can mend: the message names what is wrong and what to do.

    The command line prints it as one line and exits with status 2.
    """


class NotMade(UserError):
    """An artifact that its stage has not made, or has made from what is there no longer."""


class Unreadable(UserError):
    """What the system does not let us read: it may be sound, so it is neither skipped nor made again."""


def unreadable(path: Path | str, error: OSError) -> str:
    """`x cannot be read: Permission denied; mend its permissions`: not that it is damaged."""
    number = error.errno or 0
    reason = os.strerror(number) if number else str(error)
    return f"{path} cannot be read: {reason}; {_MENDS.get(number, 'mend the file or its disk')}"


def one_line(text: str) -> str:
    """A text in one line: line ends become blanks, and invisible characters are escaped."""
    joined = " ".join(text.split())
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in joined)
