"""Whether params and code are still those that an engine planned a job with.

An engine signs what a job has made with values and code as they were when it planned, or are when the job
ends. Edited in between, the job would make something else under that signature; so verbs ask first.
"""

import json
import os
from pathlib import Path
from typing import Any

from ganmatrix import plan
from ganmatrix.errors import UserError
from ganmatrix.stages.files import write_json
from ganmatrix.stages.layout import Layout

NOTE = "GANMATRIX_PLAN"
"""The variable that leads Snakemake's jobs to its note."""


def note(document: dict[str, Any]) -> None:
    """Note what Snakemake plans with, for the jobs that it starts."""
    path = Path(".snakemake/plan.json").resolve()
    write_json(path, {"params": document, "code": {stage: plan.code_digest(stage) for stage in plan.CODE}})
    os.environ[NOTE] = str(path)


def check(stage: str, document: dict[str, Any], **names: str) -> None:
    """UserError if this runs as a job and what it depends on has been edited since it was planned."""
    now = {key: plan.digest_of_key(document, key) for key in plan.keys(stage, **names)}
    if NOTE in os.environ:
        changed = _since_snakemake_planned(Path(os.environ[NOTE]), stage, now)
    elif "DVC_STAGE" in os.environ:
        changed = _since_dvc_digested(stage, now)
    else:
        return
    if changed:
        raise UserError(
            f"{' and '.join(changed)} changed after this run was planned, so nothing was made: "
            "undo that, or repeat the command once the run has ended"
        )


def _since_snakemake_planned(path: Path, stage: str, now: dict[str, str]) -> list[str]:
    if not path.is_file():
        return []
    then = json.loads(path.read_text())
    changed = [key for key, value in now.items() if plan.digest_of_key(then["params"], key) != value]
    return changed + ([f"the code of {stage}"] if then["code"][stage] != plan.code_digest(stage) else [])


def _since_dvc_digested(stage: str, now: dict[str, str]) -> list[str]:
    digests = {Layout().digest(f"{stage}.sha256"): (f"the code of {stage}", plan.manifest(stage))}
    if stage in plan.CELLWISE:
        digests |= {Layout().digest(f"{key}.json"): (key, value) for key, value in now.items()}
    return [name for path, (name, text) in digests.items() if path.is_file() and path.read_text() != text]
