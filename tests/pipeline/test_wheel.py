"""The package as a wheel, in an environment that has no clone of the project."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from helpers.engines import HOME, NOTHING

pytestmark = pytest.mark.cluster


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, HOME]
    done = subprocess.run(command, capture_output=True, check=False, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel; other packages are those of the environment that runs the tests.

    Its folder is added by name, so that Python does not follow its links to this clone.
    """
    folder = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    found = folder / "bin/python"
    install = [found, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", wheel]
    subprocess.run(install, check=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    others = Path(pytest.__file__).parents[1]
    (packages / "others.pth").write_text(f"{others}\n")
    return found


def run(python: Path, folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment["PATH"] = f"{python.parent}:{environment['PATH']}"
    environment["JUPYTER_PATH"] = f"{sys.prefix}/share/jupyter"  # where nbconvert's templates are
    return subprocess.run(
        [python, "-m", *command] if command[0] in ("snakemake", "dvc") else command,
        cwd=folder,
        env=environment,
        capture_output=True,
        check=False,
        text=True,
    )


def test_a_new_project_runs_on_the_wheel_alone(python: Path, tmp_path: Path) -> None:
    where = [python, "-c", "import ganmatrix; print(ganmatrix.__file__)"]
    assert run(python, tmp_path, *where).stdout.startswith(str(python.parents[1]))
    made = run(python, tmp_path, "ganmatrix", "new", "mine", "--from", "smoke")
    assert made.returncode == 0, made.stderr
    mine = tmp_path / "mine"
    text = (mine / "params.yaml").read_text()
    assert "datasets: [ring8, digits]" in text
    (mine / "params.yaml").write_text(text.replace("datasets: [ring8, digits]", "datasets: [ring8]"))
    ran = run(python, mine, "snakemake", "--cores", "all")
    assert ran.returncode == 0, (ran.stdout + ran.stderr)[-3000:]
    assert "warning" not in (ran.stdout + ran.stderr).lower()
    assert "<html" in (mine / "reports/index.html").read_text()
    assert NOTHING in run(python, mine, "snakemake", "--cores", "all").stderr
    state = run(python, mine, "dvc", "status").stdout
    assert state.split() == ["digest:", "always", "changed"]
    again = run(python, mine, "dvc", "repro")
    assert again.returncode == 0, again.stderr
    assert "Running stage 'train" not in again.stdout
