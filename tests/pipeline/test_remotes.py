"""Results that travel by `dvc push` and `dvc pull`, to a folder and over SSH; clones that train nothing."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers import sshd
from helpers.engines import Project

pytestmark = pytest.mark.cluster

NO_SSHD = pytest.mark.skipif(sshd.missing(), reason="no sshd here: apt-get install openssh-server")
CELL = "ring8-conventional-gan"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[sshd.Server]:
    with sshd.serving(tmp_path / "sshd") as running:
        yield running


def connect(project: Project, url: str, key: Path | None = None) -> None:
    """Make this the default remote; the key stays this clone's own."""
    project.dvc("remote", "add", "--force", "--default", "shared", url)
    if key:
        project.dvc("remote", "modify", "--local", "shared", "keyfile", str(key))


@pytest.fixture(params=["folder", pytest.param("ssh", marks=NO_SSHD)])
def remote(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, Path | None]:
    """The URL of a remote, and the key that it wants."""
    if request.param == "folder":
        return str(tmp_path / "remote"), None
    server = request.getfixturevalue("server")
    return server.url(tmp_path / "remote"), server.key


def test_a_clone_pulls_what_was_pushed(made: Project, remote: tuple[str, Path], tmp_path: Path) -> None:
    connect(made, *remote)
    made.commit()
    made.dvc("push")
    assert "Everything is up to date." in made.dvc("push")
    other = made.clone(tmp_path / "other")
    connect(other, *remote)
    other.dvc("pull")
    assert other.digests() == made.digests()
    assert other.states("--files") == set()
    assert other.dvc_is_clean()


def test_a_clone_goes_on_where_another_has_ended(made: Project, tmp_path: Path) -> None:
    """`dvc repro --pull` takes what dvc.lock names and makes the rest."""
    connect(made, str(tmp_path / "remote"))
    made.commit()
    made.dvc("push")
    other = made.clone(tmp_path / "other")
    printed = other.dvc("repro", "--pull")
    assert "> ganmatrix" not in printed
    assert other.digests() == made.digests()
    assert other.states("--files") == set()
    other.replace("params.yaml", "datasets: [ring8, digits]", "datasets: [ring8]")
    other.replace("params.yaml", "points: {samples: 500}", "points: {samples: 400}")
    cells = [f"cells/ring8-conventional-{method}/evaluate" for method in ("gan", "as_gan")]
    evaluated = [f"{folder}/{seed}.json" for folder in cells for seed in (0, 1)]
    expected = sorted([*evaluated, "references/ring8.json", "results.json"])
    assert other.made_by("dvc", "repro", "--pull", "assemble") == expected


@NO_SSHD
def test_a_remote_that_is_down_loses_nothing(made: Project, tmp_path: Path) -> None:
    with sshd.serving(tmp_path / "sshd") as server:
        connect(made, server.url(tmp_path / "remote"), server.key)
    before, lock = made.digests(), (made.root / "dvc.lock").read_bytes()
    for verb in ("push", "pull", "fetch"):
        ran = made.run(sys.executable, "-m", "dvc", verb, *(["--force"] if verb == "pull" else []))
        if verb == "push":
            assert ran.status != 0
            assert "Traceback" not in ran.text
            assert "ERROR" in ran.text
    assert made.digests() == before
    assert (made.root / "dvc.lock").read_bytes() == lock
    assert made.snakemake_has_nothing_to_do()
    with sshd.serving(tmp_path / "sshd", port=server.port):
        made.dvc("push")
        shutil.rmtree(made.root / ".dvc" / "cache")
        made.delete_outputs()
        made.dvc("pull")
    assert made.digests() == before


@NO_SSHD
def test_a_remote_that_is_read_only_says_so_and_can_be_read(made: Project, tmp_path: Path) -> None:
    with sshd.serving(tmp_path / "sshd") as server:
        connect(made, server.url(tmp_path / "remote"), server.key)
        made.dvc("push")
    before = made.digests()
    path = made.layout.folder("evaluate", CELL, 0) / "metrics.json"
    path.write_text(path.read_text() + "\n")
    made.dvc("commit", "--force", f"evaluate@{CELL}")
    with sshd.serving(tmp_path / "sshd", port=server.port, read_only=True):
        ran = made.run(sys.executable, "-m", "dvc", "push")
        assert ran.status != 0
        assert "Traceback" not in ran.text
        assert "ermission" in ran.text
        path.write_text(path.read_text().removesuffix("\n"))
        made.dvc("commit", "--force", f"evaluate@{CELL}")
        shutil.rmtree(made.root / ".dvc" / "cache")
        made.delete_outputs()
        made.dvc("pull")
    assert made.digests() == before
