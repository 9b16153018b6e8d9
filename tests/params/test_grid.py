"""The grid: seeds by count or by name, and grids so large that only care keeps them quick."""

import time

import pytest
from pydantic import ValidationError

from ganmatrix.params import load
from ganmatrix.params.grid import MOST_SEEDS, Grid
from ganmatrix.params.messages import explain
from helpers.refusal import refused

NAMES = {"datasets": ["d"], "architectures": ["a"], "methods": ["m"]}
COUNT = "from 1 to 10,000, or a list"
FORM = "such as 3 for 0, 1 and 2, or a list"


def _grid(seeds: object) -> Grid:
    return Grid.model_validate(NAMES | {"seeds": seeds})


@pytest.mark.parametrize(
    ("written", "seeds"),
    [(1, [0]), (10, list(range(10))), ([0, 1, 7], [0, 1, 7]), ([7, 0], [7, 0]), ([2**31 - 1], [2**31 - 1])],
)
def test_seeds_are_a_count_or_a_list(written, seeds):
    grid = _grid(written)
    assert grid.seeds == seeds
    assert grid.model_dump()["seeds"] == seeds
    assert Grid.model_validate(grid.model_dump()) == grid


def test_the_most_seeds():
    assert _grid(MOST_SEEDS).seeds == _grid(list(range(MOST_SEEDS))).seeds == list(range(MOST_SEEDS))


def test_a_count_in_a_document(project):
    counted, document = load(project(("seeds: [0, 1]", "seeds: 2")))
    assert counted == load(project())[0]
    assert document["grid"]["seeds"] == 2


BAD = [
    *((written, "grid.seeds", COUNT) for written in ("0", "-3", "10001", "100000", "1" + "0" * 30)),
    *(
        (written, "grid.seeds", FORM)
        for written in ("3.0", "1e3", ".inf", "true", "null", "", "'10'", "0..9", "{count: 3}")
    ),
    ("[]", "grid.seeds", "expected at least 1 entry"),
    ("[[0]]", "grid.seeds[0]", "expected a whole number"),
    ("[3, 1, 3]", "grid.seeds", "name it once"),
    ("[2147483648]", "grid.seeds[0]", "expected < 2147483648"),
    ("[0, null]", "grid.seeds[1]", "expected a whole number"),
    (f"[1{'0' * 30}]", "grid.seeds[0]", "expected < 2147483648"),
]


@pytest.mark.parametrize(("written", "key", "mend"), BAD)
def test_bad_seeds_are_one_line(written, key, mend, project):
    path = project(("seeds: [0, 1]", f"seeds: {written}"))
    assert refused(lambda: load(path), key=f"{path}: {key}", mend=mend)


@pytest.mark.parametrize(
    "seeds",
    [list(range(100_000)), [0] * 100_000, [-1] * 10_000, [0] * 10_000, [*range(9_999), 0], 100_000],
)
def test_very_many_seeds_are_answered_at_once(seeds, project):
    path = project(("seeds: [0, 1]", f"seeds: {seeds}"))
    began = time.process_time()
    line = refused(lambda: load(path), key=str(path), mend="grid.seeds")
    assert time.process_time() - began < 2
    assert len(line) < 200 + len(str(path))


def test_a_long_list_from_python_is_refused_by_its_length():
    with pytest.raises(ValidationError) as error:
        Grid.model_validate(NAMES | {"seeds": list(range(100_000))})
    line = explain(error.value, Grid)[0]
    assert line.startswith("seeds is [0, 1, 2, ")
    assert line.endswith("...; expected at most 10,000 seeds, not 100,000")
    assert error.value.error_count() == 1


def _large(project, kind: str, methods: int, datasets: int, seeds: int = 2):
    """The small document with very many methods and datasets."""
    names = {"m": [f"m{n}" for n in range(methods)], "d": [f"d{n}" for n in range(datasets)]}
    ring = "{kind: ring, modes: 8, radius: 0.8, std: 0.02, train: 100, held_out: 40, seed: 0}"
    return project(
        ("[ring8, digits]", f"[{', '.join(names['d'])}]"),
        ("[gan, as_gan, dat, fargan]", f"[{', '.join(names['m'])}]"),
        ("seeds: [0, 1]", f"seeds: {seeds}"),
        ("datasets:\n  ring8", "datasets:\n" + "".join(f"  {n}: {ring}\n" for n in names["d"]) + "  ring8"),
        ("methods:\n  gan:", "methods:\n" + "".join(f"  {n}: {{{kind}}}\n" for n in names["m"]) + "  gan:"),
        ("  digits: *short", "  digits: *short\n" + "".join(f"  {n}: *short\n" for n in names["d"])),
    )


@pytest.mark.parametrize(
    "kind",
    [
        "kind: gan",
        "kind: fargan, oversampling: 2",
        "kind: pac_gan, packing: 2",
        "kind: gan, techniques: [{kind: minibatch_discrimination}, {kind: r1}]",
    ],
)
def test_a_thousand_methods_on_a_hundred_datasets(kind, project):
    path = _large(project, kind, 1000, 100)
    began = time.process_time()
    assert len(load(path)[0].methods) == 1004
    assert time.process_time() - began < 3


def test_more_runs_than_could_be_planned(project):
    path = _large(project, "kind: gan", 100, 10, seeds=10_000)
    line = refused(lambda: load(path), key=f"{path}: grid", mend="at most 10,000,000, so name fewer")
    assert "20,000,000 runs" in line
