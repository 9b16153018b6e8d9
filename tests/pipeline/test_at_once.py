"""Two engines at once: the verbs' own locks keep them apart, so both end well and make everything once."""

import subprocess
import sys
from pathlib import Path

import pytest

from helpers.engines import Project, new_project, smoke_params

pytestmark = pytest.mark.cluster

CELL = "ring8-conventional-gan"


def start(project: Project, *command: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", *command],
        cwd=project.root,
        env=project.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def points_project(root: Path, steps: int) -> Project:
    text = smoke_params("3").replace("datasets: [ring8, digits]", "datasets: [ring8]")
    return new_project(root, text.replace("generator_steps: 10", f"generator_steps: {steps}"))


def test_both_engines_started_together(tmp_path: Path) -> None:
    project = points_project(tmp_path / "project", steps=300)
    project.dvc("repro", "digest")
    both = [start(project, "snakemake", "--cores", "2"), start(project, "dvc", "repro")]
    for engine in both:
        printed, _ = engine.communicate(timeout=900)
        assert engine.returncode == 0, printed
    published = project.published()
    assert len(published) == len(set(published)) == 2 + 2 * 3 * 3 + 3 + 1 + 5
    assert project.states("--files") == set()
    assert project.snakemake_has_nothing_to_do()
    assert project.dvc_is_clean()


def test_params_edited_while_an_engine_runs(made: Project) -> None:
    """A job makes what params.yaml says when it starts; what the engine had planned before is made later."""
    params = made.root / "params.yaml"
    before = params.read_text()
    after = before.replace("evaluation:", "evaluation:\n  curves: {samples: 200}")
    command = made.root / ".bin" / "ganmatrix"
    whole = command.read_text()
    params.write_text(before.replace("evaluation:", "evaluation:\n  curves: {samples: 100}"))
    edit = f"import atexit\natexit.register(lambda: Path('params.yaml').write_text({after!r}))\n"
    command.write_text(whole.replace("sys.exit(main())", f"{edit}sys.exit(main())"))
    evaluated = [f"cells/ring8-conventional-{method}/evaluate.json" for method in ("gan", "as_gan")]
    ran = made.snakemake("--cores", "1", "--no-hooks", *evaluated)
    command.write_text(whole)
    assert ran.status == 0, ran.text
    stale = made.states() & {f"evaluate ring8-conventional-{method}" for method in ("gan", "as_gan")}
    assert len(stale) == 1
    remade = made.made_by("snakemake", "--cores", "1", *evaluated)
    assert {Path(path).parts[1] for path in remade} == {each.split()[1] for each in stale}
    params.write_text(before)
