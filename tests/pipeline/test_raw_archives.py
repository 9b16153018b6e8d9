"""data/raw/: DVC fetches what the readers expect, and a wrong byte does not pass."""

import functools
import http.server
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from dvc.repo import Repo

from ganmatrix.datasets import raw
from helpers import archives
from helpers.engines import HOME

RAW = HOME / "data/raw"
NAME = "cifar-10-binary.tar.gz"


@dataclass(frozen=True)
class RawProject:
    """data/raw/ of a project of its own, and what a server gives out."""

    root: Path
    served: Path
    environment: dict[str, str]

    @property
    def folder(self) -> Path:
        return self.root / "data/raw"

    def run(self, *command: str) -> tuple[int, str]:
        done = subprocess.run(
            command,
            cwd=self.root,
            env=self.environment,
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
        )
        return done.returncode, done.stdout

    def dvc(self, *arguments: str) -> tuple[int, str]:
        return self.run(sys.executable, "-m", "dvc", "--cd", "data/raw", *arguments)

    def git(self, *arguments: str) -> tuple[int, str]:
        return self.run("git", "-c", "user.name=test", "-c", "user.email=test@localhost", *arguments)

    def forget(self) -> None:
        """As a fresh clone has it."""
        (self.folder / NAME).unlink(missing_ok=True)
        for folder in (".dvc/cache", ".dvc/tmp"):
            shutil.rmtree(self.folder / folder, ignore_errors=True)

    def prepare(self, md5: str) -> tuple[int, str]:
        """Prepare from the archive, which is to have that checksum."""
        small = (HOME / "tests/small.yaml").read_text()
        mine = f"datasets:\n  mine: {{kind: cifar10, archive: {{path: data/raw/{NAME}, md5: {md5}}}}}\n"
        (self.root / "params.yaml").write_text(small.replace("datasets:\n", mine, 1))
        return self.run(sys.executable, "-c", "from ganmatrix.cli import main; main()", "prepare", "mine")


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files and says nothing of it."""

    def log_message(self, format: str, *args: object) -> None: ...


@pytest.fixture
def project(tmp_path: Path) -> Iterator[RawProject]:
    root, served = tmp_path / "project", tmp_path / "served"
    served.mkdir()
    archives.cifar10(served / NAME)
    (root / "data/raw/.dvc").mkdir(parents=True)
    for name in (".gitignore", ".dvc/config", ".dvc/.gitignore", f"{NAME}.dvc"):
        shutil.copy(RAW / name, root / "data/raw" / name)
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("OMP_", "GIT_", "DVC_"))}
    places = {
        name: str(tmp_path / name)
        for name in ("DVC_SITE_CACHE_DIR", "DVC_GLOBAL_CONFIG_DIR", "DVC_SYSTEM_CONFIG_DIR")
    }
    source = {
        "PYTHONPATH": str(HOME / "src"),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "DVC_NO_ANALYTICS": "1",
    }
    found = RawProject(root, served, kept | places | source)
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Quiet, directory=str(served))
    )
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    path = found.folder / f"{NAME}.dvc"
    text = path.read_text().replace(raw.CIFAR10.url, f"http://127.0.0.1:{server.server_port}/{NAME}")
    text = text.replace(raw.CIFAR10.md5, archives.md5(served / NAME))
    path.write_text(text.replace(str(raw.CIFAR10.size), str((served / NAME).stat().st_size)))
    assert found.git("init", "--quiet")[0] == 0
    assert found.git("add", "--all")[0] == 0
    assert found.git("commit", "--quiet", "--message", "start")[0] == 0
    try:
        yield found
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_what_dvc_fetches_is_what_the_readers_expect(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DVC_SITE_CACHE_DIR", str(tmp_path / "site"))
    shutil.copytree(RAW, tmp_path / "raw", ignore=shutil.ignore_patterns("tmp", "cache", "*.gz", "*.zip"))
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    with Repo(str(tmp_path / "raw")) as repo:
        stages = {stage.outs[0].def_path: stage for stage in repo.index.stages}
        assert sorted(stages) == sorted(file.name for file in raw.FILES)
        for file in raw.FILES:
            stage = stages[file.name]
            [out] = stage.outs
            assert (out.hash_info.name, out.hash_info.value, out.meta.size) == ("md5", file.md5, file.size)
            if "drive.google.com" in file.url:
                assert not stage.deps
            else:
                assert [dependency.def_path for dependency in stage.deps] == [file.url]
                assert stage.is_import
                assert stage.frozen
                assert stage.md5 == stage.compute_md5()


def test_archives_stay_out_of_git(project: RawProject) -> None:
    for file in raw.FILES:
        assert project.git("check-ignore", f"data/raw/{file.name}")[0] == 0
        assert project.git("check-ignore", f"data/raw/{file.name}.dvc")[0] == 1


def test_an_update_fetches_the_archive_that_was_meant(project: RawProject) -> None:
    md5 = archives.md5(project.served / NAME)
    status, text = project.dvc("update", f"{NAME}.dvc")
    assert status == 0, text
    assert (project.folder / NAME).read_bytes() == (project.served / NAME).read_bytes()
    assert f"- md5: {md5}\n" in (project.folder / f"{NAME}.dvc").read_text()
    assert "Data and pipelines are up to date." in project.dvc("status")[1]
    status, text = project.prepare(md5)
    assert status == 0, text
    assert project.git("status", "--porcelain", "data/raw")[1].split() == ["M", f"data/raw/{NAME}.dvc"]


def _change(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-9] ^= 1
    path.unlink()
    path.write_bytes(data)


def test_a_wrong_byte_of_the_server_shows_in_git_and_is_not_prepared(
    project: RawProject,
) -> None:
    """DVC takes what the server has; the checksum in the .dvc file changes, which `git diff` shows."""
    md5 = archives.md5(project.served / NAME)
    _change(project.served / NAME)
    assert project.dvc("update", f"{NAME}.dvc")[0] == 0
    assert f"\n-- md5: {md5}\n" in project.git("diff", "data/raw")[1]
    status, text = project.prepare(md5)
    assert status == 2
    assert text.startswith(f"error: data/raw/{NAME} has the MD5 ")
    assert f"; expected {md5}: it is damaged or another file" in text


@pytest.mark.slow
def test_a_pull_takes_it_from_a_remote_and_refuses_a_wrong_byte(project: RawProject, tmp_path: Path) -> None:
    md5 = archives.md5(project.served / NAME)
    assert project.dvc("update", f"{NAME}.dvc")[0] == 0
    remote = tmp_path / "remote"
    assert project.dvc("remote", "add", "--local", "--default", "team", str(remote))[0] == 0
    assert project.dvc("config", "--local", "remote.team.verify", "true")[0] == 0
    assert project.dvc("push")[0] == 0
    project.forget()
    status, text = project.dvc("pull", f"{NAME}.dvc")
    assert status == 0, text
    assert archives.md5(project.folder / NAME) == md5
    project.forget()
    [stored] = [path for path in remote.rglob("*") if path.is_file()]
    stored.chmod(0o644)
    _change(stored)
    status, text = project.dvc("pull", f"{NAME}.dvc")
    assert status != 0, text
    assert not (project.folder / NAME).exists()
