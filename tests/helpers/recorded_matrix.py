"""A made-up matrix, assembled and recorded in the git and DVC repository of a project."""

from typing import Any

from helpers.engines import Project
from helpers.fake_matrix import FakeMatrix


def record_matrix(project: Project, message: str, **planted: Any) -> FakeMatrix:
    """Assemble what `planted` describes; commit it to DVC's cache, and params and dvc.lock to git."""
    fake = FakeMatrix(project.root, **planted).write().assemble()
    project.succeed("ganmatrix", "digest")
    project.dvc("commit", "--force", "--quiet", "assemble")
    project.commit(message)
    return fake
