"""Two engines take turns: while Snakemake runs, it holds DVC's lock on the files of the project.

DVC notes in `.dvc/tmp/rwlock` which process reads and writes what. An entry there for Snakemake makes
`dvc repro` stop before it touches a file, and name the process; one of DVC makes Snakemake stop. Entries
of processes that are dead DVC removes by itself, so a kill leaves nothing to clear. It looks for them on its
own machine only: on another that shares the folder it takes the entry for that of a dead one.
"""

import re
import socket
import sys
from contextlib import ExitStack
from pathlib import Path

from ganmatrix.errors import UserError

COMMAND = (
    f"snakemake on {socket.gethostname()}, which runs the same stages; when it has ended, repeat this command"
)
"""How the holder is named in DVC's message to those that must wait."""

_held = ExitStack()


def take() -> None:
    """Hold the project's files until `give_back`. UserError if DVC is at work on them, or cannot be asked."""
    # Seconds of imports, for runs that have something to do.
    from dvc.lock import LockError
    from dvc.repo import Repo
    from dvc.rwlock import rwlock

    from ganmatrix.stages import engines

    try:
        with Repo() as repo:
            hardlink = repo.config["core"].get("hardlink_lock", False)
            # DVC holds this one whenever it runs and no command of a stage does.
            with repo.lock:
                _held.enter_context(rwlock(repo.tmp_dir, repo.fs, COMMAND, [], [str(Path.cwd())], hardlink))
    except LockError as error:
        who = re.search(r"\(PID \d+\): .*", str(error))
        raise UserError(
            f"DVC is at work here{f' {who[0]}' if who else ''}; nothing was started: "
            "when it has ended, repeat this command"
        ) from None
    except engines.DVC_ERRORS as error:
        raise UserError(f"DVC cannot be asked whether it is at work here: {engines.explain(error)}") from None


def give_back() -> None:
    """Let DVC work on the files again; nothing if they are not held. Says so if they were no longer."""
    try:
        _held.close()
    except (AssertionError, KeyError):
        sys.stderr.write(
            "note: DVC's lock on these files was removed while Snakemake ran; "
            "if DVC worked here meanwhile, `dvc status` and `snakemake -n` show what to repeat\n"
        )
