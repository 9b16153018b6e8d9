"""What a stage is granted, and which arithmetic it gets."""

import math
import os

import psutil
import pytest
import torch

from ganmatrix.errors import UserError
from ganmatrix.stages import compute, provenance
from ganmatrix.stages.threads import threads as granted

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
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert compute.device("cpu") == CPU
    assert torch.get_num_threads() == 1
    assert torch.are_deterministic_algorithms_enabled()
    assert not torch.backends.cudnn.allow_tf32
    assert torch.get_float32_matmul_precision() == "highest"


@pytest.mark.parametrize("threads", ["0", "-1", "two", "1.5", "", "\u00b2", "100000"])
def test_threads_that_are_no_number(threads, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", threads)
    with pytest.raises(UserError, match="expected a whole number from 1 to 1024"):
        granted()


def test_the_processor_has_a_name(tmp_path):
    table = tmp_path / "cpuinfo"
    table.write_text("processor : 0\nmodel name\t: Fast One @ 3 GHz\nmodel name\t: Fast One @ 3 GHz\n")
    assert provenance.processor(table) == "Fast One @ 3 GHz"
    assert provenance.processor(tmp_path / "missing") in (os.uname().machine, "x86_64")
