"""`digest STAGE`: the code of a stage in one small file, `digests/<stage>.sha256`, a line a source file.

Stages of DVC depend on this file instead of on twenty paths each, so that a thousand cells are compared
quickly. `sha256sum` of it begins with the `code_digest` of run.json. Snakemake has no use for it: its
rules carry that digest, and compare code without a file that may be older than the code.
"""

from pathlib import Path

from ganmatrix.errors import UserError
from ganmatrix.params.messages import unknown_name
from ganmatrix.plan import CODE, manifest
from ganmatrix.stages.files import write_text
from ganmatrix.stages.layout import Layout


def run(stage: str, layout: Layout) -> list[Path]:
    """Write the stage's manifest. UserError if there is no such stage."""
    if stage not in CODE:
        raise UserError(unknown_name("STAGE", stage, CODE, "stages"))
    path = layout.digest(stage)
    write_text(path, manifest(stage))
    return [path]
