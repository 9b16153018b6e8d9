"""A SLURM of its own on this machine: munged, slurmctld and two slurmd as ordinary processes."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

NEEDED = ("munged", "slurmctld", "slurmd", "sbatch")
NODES = ("node1", "node2")
CPUS = 2
FAKES = ("null", "zero", "full")
"""Devices that every machine has, which SLURM takes for GPUs."""

CONFIGURATION = """
ClusterName=test
SlurmctldHost=localhost
SlurmctldPort={ports[0]}
AuthType=auth/munge
AuthInfo=socket={folder}/munge/socket
SlurmUser={user}
SlurmdUser={user}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
SlurmdParameters=config_overrides
SchedulerParameters=sched_interval=1,bf_interval=1
ReturnToService=2
GresTypes=gpu
NodeName=DEFAULT CPUs={cpus} RealMemory={memory}
NodeName=node1 NodeHostname=localhost NodeAddr=localhost Port={ports[1]}
NodeName=node2 NodeHostname=localhost NodeAddr=localhost Port={ports[2]} {gres}
PartitionName=main Nodes=node1,node2 Default=YES MaxTime=INFINITE State=UP
PartitionName=processors Nodes=node1 MaxTime=INFINITE State=UP
PartitionName=gpu Nodes=node2 MaxTime=INFINITE State=UP
"""


def missing() -> list[str]:
    """The programs that this machine lacks; Debian has them in slurm-wlm and munge."""
    return [name for name in NEEDED if shutil.which(name, path=_path()) is None]


@dataclass(frozen=True)
class Slurm:
    """A cluster that is up."""

    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        """What makes SLURM's commands speak to this cluster."""
        return {"SLURM_CONF": str(self.folder / "slurm.conf")}

    def __call__(self, *command: str) -> str:
        """What one of SLURM's commands prints."""
        environment = os.environ | self.environment
        done = subprocess.run(
            command, env=environment, check=False, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def jobs(self) -> list[list[str]]:
        """Of each job that is not over: id, state, node, comment."""
        return [line.split("|") for line in self("squeue", "--noheader", "--format=%i|%T|%N|%k").splitlines()]


@contextmanager
def running(folder: Path, gpus: int = 0, cpus: int = CPUS) -> Iterator[Slurm]:
    """A cluster with its keys, sockets, state and logs in that folder; ended with its jobs.

    Its second node claims to have that many GPUs, which are other devices of this machine.
    """
    for name in ("munge", "state", *NODES):
        (folder / name).mkdir(parents=True)
    folder.chmod(0o755)
    key = folder / "munge" / "key"
    key.touch(mode=0o600)
    key.write_bytes(os.urandom(128))
    user = subprocess.run(["id", "-un"], check=True, capture_output=True, text=True).stdout.strip()
    gres = f"Gres=gpu:fake:{gpus}" if gpus else ""
    text = CONFIGURATION.format(
        folder=folder, user=user, ports=_free_ports(3), cpus=cpus, memory=8000 * cpus, gres=gres
    )
    (folder / "slurm.conf").write_text(text)
    fakes = "".join(
        f"NodeName=node2 Name=gpu Type=fake Flags=nvidia_gpu_env File=/dev/{each}\n" for each in FAKES[:gpus]
    )
    (folder / "gres.conf").write_text(fakes)
    slurm = Slurm(folder)
    munge = folder / "munge"
    with ExitStack() as stack:
        stack.enter_context(
            _daemon(
                folder,
                ["munged", "--foreground", "--force"]
                + [f"--{name}-file={munge / name}" for name in ("key", "pid", "log", "seed")]
                + [f"--socket={munge / 'socket'}"],
            )
        )
        wait_for((munge / "socket").exists, "munged's socket")
        stack.enter_context(_daemon(folder, ["slurmctld", "-D"], slurm.environment))
        for node in NODES:
            stack.enter_context(_daemon(folder, ["slurmd", "-D", "-N", node], slurm.environment))
        wait_for(lambda: _idle(slurm) == set(NODES), f"{NODES} to be idle; see {folder}/slurmctld.log")
        yield slurm
        slurm("scancel", "--state=PENDING", "--state=RUNNING", "--user", user)
        wait_for(lambda: not slurm.jobs(), "the last jobs to end")


def wait_for(condition: Callable[[], object], what: str, seconds: float = 120) -> None:
    """Return when it holds; an AssertionError names what never came."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds:.0f} s in vain for {what}"
        time.sleep(0.1)


def _idle(slurm: Slurm) -> set[str]:
    done = subprocess.run(
        ["sinfo", "--noheader", "--Node", "--states=idle", "--format=%N"],
        env=os.environ | slurm.environment,
        check=False,
        capture_output=True,
        text=True,
    )
    return set(done.stdout.split())


@contextmanager
def _daemon(folder: Path, command: list[str], environment: dict[str, str] | None = None) -> Iterator[None]:
    with (folder / "daemons.log").open("a") as log:
        process = subprocess.Popen(
            command,
            env=os.environ | {"PATH": _path()} | (environment or {}),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        yield
    finally:
        process.terminate()
        process.wait(30)


def _path() -> str:
    """Where daemons lie as well; a user's path may lack it."""
    return os.pathsep.join([os.environ["PATH"], "/usr/sbin", "/sbin"])


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("", 0))
        return [each.getsockname()[1] for each in sockets]
