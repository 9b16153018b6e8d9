"""`ganmatrix estimate`: its sums, what it times once, what it refuses, and real timings."""

import json
import os
import resource
import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from ganmatrix.cell import Cell, Run
from ganmatrix.methods import method as methods
from ganmatrix.params import Params, load
from ganmatrix.plan import Plan
from ganmatrix.runtime import compute
from ganmatrix.stages import estimate, timing
from ganmatrix.store.dataset import open_dataset
from ganmatrix.store.layout import Layout
from ganmatrix.training.memory import least_bytes
from helpers.engines import HOME
from helpers.refusal import names, refused

WHOLE = "[conventional, resnet_sn]\n  methods: [gan, as_gan, dat, fargan]"
STEP = timing.StepCost(seconds=0.5, steps=3, operations=7.0, memory=10**9, disk=10**6)


@pytest.fixture
def plan(tmp_path) -> Plan:
    params, _ = load(HOME / "pipeline/scales/smoke.yaml")
    return Plan(params, Layout(tmp_path))


@pytest.fixture
def small_grid(finished) -> Path:
    """Four cells: the runs of one are complete, one run of another is trained."""
    text = (finished / "params.yaml").read_text()
    assert WHOLE in text
    (finished / "params.yaml").write_text(text.replace(WHOLE, "[conventional]\n  methods: [gan, as_gan]"))
    return finished


@pytest.fixture
def timed(monkeypatch, tmp_path):
    """Timings that are made up; the runs that were timed, by function."""
    notes = tmp_path / "timed"

    def stands_in(name: str, answer: Any):
        def function(run: Run, *given: Any) -> Any:
            with notes.open("a") as file:
                file.write(f"{name} {run.id}\n")
            return answer

        return function

    answers = {"of_step": STEP, "of_scored_image": 0.01, "of_probing": 36.0}
    for name, answer in answers.items():
        monkeypatch.setattr(timing, name, stands_in(name, answer))
    return lambda: sorted(notes.read_text().splitlines())


def test_hours_are_runs_times_steps_times_seconds(plan, timed, monkeypatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "4")
    found = estimate.run(plan, "cpu")
    params, seeds = plan.params, len(plan.seeds)
    assert [cell.cell for cell in found.cells] == list(plan.cells)
    for cell, cost in zip(plan.cells.values(), found.cells, strict=True):
        recipe = params.recipe(cell.dataset, cell.architecture)
        assert cost.train_hours == pytest.approx(seeds * recipe.generator_steps * 0.5 / 3600)
        assert cost.probe_hours == pytest.approx(seeds * 36 / 3600)
        images = len(params.evaluation.checkpoints) * params.evaluation.images.samples
        if recipe.snapshots:
            images += (len(recipe.snapshots) + 2) * params.evaluation.curves.samples
        points = params.datasets[cell.dataset].is_points
        assert cost.score_hours == pytest.approx(0 if points else seeds * images * 0.01 / 3600)
    assert found.at_once == 4
    monkeypatch.setenv("OMP_NUM_THREADS", "64")
    runs, cells = seeds * len(plan.cells), estimate.run(plan, "cpu").cells
    many = estimate.run(plan, "cpu")
    assert many.at_once == runs, "there are no more runs than that"
    assert many.hours == pytest.approx(max(cell.hours / seeds for cell in cells)), "no run can be divided"
    assert found.hours == pytest.approx(sum(cell.hours for cell in found.cells) / 4)
    assert found.disk == 2 * seeds * len(plan.cells) * STEP.disk


def test_what_costs_the_same_is_timed_once(tmp_path, timed) -> None:
    params, _ = load(HOME / "pipeline/scales/stability.yaml")
    found = estimate.run(Plan(params, Layout(tmp_path)), "cpu")
    steps = [line for line in timed() if line.startswith("of_step")]
    # Learning rates and betas change no step's cost; the D steps do.
    assert len(found.cells) == 9 * 12
    assert len(steps) == 9 * 2


def test_finished_runs_are_not_counted(run, whole) -> None:
    ended = run("estimate")
    assert (ended.status, ended.out) == (0, "nothing to train, score or probe\n")
    assert not estimate.is_long(Plan.load(whole / "params.yaml"))


def test_which_plans_are_long(tmp_path) -> None:
    def is_long(name: str) -> bool:
        params, _ = load(HOME / name)
        return estimate.is_long(Plan(params, Layout(tmp_path)))

    assert not is_long("pipeline/scales/smoke.yaml")
    assert is_long("params.yaml")
    assert is_long("pipeline/scales/cifar.yaml")
    assert is_long("pipeline/scales/gpu.yaml")


def test_too_little_memory_or_disk_is_refused_with_the_figures(plan, timed, monkeypatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    found = estimate.run(plan, "cpu")
    estimate.check(found, plan)
    line = refused(
        lambda: estimate.check(replace(found, free_memory=2.5e9), plan), key="--cores", mend="use 2"
    )
    assert "3 runs at once take 3.0 GB of memory, but 2.5 GB are free" in line
    refused(
        lambda: estimate.check(replace(found, free_memory=0.5e9), plan),
        key="--cores",
        mend="narrower networks",
    )
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=1000))
    refused(lambda: estimate.check(found, plan), key=str(plan.layout.root / "cells"), mend="make room")


def test_samples_that_are_read_from_the_disk_take_no_memory(run, small_grid) -> None:
    plan = Plan.load(small_grid / "params.yaml")
    held = open_dataset(plan.open("prepare", "digits")).samples("train").nbytes
    assert estimate._sample_bytes(plan, "digits", 2.0 * held) == held
    assert estimate._sample_bytes(plan, "digits", 1.9 * held) == 0


def test_a_timing_that_is_killed_ends_with_one_line(plan, monkeypatch) -> None:
    monkeypatch.setattr(timing, "of_step", lambda *given: os._exit(9))
    monkeypatch.setattr(timing, "of_scored_image", lambda *given: 0.0)
    monkeypatch.setattr(timing, "of_probing", lambda *given: 0.0)
    line = refused(lambda: estimate.run(plan, "cpu"), key="a timing was killed", mend="narrower networks")
    assert "want of memory" in line


def test_a_step_that_does_not_fit_is_refused_before_it_is_taken(run, small_grid, monkeypatch) -> None:
    monkeypatch.setattr(compute, "free_bytes", lambda device: 1e5)
    for command in (("train", "digits-conventional-gan", "--seeds", "1"), ("estimate",)):
        ended = run(*command)
        assert ended.status == 2
        line = names(ended.err.splitlines()[-1], key="recipes.digits", mend="lower batch_size")
        assert "100.0 kB are free" in line


def test_more_than_is_free_cannot_be_taken(monkeypatch) -> None:
    monkeypatch.setattr(compute, "free_bytes", lambda device: 3e8)
    before = resource.getrlimit(resource.RLIMIT_DATA)

    def take(count: int) -> None:
        with compute.enough_memory(torch.device("cpu"), "recipes.x: a step", "lower it"):
            torch.ones(count)

    take(10**6)
    line = refused(lambda: take(10**9), key="recipes.x", mend="lower it")
    assert "300.0 MB that are free" in line
    assert resource.getrlimit(resource.RLIMIT_DATA) == before
    with pytest.raises(RuntimeError, match="shape"), compute.enough_memory(torch.device("cpu"), "x", "y"):
        torch.ones(2).view(3)


def test_real_timings(run, small_grid) -> None:
    ended = run("estimate", "--json")
    assert ended.status == 0, ended.err
    found = json.loads(ended.out)
    params, _ = load(small_grid / "params.yaml")
    cells = {cell["cell"]: cell for cell in found["cells"]}
    assert "ring8-conventional-gan" not in cells, "its runs are trained, scored and probed"
    assert cells["digits-conventional-gan"]["to_train"] == len(params.grid.seeds) - 1
    made = json.loads(Path("cells/digits-conventional-gan/train/0/run.json").read_text())
    counted = made["reproducible"]["operations_per_step"]
    assert cells["digits-conventional-gan"]["operations"] == counted
    assert cells["digits-conventional-as_gan"]["operations"] > counted
    assert all(cell["step_seconds"] > 0 and cell["probe_hours"] > 0 for cell in found["cells"])
    assert found["memory"] > max(
        _least(params, cell) for cell in Plan.load(Path("params.yaml")).cells.values()
    )


def _least(params: Params, cell: Cell) -> int:
    shape = (2,) if params.datasets[cell.dataset].is_points else (1, 16, 16)
    method = methods.build(params.method(cell.method))
    recipe = params.recipe(cell.dataset, cell.architecture)
    return least_bytes(cell.run(0), params.architectures[cell.architecture], method, recipe, shape)
