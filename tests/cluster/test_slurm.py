"""The pipeline on a real SLURM with two nodes, which these tests start on this machine.

What ran, and what SLURM's daemons said of it, stays in .slurm-test/ (docs/cluster.md).
"""

import itertools
import json
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from helpers.engines import HOME, STAGES, Project, new_project, smoke_params
from helpers.slurm import NODES, Slurm, missing, running, wait_for

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.skipif(bool(missing()), reason="no SLURM here: apt-get install slurm-wlm munge"),
]

CELL = "ring8-conventional-gan"
OTHER = "ring8-conventional-as_gan"
TRAINED = f"cells/{CELL}/train.json"
RUN = f"cells/{CELL}/train/0/run.json"
WEIGHTS = f"cells/{CELL}/train/0/weights.safetensors"
LONG = 6000
"""Generator steps that take half a minute, to be stopped in the midst of."""

KEPT = HOME / ".slurm-test"
IMPATIENT = ("--latency-wait", "10", "--slurm-init-seconds-before-status-checks", "2")
"""Shorter than the profile's: nobody else asks this controller, and there is one file system."""

SRUN = """#!/bin/sh
# The plugin hides SLURM_CONF from srun, which then looks into /etc; this cluster's lies elsewhere.
SLURM_CONF={conf} exec {srun} "$@"
"""


NOTING = """#!/bin/sh
# The command. It notes what SLURM gave its job: what was asked, cores, GPUs, begin and end.
[ -n "$SLURM_JOB_ID" ] || exec {whole} "$@"
job=$(SLURM_CONF={conf} scontrol --oneliner show job "$SLURM_JOB_ID" | grep "^JobId=$SLURM_JOB_ID ")
began=$(date +%s.%N)
{whole} "$@"
status=$?
cores=$(echo "$job" | sed -n 's/.* NumCPUs=\\([0-9]*\\) .*/\\1/p')
asked=$(echo "$job" | grep -o 'Tres[^ ]*=[^ ]*')
echo "$1 $2|$asked|$cores $OMP_NUM_THREADS|$CUDA_VISIBLE_DEVICES|$began|$(date +%s.%N)" >> {notes}
exit $status
"""

ON_GPUS = ("reference", "train", "evaluate", "probe", "transfer")


@dataclass(frozen=True)
class Note:
    """What SLURM gave a job."""

    verb: str
    asked: str
    cores: str
    visible: str
    began: float
    ended: float


@dataclass(frozen=True)
class LoginNode:
    """A project on a cluster. Everything that commands print is kept."""

    project: Project
    slurm: Slurm

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        """Start it as a user's shell does: in a session of its own, where Ctrl-C is not ignored."""
        with self.log.open("ab") as log:
            return subprocess.Popen(
                ["env", "--default-signal=INT", *command],
                cwd=self.project.root,
                env=self.project.environment() | self.slurm.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def run(self, *command: str) -> tuple[int, str]:
        """Its exit status and what it printed."""
        before = len(self.printed)
        status = self.start(*command).wait(1800)
        return status, self.printed[before:]

    @property
    def log(self) -> Path:
        return KEPT / f"{self.project.root.parent.name}.log"

    @property
    def printed(self) -> str:
        return self.log.read_text() if self.log.exists() else ""

    def training(self, name: str = "", cell: str = CELL) -> list[str]:
        """Id and node of the job that trains, once it does."""
        log = self.project.root / name / "logs/train" / f"{cell}.log"
        wait_for(lambda: log.exists() and "it/s" in log.read_text(), f"{log} to show steps")
        (found,) = [job for job in self.slurm.jobs() if job[1] == "RUNNING"]
        return [found[0], found[2]]

    def note_jobs(self) -> None:
        """From now on jobs write down what SLURM gave them."""
        command = self.project.root / ".bin" / "ganmatrix"
        whole = command.rename(command.with_name("whole"))
        conf, notes = self.slurm.folder / "slurm.conf", self.project.root / "notes"
        command.write_text(NOTING.format(whole=whole, conf=conf, notes=notes))
        command.chmod(0o755)

    def notes(self) -> list[Note]:
        """One for each time that a job ran a verb. No verb ran twice for the same thing."""
        lines = [line.split("|") for line in (self.project.root / "notes").read_text().splitlines()]
        assert max(Counter(line[0] for line in lines).values()) == 1
        return [
            Note(line[0].split()[0], *line[1:4], began=float(line[4]), ended=float(line[5])) for line in lines
        ]

    def resumed_from(self) -> int:
        return json.loads((self.project.root / RUN).read_text())["this_run"]["resumed_from_step"]


def snakemake(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "snakemake", "--profile", "profiles/slurm", *IMPATIENT, *arguments]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where clusters lie. Their daemons' logs are kept."""
    shutil.rmtree(KEPT, ignore_errors=True)
    KEPT.mkdir()
    folder = tmp_path_factory.mktemp("slurm")
    yield folder
    for log in folder.glob("*/*.log"):
        shutil.copy(log, KEPT / f"{log.parent.name}-{log.name}")


@pytest.fixture(scope="module")
def slurm(folder: Path) -> Iterator[Slurm]:
    with running(folder / "processors") as cluster:
        yield cluster


@pytest.fixture(scope="module")
def slurm_with_gpus(folder: Path) -> Iterator[Slurm]:
    """One GPU, and cores and memory for more jobs than that."""
    with running(folder / "gpus", gpus=1, cpus=8) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def log_in(slurm: Slurm) -> Callable[[Project], LoginNode]:
    return lambda project: logged_in(project, slurm)


def logged_in(project: Project, slurm: Slurm) -> LoginNode:
    srun = project.root / ".bin" / "srun"
    srun.write_text(SRUN.format(conf=slurm.folder / "slurm.conf", srun=shutil.which("srun")))
    srun.chmod(0o755)
    return LoginNode(project, slurm)


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Two cells of points that take a while; prepared, not trained."""
    params = smoke_params().replace("generator_steps: 10", f"generator_steps: {LONG}")
    params = params.replace("datasets: [ring8, digits]", "datasets: [ring8]")
    params = params.replace("seeds: [0, 1]", "seeds: [0]")
    project = new_project(tmp_path_factory.mktemp("long") / "project", params)
    assert project.snakemake("--cores", "1", "data/ring8.json").status == 0
    return project


@pytest.fixture(scope="module")
def expected(long: Project, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The weights of the cell, trained in one go without SLURM."""
    copy = long.copy(tmp_path_factory.mktemp("uninterrupted") / "project")
    copy.succeed("ganmatrix", "train", CELL)
    return (copy.root / WEIGHTS).read_bytes()


@pytest.fixture
def login(long: Project, log_in: Callable[[Project], LoginNode], tmp_path: Path) -> LoginNode:
    return log_in(long.copy(tmp_path / "project"))


def test_the_smoke_matrix(log_in: Callable[[Project], LoginNode], tmp_path: Path) -> None:
    login = log_in(new_project(tmp_path / "project", smoke_params()))
    login.note_jobs()
    status, printed = login.run("env", "-u", "GANMATRIX_DEVICE", *snakemake())
    assert status == 0, printed
    # Nothing asks for a GPU where sinfo lists none.
    assert {note.asked + note.visible for note in login.notes()} == {""}
    assert f"recorded {STAGES} stages in DVC\n" in printed
    assert "Submitted array job" in printed
    daemon = (login.slurm.folder / "slurmctld.log").read_text()
    assert {node for node in NODES if re.search(rf"NodeList={node}|on {node}", daemon)} == set(NODES)
    logs = login.project.root / "logs"
    cells = sorted(path.parent.name for path in (login.project.root / "cells").glob("*/train.json"))
    assert len(cells) == 4
    for stage in ("train", "evaluate", "probe"):
        assert sorted(path.stem for path in (logs / stage).iterdir()) == cells
    assert (logs / "slurm" / "rule_train").is_dir()
    assert login.project.snakemake_has_nothing_to_do()
    assert login.project.dvc_is_clean()


def test_jobs_that_use_torch_get_a_gpu_each(slurm_with_gpus: Slurm, tmp_path: Path) -> None:
    """The command of the manual, with params of one's own. Two runs share a GPU."""
    project = new_project(tmp_path / "project", smoke_params())
    (project.root / "params.yaml").rename(project.root / "mine.yaml")
    project.replace("mine.yaml", "datasets: [ring8, digits]", "datasets: [ring8]")
    (tmp_path / "gpus" / "01").mkdir(parents=True)
    project.replace("src/ganmatrix/runtime/devices.py", "/proc/driver/nvidia/gpus", str(tmp_path / "gpus"))
    login = logged_in(project, slurm_with_gpus)
    login.note_jobs()
    targets = ("references/ring8", f"cells/{CELL}/evaluate", f"cells/{CELL}/probe", "transfers/ring8")
    status, printed = login.run(
        *("env", "-u", "GANMATRIX_DEVICE", "GANMATRIX_RUNS_PER_DEVICE=2"),
        *snakemake(*(f"scales/mine/{each}.json" for each in targets), "--configfile", "mine.yaml"),
    )
    assert status == 0, printed
    assert "Trying to restart job" not in printed
    notes = login.notes()
    seeded = ("train", "evaluate", "probe")
    assert Counter(note.verb for note in notes) == dict.fromkeys(("prepare", *ON_GPUS), 1) | {"train": 2}
    for note in notes:
        assert note.asked == ("TresPerJob=gres:gpu:1" if note.verb in ON_GPUS else "")
        assert note.visible == ("0" if note.verb in ON_GPUS else "")
        assert note.cores == ("2 2" if note.verb in seeded else "1 1")
    times = sorted((note.began, note.ended) for note in notes if note.verb in ON_GPUS)
    assert all(ended <= began for (_, ended), (began, _) in itertools.pairwise(times))


def test_partitions_decide_about_gpus(long: Project, slurm_with_gpus: Slurm, tmp_path: Path) -> None:
    """Training is sent to a partition with GPUs, the rest to one without. This machine has none."""
    login = logged_in(long.copy(tmp_path / "project"), slurm_with_gpus)
    login.project.replace("params.yaml", f"generator_steps: {LONG}", "generator_steps: 10")
    login.note_jobs()
    status, printed = login.run(
        *("env", "-u", "GANMATRIX_DEVICE"),
        *snakemake("references/ring8.json", TRAINED),
        *("--default-resources", "slurm_partition=processors"),
        *("--set-resources", "train:slurm_partition=gpu", "train:gpu_model=fake"),
    )
    assert status == 0, printed
    assert (
        "note: partition processors has no GPUs; these partitions have some: main, gpu (docs/cluster.md)\n"
        in printed
    )
    assert {(note.verb, note.asked) for note in login.notes()} == {
        ("reference", ""),
        ("train", "TresPerJob=gres:gpu:fake:1"),
    }


def test_a_failing_job_is_reported_and_retried(login: LoginNode) -> None:
    root = login.project.root
    shutil.rmtree(root / "data" / "ring8")
    (root / "data/ring8.json").unlink()
    command = root / ".bin" / "ganmatrix"
    command.rename(command.with_name("whole"))
    command.write_text(
        f'#!/bin/sh\nmkdir once && echo "the disk is full" && exit 1\nexec {root}/.bin/whole "$@"\n'
    )
    command.chmod(0o755)
    status, printed = login.run(*snakemake("data/ring8.json"))
    assert status == 0, printed
    (failed,) = re.findall(r"SLURM-job '(\d+)' failed, SLURM status is: 'FAILED'", printed)
    assert "Logfile logs/prepare/ring8.log:" in printed
    assert "the disk is full" in printed
    assert "Trying to restart job" in printed
    assert (root / "data/ring8/card.json").exists()
    # What SLURM itself has to say is kept of jobs that fail.
    assert [path.name for path in (root / "logs/slurm/rule_prepare/ring8").iterdir()] == [f"{failed}.log"]


@pytest.mark.parametrize("how", [[], ["--signal=TERM"]], ids=["scancel", "warning"])
def test_a_stopped_job_is_resumed(how: list[str], login: LoginNode, expected: bytes) -> None:
    """By scancel, or by the warning before the time limit, which SLURM sends to the same processes."""
    engine = login.start(*snakemake("--retries", "1", TRAINED))
    job, _ = login.training()
    login.slurm("scancel", *how, job)
    assert engine.wait(600) == 0, login.printed
    assert f"SLURM status is: '{'FAILED' if how else 'CANCELLED'}'" in login.printed
    (step,) = re.findall(rf"stopped by SIGTERM at step (\d+) of {CELL}-0; checkpoint saved", login.printed)
    assert login.resumed_from() == int(step) > 0
    assert (login.project.root / WEIGHTS).read_bytes() == expected


def test_a_run_that_was_cancelled_leaves_a_clean_state(login: LoginNode, expected: bytes) -> None:
    """Ctrl-C at the engine cancels its jobs; nothing half made is left, and the next run goes on."""
    root = login.project.root
    engine = login.start(*snakemake(TRAINED))
    job, _ = login.training()
    engine.send_signal(signal.SIGINT)
    assert engine.wait(600) != 0
    wait_for(lambda: not login.slurm.jobs(), f"job {job} to end")
    assert not (root / TRAINED).exists()
    assert not (root / RUN).exists()
    assert list((root / "scratch/train" / CELL / "0").glob("step-*.ckpt"))
    status, printed = login.run(*snakemake(TRAINED))
    assert status == 0, printed
    assert login.resumed_from() > 0
    assert (root / WEIGHTS).read_bytes() == expected


def test_a_drained_node_hands_its_job_on(login: LoginNode, expected: bytes) -> None:
    engine = login.start(*snakemake(TRAINED))
    job, node = login.training()
    login.slurm("scontrol", "update", f"nodename={node}", "state=drain", "reason=test")
    try:
        login.slurm("scontrol", "requeue", job)
        wait_for(lambda: "PENDING" in _states(login, job), f"job {job} to be queued again")
        login.slurm("scontrol", "update", f"jobid={job}", "starttime=now")
        wait_for(lambda: "RUNNING" in _states(login, job), f"job {job} to run again")
        assert [each[2] for each in login.slurm.jobs()] == [other for other in NODES if other != node]
        assert engine.wait(600) == 0, login.printed
    finally:
        login.slurm("scontrol", "update", f"nodename={node}", "state=resume")
    assert "Trying to restart" not in login.printed
    assert login.resumed_from() > 0
    assert (login.project.root / WEIGHTS).read_bytes() == expected


def _states(login: LoginNode, job: str) -> list[str]:
    return [each[1] for each in login.slurm.jobs() if each[0] == job]


def test_an_array_of_clones(login: LoginNode, expected: bytes) -> None:
    """Two tasks in two clones; one is stopped and goes on. The head node trains nothing."""
    project = login.project
    (project.root / "logs/slurm").mkdir(parents=True)
    project.dvc("repro", "reference")
    # What is edited here and not committed is no business of the tasks.
    trainer = project.root / "src/ganmatrix/training/trainer.py"
    committed = trainer.read_bytes()
    trainer.write_bytes(committed + b"raise RuntimeError\n")
    tasks = login.start("sbatch", "--wait", "--array=1-2", "pipeline/cluster/array.sbatch")
    first = project.root / "scratch/clones" / CELL
    logs = project.root / "logs/slurm"
    wait_for(
        lambda: any(f"{CELL}-0: " in log.read_text() and "it/s" in log.read_text() for log in logs.iterdir()),
        "steps",
    )
    (log,) = [log for log in logs.iterdir() if f"{CELL}-0: " in log.read_text()]
    job = log.stem
    login.slurm("scontrol", "requeue", job)
    wait_for(lambda: "PENDING" in _states(login, job), f"task {job} to be queued again")
    login.slurm("scontrol", "update", f"jobid={job}", "starttime=now")
    assert tasks.wait(900) == 0, [log.read_text() for log in logs.iterdir()]
    trainer.write_bytes(committed)
    assert (first / WEIGHTS).read_bytes() == expected
    assert re.search(rf"{CELL}-0: resuming from step \d+", log.read_text())
    assert (project.root / WEIGHTS).read_bytes() == expected
    status, printed = login.run(sys.executable, "-m", "dvc", "repro")
    assert status == 0, printed
    for cell in (CELL, OTHER):
        for stage in ("train", "evaluate", "probe"):
            assert f"{stage} {cell}: up to date\n" in printed
    assert "assemble: made" in printed
    assert (project.root / WEIGHTS).read_bytes() == expected
    # A task of another clone takes what is done.
    shutil.rmtree(project.root / "scratch/clones")
    status, printed = login.run("sbatch", "--wait", "--array=1", "pipeline/cluster/array.sbatch")
    assert status == 0, printed
    last = max(logs.iterdir(), key=lambda path: path.stat().st_mtime)
    assert f"train {CELL}: up to date\n" in last.read_text()
    assert (project.root / WEIGHTS).read_bytes() == expected


def test_single_runs_as_array_tasks(log_in: Callable[[Project], LoginNode], tmp_path: Path) -> None:
    """Each task makes one seed; the cell's own job finds them done."""
    login = log_in(new_project(tmp_path / "project", smoke_params()))
    project = login.project
    assert project.snakemake("--cores", "1", "data/ring8.json").status == 0
    log = project.root / "task-%a.log"
    task = f'ganmatrix train {CELL} --seeds "$SLURM_ARRAY_TASK_ID"'
    status, printed = login.run("sbatch", "--wait", "--array=0-1", f"--output={log}", "--wrap", task)
    assert status == 0, printed
    made = {seed: (project.root / f"task-{seed}.log").read_text() for seed in (0, 1)}
    assert all(f"train {CELL}: made seed {seed}" in text for seed, text in made.items()), made
    assert project.succeed("ganmatrix", "train", CELL).strip() == f"train {CELL}: up to date"
