"""What a stage is granted, and which arithmetic it gets."""

import math
import os

import psutil
import pytest
import torch

from ganmatrix.errors import UserError
from ganmatrix.runtime import compute, granted, provenance

CPU = torch.device("cpu")


@pytest.mark.parametrize(
    ("limit", "used", "expected"), [("5000", "2000", 3000), ("5000", "6000", 0), ("max", "2000", None)]
)
def test_free_memory_knows_the_limits_of_a_container(limit, used, expected, tmp_path, monkeypatch):
    (tmp_path / "memory.max").write_text(limit + "\n")
    (tmp_path / "memory.current").write_text(used + "\n")
    monkeypatch.setattr(compute, "CONTROL_GROUP", tmp_path)
    free = compute.free_bytes(CPU)
    if expected is not None:
        assert free == expected
    else:
        assert free == pytest.approx(psutil.virtual_memory().available, rel=0.2)


def test_free_memory_without_control_groups(tmp_path, monkeypatch):
    monkeypatch.setattr(compute, "CONTROL_GROUP", tmp_path / "none")
    assert 0 < compute.free_bytes(CPU) < math.inf


def test_arithmetic_is_deterministic_and_full(monkeypatch):
    monkeypatch.delenv("GANMATRIX_THREADS", raising=False)
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG", raising=False)
    monkeypatch.setenv("OMP_NUM_THREADS", "2")  # cores make more runs at once; each computes on one thread
    # As an image of NVIDIA's or another package may have left them.
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = True
    assert compute.device("cpu") == CPU
    assert torch.get_num_threads() == 1
    assert torch.get_deterministic_debug_mode() == 2
    assert not torch.utils.deterministic.fill_uninitialized_memory
    assert not torch.backends.cudnn.allow_tf32
    assert not torch.backends.cuda.matmul.allow_tf32
    assert torch.get_float32_matmul_precision() == "highest"
    # Without this, cuBLAS gives other bytes on other streams, and torch refuses its products.
    assert os.environ["CUBLAS_WORKSPACE_CONFIG"] == ":4096:8"


def test_free_memory_of_a_gpu_is_the_drivers(monkeypatch):
    asked = []
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: asked.append(device) or (7, 9))
    gpu = torch.device("cuda", 1)
    assert compute.free_bytes(gpu) == 7
    assert asked == [gpu]


def test_a_gpu_is_in_the_environment_and_has_a_name(monkeypatch):
    gpu = torch.device("cuda", 1)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: f"GPU {device.index}")
    assert compute.environment(gpu)["device"] == "cuda"  # without its index: any GPU may go on
    assert provenance.device_name(gpu) == "GPU 1"


@pytest.mark.parametrize("text", ["0", "-1", "two", "1.5", "", "\u00b2", "100000"])
@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("OMP_NUM_THREADS", granted.cores),
        ("GANMATRIX_THREADS", granted.threads),
        ("GANMATRIX_RUNS_PER_DEVICE", granted.runs_per_device),
    ],
)
def test_grants_that_are_no_number(name, read, text, monkeypatch):
    monkeypatch.setenv(name, text)
    with pytest.raises(UserError, match=rf"^{name} is '.*'; expected a whole number from 1 to 1024$"):
        read()


@pytest.mark.parametrize(
    ("cores", "threads", "workers"),
    [("8", None, 8), ("8", "2", 4), ("3", "2", 1), ("1", "4", 1), (None, None, len(os.sched_getaffinity(0)))],
)
def test_as_many_runs_at_once_as_their_threads_fit(cores, threads, workers, monkeypatch):
    for name, value in (("OMP_NUM_THREADS", cores), ("GANMATRIX_THREADS", threads)):
        monkeypatch.delenv(name, raising=False)
        if value is not None:
            monkeypatch.setenv(name, value)
    assert granted.workers() == workers


def test_the_environment_of_a_result_is_what_its_bytes_depend_on(monkeypatch):
    monkeypatch.setenv("GANMATRIX_THREADS", "2")
    monkeypatch.setenv("OMP_NUM_THREADS", "8")
    assert compute.environment(CPU) == {"device": "cpu", "threads": 2, "torch": torch.__version__}


def test_the_processor_has_a_name(tmp_path):
    table = tmp_path / "cpuinfo"
    table.write_text("processor : 0\nmodel name\t: Fast One @ 3 GHz\nmodel name\t: Fast One @ 3 GHz\n")
    assert provenance.processor(table) == "Fast One @ 3 GHz"
    assert provenance.processor(tmp_path / "missing") in (os.uname().machine, "x86_64")
