"""Artifacts that are not what their manifests say, or that no longer belong together: no verb takes them.

Each case is tried on the smoke matrix: the next verb that reads the file refuses in one line, which names the
file and the command that makes it again; that command does, to the same bytes.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from ganmatrix.params import load
from ganmatrix.plan import Plan
from ganmatrix.store.layout import Layout
from helpers.engines import HOME, STAGES, Project, small_params
from helpers.fakes import publish_all

CELL = "ring8-conventional-gan"
COMMAND = (sys.executable, "-c", "from ganmatrix.cli import main; main()")


@dataclass(frozen=True)
class Case:
    """A file, what befalls it, the verbs that read it, and the command that makes it again."""

    file: str
    spoil: Callable[[Path], None]
    readers: tuple[str, ...]
    maker: str


def other_seed_s(path: Path) -> None:
    """Copied over from the other seed."""
    shutil.copy(path.parents[1] / "1" / path.name, path)


def edited(old: str, new: str) -> Callable[[Path], None]:
    def edit(path: Path) -> None:
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    return edit


def one_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-9] ^= 1
    path.write_bytes(content)


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


TRAINED, SCORED = f"cells/{CELL}/train/0", f"cells/{CELL}/evaluate/0"
TRAIN, EVALUATE = f"train {CELL}", f"evaluate {CELL}"
CASES = {
    "a history of another seed": Case(f"{TRAINED}/history.parquet", other_seed_s, ("assemble",), TRAIN),
    "samples of another seed": Case(
        f"{TRAINED}/samples.png", other_seed_s, ("report results_matrix",), TRAIN
    ),
    "an outcome": Case(f"{TRAINED}/run.json", edited('"completed"', '"diverged"'), ("assemble",), TRAIN),
    "the time a run took": Case(
        f"{TRAINED}/run.json", edited('"wall_seconds": ', '"wall_seconds": 1'), ("assemble",), TRAIN
    ),
    "weights": Case(
        f"{TRAINED}/weights.safetensors", one_bit, (EVALUATE, f"probe {CELL}", "transfer ring8"), TRAIN
    ),
    "a score": Case(f"{SCORED}/metrics.json", edited('"value": ', '"value": 1'), ("assemble",), EVALUATE),
    "a reference": Case("references/ring8/statistics.safetensors", one_bit, (EVALUATE,), "reference ring8"),
    "half a transfer": Case("transfers/ring8/0/pairs.parquet", truncated, ("assemble",), "transfer ring8"),
    "a matrix": Case("results/matrix.parquet", one_bit, ("report index",), "assemble"),
    "modes in a card": Case(
        "data/ring8/card.json", edited('"std": 0.02', '"std": 0.03'), ("reference ring8",), "prepare ring8"
    ),
    "an array": Case("data/ring8/train.npy", one_bit, (TRAIN,), "prepare ring8"),
}  # fmt: skip
OF_RUNS = ("weights", "a reference", "modes in a card", "an array")
"""What single stages read: tests/stages/test_bad_input.py damages it, too."""


@pytest.mark.cluster
@pytest.mark.parametrize("name", [name for name in CASES if name not in OF_RUNS])
def test_no_verb_takes_it_and_the_named_command_mends_it(name: str, made: Project) -> None:
    case = CASES[name]
    path = made.root / case.file
    good = path.read_bytes()
    case.spoil(path)
    assert path.read_bytes() != good
    spoilt = made.digests()
    for reader in case.readers:
        stage, _, target = reader.partition(" ")
        seed = 0 if stage in ("train", "evaluate", "probe", "transfer") else None
        made.layout.manifest(stage, target, seed).unlink()  # So that there is something to make.
        ran = made.run("ganmatrix", *reader.split())
        assert ran.status == 2, ran.text
        line = ran.text.splitlines()[-1]
        assert line.startswith("error: ")
        assert case.file in line
        assert f"ganmatrix {case.maker}" in line
        assert "Traceback" not in ran.text
    now = made.digests()
    assert {name: digest for name, digest in spoilt.items() if name in now} == now
    assert case.maker in made.states("--files")
    made.succeed("ganmatrix", *case.maker.split())
    if path.name == "run.json":
        assert json.loads(path.read_text())["reproducible"] == json.loads(good)["reproducible"]
    else:
        assert path.read_bytes() == good
    assert case.maker not in made.states("--files")


def committed(project: Project) -> dict[str, Any]:
    """What dvc.lock says that each stage has made."""
    stages = YAML(typ="safe").load((project.root / "dvc.lock").read_text())["stages"]
    return {name: stage["outs"] for name, stage in stages.items()}


@pytest.mark.cluster
def test_record_commits_none_of_them_and_dvc_brings_them_back(made: Project) -> None:
    """All at once. `dvc repro` asks the verbs, which make again what is not whole, and no more."""
    outputs = committed(made)
    before = made.made()
    cases = {Path(case.file).parent: case for case in CASES.values()}.values()
    for case in cases:
        case.spoil(made.root / case.file)
    spoilt = {case.maker for case in cases}
    assert made.states() == set()
    assert made.states("--files") == spoilt
    printed = made.succeed("ganmatrix", "status", "--files")
    assert [case.file for case in cases if case.file not in printed] == []
    assert made.record().startswith(
        f"recorded {STAGES - len(spoilt)} stages in DVC; {len(spoilt)} are unfinished"
    )
    assert committed(made) == outputs
    assert made.outdated_in_dvc() >= spoilt
    remade = made.made_by("dvc", "repro")
    assert {path.removesuffix(".json") for path in remade} >= {str(Path(case.file).parent) for case in cases}
    assert made.made() == before
    assert made.states("--files") == set()


@pytest.fixture
def whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Plan:
    """A folder with a whole made-up grid, to work in."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "params.yaml").write_text(small_params())
    plan = Plan(load(Path("params.yaml"))[0], Layout(), HOME / "reports" / "templates")
    publish_all(plan)
    return plan


@pytest.mark.parametrize(
    ("old", "new", "maker"),
    [
        ("{samples: 200", "{samples: 100", "reference ring8"),
        ("  samples: 16", "  samples: 20", "probe ring8-conventional-gan"),
        ("seed: 0}\n  digits", "seed: 7}\n  digits", "prepare ring8"),
        ("threshold: 1.0", "threshold: 2.0", "train ring8-conventional-dat"),
    ],
)
def test_results_of_other_params_are_not_written(old: str, new: str, maker: str, whole: Plan) -> None:
    """By `assemble` alone, after an edit; nor once the data have been prepared anew."""
    params = Path("params.yaml")
    text = params.read_text()
    assert old in text
    params.write_text(text.replace(old, new, 1))
    before = {path: path.read_bytes() for path in (Path("results.json"), *Path("results").iterdir())}

    def assemble() -> str:
        done = subprocess.run([*COMMAND, "assemble"], check=False, capture_output=True, text=True)
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1), done.stderr
        return done.stderr

    assert f"ganmatrix {maker}`" in assemble()
    if maker.startswith("prepare"):
        subprocess.run([*COMMAND, *maker.split()], check=True, capture_output=True)
        assert "ganmatrix reference ring8`" in assemble()
    assert {path: path.read_bytes() for path in before} == before
    assert set(Path("results").iterdir()) | {Path("results.json")} == set(before)
