"""A real sshd of one's own, as an ordinary process on localhost with its own keys."""

import getpass
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PATH = "/usr/sbin:/sbin:/usr/bin:/bin"

CONFIGURATION = """
ListenAddress 127.0.0.1
Port {port}
HostKey {folder}/host
AuthorizedKeysFile {folder}/user.pub
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
Subsystem sftp internal-sftp{options}
"""


def missing() -> bool:
    """Whether this machine has no OpenSSH server; Debian has it in openssh-server."""
    return shutil.which("sshd", path=PATH) is None


@dataclass(frozen=True)
class Server:
    """An address of a server that is or was up, and the key that opens it."""

    port: int
    key: Path

    def url(self, folder: Path) -> str:
        return f"ssh://{getpass.getuser()}@127.0.0.1:{self.port}{folder}"


@contextmanager
def serving(folder: Path, port: int = 0, read_only: bool = False) -> Iterator[Server]:
    """A server with its keys and its log in that folder; with -R its SFTP refuses to write."""
    folder.mkdir(exist_ok=True)
    for name in ("host", "user"):
        if not (folder / name).exists():
            subprocess.run(
                ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)], check=True
            )
    port = port or _free_port()
    configuration = folder / "sshd_config"
    options = " -R" if read_only else ""
    configuration.write_text(CONFIGURATION.format(port=port, folder=folder, options=options))
    command = [
        str(shutil.which("sshd", path=PATH)),
        "-D",
        "-f",
        str(configuration),
        "-E",
        str(folder / "log"),
    ]
    Path("/run/sshd").mkdir(exist_ok=True)  # where sshd started by root drops its privileges
    process = subprocess.Popen(command)
    try:
        deadline = time.monotonic() + 20
        while not _answers(port):
            assert process.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < deadline, (folder / "log").read_text()
            time.sleep(0.05)
        yield Server(port, folder / "user")
    finally:
        process.terminate()
        process.wait(20)


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
