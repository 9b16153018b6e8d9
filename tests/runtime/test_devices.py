"""A GPU each, tried without one: leases with names of our own, in real processes."""

import signal
import stat
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest
import torch

from ganmatrix.errors import UserError
from ganmatrix.runtime import compute, devices
from ganmatrix.runtime.signals import Stopped

HOLD = """
import sys, time
from pathlib import Path
from ganmatrix.runtime.devices import lease
names, folder, seconds = sys.argv[1].split(","), Path(sys.argv[2]), float(sys.argv[3])
position = lease(names, folder)
print(names[position], time.monotonic(), flush=True)
time.sleep(seconds)
print(time.monotonic(), flush=True)
"""


@pytest.fixture
def hold(tmp_path):
    """Start processes that lease one of the named devices for some seconds; ends those that are left."""
    started = []

    def start(names, seconds):
        command = [sys.executable, "-c", HOLD, names, str(tmp_path), str(seconds)]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        started.append(subprocess.Popen(command, text=True, **pipes))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def two_gpus(tmp_path, monkeypatch):
    """torch believes in two GPUs; whoever leases them, this process forgets it afterwards.

    The fixture is the list of the devices that were made current.
    """
    monkeypatch.setattr(devices, "LEASES", tmp_path)
    monkeypatch.setattr(devices, "_held", {})
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(
        torch.cuda, "get_device_properties", lambda index: SimpleNamespace(uuid=f"gpu{index}")
    )
    current = []
    monkeypatch.setattr(torch.cuda, "set_device", current.append)
    return current


def test_four_processes_on_two_devices_never_share_one(hold):
    intervals = {"gpu0": [], "gpu1": []}
    for process in [hold("gpu0,gpu1", 0.5) for _ in range(4)]:
        out, err = process.communicate(timeout=60)
        name, start, end = out.split()
        assert err.count("waiting for a device: all 2 are leased") == err.count("\n")
        intervals[name].append((float(start), float(end)))
    assert sum(map(len, intervals.values())) == 4
    for held in intervals.values():
        assert held
        starts = [start for start, _ in sorted(held)][1:]
        ends = [end for _, end in sorted(held)][:-1]
        assert all(end <= start for end, start in zip(ends, starts, strict=True))


def test_a_killed_holder_frees_its_device(hold):
    holder = hold("gpu0", 600)
    assert holder.stdout.readline().startswith("gpu0 ")
    waiting = hold("gpu0", 0)
    assert waiting.stderr.readline().startswith("waiting for a device: all 1 are leased (locks in ")
    assert waiting.poll() is None
    killed = time.monotonic()
    holder.kill()
    assert waiting.wait(60) == 0
    _, start = waiting.stdout.readline().split()
    assert killed <= float(start) < killed + 10


def test_a_process_needs_no_second_device(two_gpus, hold):
    assert compute.device("auto") == torch.device("cuda", 0)
    assert compute.device("cuda") == torch.device("cuda", 0)
    other = hold("gpu0,gpu1", 600)
    assert other.stdout.readline().startswith("gpu1 ")


def test_the_device_that_was_asked_for(two_gpus, hold):
    assert compute.device("cuda:1") == torch.device("cuda", 1)
    assert compute.device("auto") == torch.device("cuda", 1)
    assert two_gpus == [torch.device("cuda", 1)] * 2  # memory that torch pins is this device's
    with pytest.raises(UserError, match="--device is cuda:2, but this machine has 2 CUDA devices"):
        compute.device("cuda:2")


def test_several_runs_share_a_device_where_that_is_allowed(two_gpus, hold, monkeypatch):
    monkeypatch.setenv("GANMATRIX_RUNS_PER_DEVICE", "2")
    others = [hold("gpu0,gpu1", 600) for _ in range(2)]
    assert {other.stdout.readline().split()[0] for other in others} == {"gpu0", "gpu1"}
    # Both first places are taken; the second ones are not.
    assert compute.device("cuda:1") == torch.device("cuda", 1)
    assert devices.places(["gpu0", "gpu1"], 2) == ["gpu0", "gpu1", "gpu0.1", "gpu1.1"]
    assert [path.name for path in devices._held] == ["gpu1.1"]


def test_a_signal_ends_the_wait(two_gpus, hold, monkeypatch, capsys):
    holders = [hold("gpu0,gpu1", 600) for _ in range(2)]
    for holder in holders:
        assert holder.stdout.readline().startswith("gpu")
    received = []
    monkeypatch.setattr(devices.time, "sleep", lambda _: received.append(signal.SIGTERM))
    with pytest.raises(Stopped, match=r"^SIGTERM$"):
        compute.device("auto", received)
    assert capsys.readouterr().err.startswith("waiting for a device: all 2 are leased (locks in ")


def test_a_processor_is_not_leased(tmp_path, monkeypatch):
    monkeypatch.setattr(devices, "LEASES", tmp_path / "leases")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert compute.device("auto") == compute.device("cpu") == torch.device("cpu")
    assert not (tmp_path / "leases").exists()


def test_a_folder_that_cannot_hold_locks(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=r"gpu0 cannot be locked: .*; set TMPDIR to another folder"):
        devices.lease(["gpu0"], tmp_path / "file")


@pytest.mark.parametrize(
    ("visible", "expected"),
    [(None, 4), ("0,2", 2), ("GPU-8a2b", 1), ("", 0), ("-1", 0), ("MIG-1, MIG-2, MIG-3", 3)],
)
def test_visible_devices_are_counted_without_torch(visible, expected, tmp_path, monkeypatch):
    for name in ("01", "02", "03", "04"):
        (tmp_path / name).mkdir()
    monkeypatch.setattr(devices, "DRIVER", tmp_path)
    monkeypatch.delenv("GANMATRIX_DEVICE", raising=False)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if visible is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert devices.count() == expected
    monkeypatch.setenv("GANMATRIX_DEVICE", "cpu")
    assert devices.count() == 0


def test_without_a_driver_there_are_none(tmp_path, monkeypatch):
    monkeypatch.setattr(devices, "DRIVER", tmp_path / "none")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    assert devices.count() == 0


@pytest.fixture
def sinfo(tmp_path, monkeypatch):
    """Have this program as the only one on PATH, under the name `sinfo`."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("GANMATRIX_DEVICE", raising=False)

    def install(text):
        devices._partitions.cache_clear()
        path = tmp_path / "sinfo"
        path.write_text("#!/bin/sh\n" + text)
        path.chmod(stat.S_IRWXU)

    devices._partitions.cache_clear()
    yield install
    devices._partitions.cache_clear()


def printing(text):
    return f"/bin/cat <<'end'\n{text}\nend\n"


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        *(("(null)", False), ("", False), ("N/A", False), ("gpu:4", True), ("gpu", True), ("gpu:0", False)),
        *(("gpu:a100:8(S:0-1)", True), ("gpu:h100:2,mps:200", True), ("mps:200,gpu:h100:2(S:0,2)", True)),
        *(("gpu:a100_1g.5gb:7(S:0)", True), ("gpu:tesla:0", False), ("gpu:v100:10", True)),
        *(("mps:200", False), ("gpu_mem:80G", False), ("craynetwork:4,fpga:gpu:1", False)),
        ("lustre:1(S:0,gpu:1)", False),
    ],
)
def test_gpus_in_what_sinfo_prints(resources, expected, sinfo):
    sinfo(printing(f"main*|{resources}"))
    assert devices.in_partition("") is devices.in_partition("main") is expected


def test_partitions_of_slurm(sinfo):
    """A partition has GPUs if some of its nodes have; the default one has a star."""
    sinfo(
        printing("CLUSTER: one\nlong|(null)\nmain*|(null)\nmixed|(null)\nmixed|gpu:2\nfast|gpu:a100:4(S:0)\n")
    )
    found = {name: devices.in_partition(name) for name in ("", "main", "long", "mixed", "fast", "long,fast")}
    assert found == {"": False, "main": False, "long": False, "mixed": True, "fast": True, "long,fast": True}
    assert devices.note("fast") == devices.note("long,fast") == ""
    assert devices.note("").startswith("note: the default partition has no GPUs; ")
    assert "partition long has no GPUs; these partitions have some: mixed, fast (" in devices.note("long")
    with pytest.raises(UserError, match=r"^slurm_partition is gpu; .* long, main, mixed, fast$"):
        devices.in_partition("long,gpu")


def test_a_cluster_without_gpus_has_nothing_to_note(sinfo):
    sinfo(printing("main*|(null)\nlong|(null)"))
    assert devices.note("") == devices.note("long") == ""


@pytest.mark.parametrize(
    ("text", "expected"), [("a|(null)\nb|gpu:1", True), ("a|(null)", False), ("", False)]
)
def test_without_a_default_partition_any_may_be_meant(text, expected, sinfo):
    sinfo(printing(text))
    assert devices.in_partition("") is expected
    assert devices.note("") == ""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "it is not on PATH"),
        (
            "echo 'slurm_load_partitions: Unable to contact\nslurm controller' >&2; exit 1",
            "Unable to contact slurm",
        ),
        ("exit 3", "exit status 3"),
        ("exec /bin/sleep 60", "no answer in 0.2 s"),
    ],
)
def test_a_sinfo_that_does_not_answer(text, words, sinfo, monkeypatch):
    monkeypatch.setattr(devices, "SINFO_SECONDS", 0.2)
    if text is not None:
        sinfo(text)
    with pytest.raises(UserError, match=f"^sinfo does not tell .*{words}.*GANMATRIX_DEVICE=cpu"):
        devices.in_partition("")
    # Nobody asks it where jobs are kept on processors.
    monkeypatch.setenv("GANMATRIX_DEVICE", "cpu")
    assert devices.in_partition("") is False
    assert devices.note("") == ""
