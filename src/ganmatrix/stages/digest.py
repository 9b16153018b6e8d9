"""`digest WHAT`: what stages of DVC depend on besides their input files, as small files of their own.

- Of a stage: its code, `digests/<stage>.sha256`, a line a source file, instead of twenty paths a cell.
  `sha256sum` of it begins with the `code_digest` of run.json.
- Of a key of params.yaml: its value, `digests/<key>.json`, instead of a parse of params.yaml a cell.

A thousand cells are compared quickly by them. Snakemake has no use for them: its rules carry values and
code, and compare them without files that may be older.
"""

from pathlib import Path
from typing import Any

from ganmatrix.cell import expand
from ganmatrix.errors import UserError
from ganmatrix.params import Params
from ganmatrix.params.messages import unknown_name
from ganmatrix.plan import CODE, PACKAGE, digest_of_key, digested, manifest
from ganmatrix.stages.files import write_text
from ganmatrix.stages.layout import Layout


def known(params: Params) -> list[str]:
    """All that can be digested: stages, and the keys that the grid's cells use."""
    return [*CODE, *digested(cell.names for cell in expand(params))]


def run(what: str, params: Params, document: dict[str, Any], layout: Layout) -> list[Path]:
    """Write the digest of a stage's code or of a key's value.

    UserError if there is neither, or if the code that runs is not the code that lies here.
    """
    if what not in (choices := known(params)):
        raise UserError(unknown_name("WHAT", what, choices, "stages and keys of the grid's cells"))
    sources = layout.root / "src" / "ganmatrix"
    if what in CODE and sources.resolve() != PACKAGE.resolve():
        raise UserError(
            f"the code that runs is {PACKAGE}, not {sources.resolve()}: "
            "set PYTHONPATH to the latter's folder, or `pip install --editable .` here"
        )
    path = layout.digest(f"{what}.sha256" if what in CODE else f"{what}.json")
    write_text(path, manifest(what) if what in CODE else digest_of_key(document, what))
    return [path]
