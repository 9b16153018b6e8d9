"""Commands in processes of their own, to be stopped or killed, and what they leave.

They are copies of this process, which has imported all that they need: that takes seconds.
"""

import contextlib
import json
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ganmatrix.cli import main

SECONDS = 120
"""After which a test waits no longer."""


class Command:
    """A running command, with what it says on pipes."""

    def __init__(self, pid: int, out: int, err: int) -> None:
        self.pid, self.returncode = pid, None
        self.stdout, self.stderr = open(out), open(err)  # noqa: SIM115

    def poll(self) -> int | None:
        """The exit status, negative for a signal; None while it runs."""
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self.returncode = os.waitstatus_to_exitcode(status) if pid else None
        return self.returncode

    def wait(self) -> int:
        """The exit status, once it has ended."""
        wait_until(lambda: self.poll() is not None)
        return self.returncode

    def communicate(self) -> tuple[str, str]:
        """What it has said on both pipes, once it has ended."""
        said = []
        reader = threading.Thread(target=lambda: said.append(self.stderr.read()))
        reader.start()
        out = self.stdout.read()
        reader.join()
        self.wait()
        self._close()
        return out, said[0]

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill_group(self) -> None:
        """End it and all that it has started, if they still run."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self.wait()
        self._close()

    def _close(self) -> None:
        for stream in (self.stdout, self.stderr):
            stream.close()


def start(
    folder: Path,
    *argv: str,
    environment: Mapping[str, str] | None = None,
    first: Callable[[], Any] = lambda: None,
    program: Callable[[], Any] = main,
) -> Command:
    """Run a command in a folder, at the head of a process group of its own, after doing something first."""
    (out, out_end), (err, err_end) = os.pipe(), os.pipe()
    if (pid := os.fork()) == 0:
        status = 1
        try:
            os.setsid()
            os.chdir(folder)
            os.environ.update(environment or {})
            os.dup2(out_end, 1)
            os.dup2(err_end, 2)
            for descriptor in (out, out_end, err, err_end):
                os.close(descriptor)
            sys.stdout, sys.stderr = open(1, "w"), open(2, "w", buffering=1)  # noqa: SIM115
            sys.argv = ["ganmatrix" if program is main else "snakemake", *argv]
            first()
            program()
            status = 0
        except SystemExit as stop:
            status = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
        except BaseException:
            traceback.print_exc()
        finally:
            with contextlib.suppress(OSError):
                sys.stdout.flush()
                sys.stderr.flush()
            os._exit(status)
    os.close(out_end)
    os.close(err_end)
    return Command(pid, out, err)


def wait_until(happened: Callable[[], Any], process: Command | None = None) -> None:
    """Wait until something holds; AssertionError if that takes too long or the process has ended before."""
    deadline = time.monotonic() + SECONDS
    while not happened():
        assert time.monotonic() < deadline, "waited in vain"
        assert process is None or process.poll() is None, process.communicate()
        time.sleep(0.002)


def checkpoints(folder: Path, cell: str, seed: int = 0) -> list[Path]:
    """The checkpoints of a run, oldest first."""
    return sorted((folder / "scratch/train" / cell / str(seed)).glob("step-*.ckpt"))


def wait_for_checkpoint(
    process: Command, folder: Path, cell: str, seed: int = 0, seen: list[Path] | None = None
) -> None:
    """Wait until there is one that was not seen before."""
    wait_until(lambda: set(checkpoints(folder, cell, seed)) - set(seen or []), process)


def lengthen(folder: Path, steps: int) -> None:
    """Have training take more steps."""
    path = folder / "params.yaml"
    text = path.read_text()
    assert "generator_steps: 20" in text
    path.write_text(text.replace("generator_steps: 20", f"generator_steps: {steps}"))


def everything(folder: Path) -> dict[str, bytes]:
    """All files by name, but for locks."""
    files = (path for path in folder.rglob("*") if path.is_file() and "locks" not in path.parts)
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def made(folder: Path, *parts: str) -> dict[str, Any]:
    """The files below a folder of artifacts; of a run's record only what another run would repeat."""
    found = everything(folder.joinpath(*parts))
    return {
        name: json.loads(content)["reproducible"] if name.endswith("run.json") else content
        for name, content in found.items()
    }
