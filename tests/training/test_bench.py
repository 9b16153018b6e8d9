"""What `make bench` times is a real step; the timings themselves are no test's business."""

import argparse
import json
from typing import ClassVar

import bench
import ours
import pytest
import torch
from bench import METHODS
from catalogue import contenders
from ours import build

from ganmatrix.runtime import compute

SPEC = {
    "network": "dcgan32",
    "batch": 4,
    "discriminator_steps": 1,
    "precision": "float32",
    "compile": False,
    "device": "cpu",
}


@pytest.mark.parametrize("name", METHODS)
def test_every_method_of_the_bench_takes_a_step(name):
    made = build(SPEC | {"method": METHODS[name]})
    made.take_step()
    made.update_discriminator()
    assert made.step == 1


def test_the_catalogue_is_timed_as_a_whole():
    assert {"gan", "as_gan", "gan + r1"} <= set(contenders())
    build(SPEC | {"method": contenders()["gan + info_max"]})


ARITHMETIC = {"deterministic": True, "tf32": False}


@pytest.fixture
def unset(monkeypatch):
    """What setting up a device leaves behind is undone."""
    for name in ("OMP_NUM_THREADS", "GANMATRIX_THREADS", "GANMATRIX_RUNS_PER_DEVICE"):
        monkeypatch.setenv(name, "1")
    yield
    compute.device("cpu")
    torch.set_deterministic_debug_mode("default")


@pytest.mark.parametrize(
    ("changed", "mode", "tf32"),
    [({}, 2, False), ({"deterministic": False}, 0, False), ({"tf32": True}, 2, True)],
)
def test_a_contender_computes_as_training_does_but_for_what_is_compared(changed, mode, tf32, unset):
    assert ours.set_up({"threads": 2, "device": "cpu"} | ARITHMETIC | changed) == torch.device("cpu")
    assert torch.get_num_threads() == 2
    assert torch.get_deterministic_debug_mode() == mode
    assert torch.backends.cudnn.allow_tf32 == torch.backends.cuda.matmul.allow_tf32 == tf32


def test_contenders_share_one_gpu(unset, monkeypatch):
    """They take turns, so all of them hold it at once: more than one place, on the first GPU."""
    args = argparse.Namespace(threads=1, device="cuda")
    specs = [json.loads(bench.ours("a", args).command[-1]) for _ in range(2)]
    asked = []

    def device(name):
        asked.append((name, compute.runs_per_device()))
        return torch.device(name)

    monkeypatch.setattr(ours.compute, "device", device)
    for spec in specs:
        ours.set_up(spec)
    assert asked == [("cuda:0", 1024)] * 2


class Run:
    """A process that answers at once: three iterations take the run with number n 3 + n seconds."""

    events: ClassVar[list[tuple[str, int]]] = []

    def __init__(self, name):
        self.number, self.block, self.peak_mebibytes = int(name.removeprefix("run ")), 3, 10.0

    def start(self):
        pass

    def begin(self, iterations):
        assert iterations == self.block
        Run.events.append(("begin", self.number))

    def end(self):
        Run.events.append(("end", self.number))
        return 3.0 + self.number

    def stop(self):
        pass


@pytest.mark.parametrize(("device", "counts"), [("cuda", [1, 2, 4]), ("cpu", [1, 2])])
def test_runs_at_once_are_compared_by_their_images_in_all(device, counts, monkeypatch):
    """The slowest of them ends the measurement: 1, 2 * 3 / 4 and 4 * 3 / 6 times one run's images."""
    Run.events.clear()
    monkeypatch.setattr(bench, "ours", lambda name, args, **spec: Run(name))
    monkeypatch.setattr(bench.os, "sched_getaffinity", lambda process: {0, 1})
    tables = bench.at_once(argparse.Namespace(device=device, rounds=2))
    together = [(event, run) for count in counts for event in ("begin", "end") for run in range(count)]
    assert Run.events == together * 4  # rounds times networks
    assert set(tables) == {"dcgan32, batch 64", "sngan32, batch 16"}
    for title, rows in tables.items():
        assert [row["name"] for row in rows] == [f"{count} at once" for count in counts]
        assert [row["ratio"] for row in rows] == pytest.approx([1, 1.5, 2][: len(counts)])
        assert [row["peak_mebibytes"] for row in rows] == [10.0 * count for count in counts]
        assert rows[0]["images_per_second"] == pytest.approx(int(title.split()[-1]))
        assert {row["rounds"] for row in rows} == {2}


@pytest.mark.parametrize(
    ("device", "compiler", "names"),
    [
        ("cuda", None, ["as trained", "not deterministic", "bfloat16", "TF32", "compiled"]),
        ("cpu", "g++", ["as trained", "not deterministic", "bfloat16", "compiled"]),
        ("cpu", None, ["as trained", "not deterministic", "bfloat16"]),
    ],
)
def test_what_else_the_same_step_is_computed_with(device, compiler, names, monkeypatch):
    monkeypatch.setattr(bench.shutil, "which", lambda program: compiler)
    monkeypatch.setattr(bench, "interleave", lambda found, rounds: [c.seconds.append(2.0) for c in found])
    specs = {}
    of_spec = bench.ours

    def made(name, args, **spec):
        contender = of_spec(name, args, **spec)
        specs[name] = json.loads(contender.command[-1])
        return contender

    monkeypatch.setattr(bench, "ours", made)
    tables = bench.arithmetic_costs(argparse.Namespace(threads=1, device=device, rounds=1))
    assert all([row["name"] for row in rows] == names for rows in tables.values())
    trained = specs.pop("as trained")
    differ = {
        name: {key: each[key] for key in each if each[key] != trained[key]} for name, each in specs.items()
    }
    expected = {
        "not deterministic": {"deterministic": False},
        "bfloat16": {"precision": "bfloat16"},
        "TF32": {"tf32": True},
        "compiled": {"compile": True},
    }
    assert differ == {name: expected[name] for name in names[1:]}
