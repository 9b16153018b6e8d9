"""A made-up matrix, assembled and recorded in the git and DVC repository of a project."""

from typing import Any

from engines import Project
from fake_matrix import FakeMatrix

from ganmatrix.stages import assemble


def record_matrix(project: Project, message: str, **planted: Any) -> FakeMatrix:
    """Assemble what `planted` describes; commit it to DVC's cache, and params and dvc.lock to git."""
    fake = FakeMatrix(project.root, **planted).write()
    assemble.run(fake.params, fake.layout)
    project.succeed("ganmatrix", "digest", "assemble")
    project.dvc("commit", "--force", "--quiet", "assemble")
    project.succeed("git", "add", "--all")
    user = ("-c", "user.name=test", "-c", "user.email=test@localhost")
    project.succeed("git", *user, "commit", "--quiet", "--message", message)
    return fake
