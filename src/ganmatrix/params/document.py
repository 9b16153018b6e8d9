"""Reading params.yaml: first YAML, then the schema, then contradictions between sections."""

import json
import stat
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ganmatrix.errors import UserError, unreadable
from ganmatrix.params import plugins
from ganmatrix.params.consistency import inconsistencies
from ganmatrix.params.messages import explain
from ganmatrix.params.params import REQUIRED, OfImports, Params
from ganmatrix.params.plain_yaml import BadYaml, parse

LARGEST = 1024**2
"""The most bytes of a params file. A thousand methods on a hundred datasets need a fifth of this."""


def load(path: Path) -> tuple[Params, dict[str, Any]]:
    """Read and validate a params file.

    Returns the typed document and the plain one as written (the engines compare its slices).
    Raises UserError with one line that names key, value, choices and the mend.
    """
    document = _read(path)
    params, problems = _validated(document)
    if params is None or problems:
        more = f" (and {len(problems) - 1} more; the verb `check` names all)" if len(problems) > 1 else ""
        raise UserError(f"{path}: {problems[0]}{more}")
    return params, document


def check(path: Path) -> tuple[Params | None, list[str]]:
    """All problems of a params file, one line each, and its typed document if every section is valid.

    Contradictions between sections are found only if every section is valid. UserError if the file cannot be
    read.
    """
    return _validated(_read(path))


def _validated(document: dict[str, Any]) -> tuple[Params | None, list[str]]:
    try:
        plugins.use(document.get("plugins", []))
    except UserError as error:
        return None, [str(error)]
    of_imports = "imports" in document and not document.keys() & {*REQUIRED, "plugins"}
    model = OfImports if of_imports else Params
    try:
        given = model.model_validate(document)
    except ValidationError as error:
        return None, explain(error, model)
    params = Params.of_imports(given) if isinstance(given, OfImports) else given
    return params, list(dict.fromkeys(inconsistencies(params)))


def schema() -> str:
    """The JSON schema of params.yaml, for editors."""
    document = Params.model_json_schema() | {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    del document["required"]
    document["anyOf"] = [{"required": [*REQUIRED]}, {"required": ["imports"]}]
    return json.dumps(document, indent=2, sort_keys=True) + "\n"


def _read(path: Path) -> dict[str, Any]:
    try:
        document = parse(_text(path))
    except BadYaml as error:
        raise UserError(f"{path}: {error}") from None
    if not isinstance(document, dict):
        raise UserError(f"{path} is empty or no mapping; expected sections {', '.join(Params.model_fields)}")
    return document


def _text(path: Path) -> str:
    """The text of the file.

    UserError if it is not a file of text. A pipe is refused, because reading would wait.
    """
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            what = "a folder" if stat.S_ISDIR(mode) else "a pipe or device"
            raise UserError(f"{path} is {what}; give a params file with --params")
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except FileNotFoundError:
        raise UserError(f"{path} does not exist; give a params file with --params") from None
    except OSError as error:
        raise UserError(unreadable(path, error)) from None
    except ValueError as error:  # a name with a NUL
        raise UserError(f"{str(path)!r} is no name of a file ({error}); give another with --params") from None
    if len(data) > LARGEST:
        raise UserError(f"{path} has more than {LARGEST:,} bytes; expected a params file of at most so many")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UserError(
            f"{path}: line {line}: byte 0x{data[error.start]:02x} is no UTF-8; save the file as UTF-8"
        ) from None
