"""Reading params.yaml: YAML, then the schema, then what the sections say of each other."""

import json
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from ganmatrix.errors import UserError
from ganmatrix.params.consistency import inconsistency
from ganmatrix.params.messages import explain
from ganmatrix.params.params import Params


def load(path: Path) -> tuple[Params, dict[str, Any]]:
    """Read and validate a params file.

    Returns the typed document and the plain one as written (the engines compare its slices).
    Raises UserError with one line that names key, value, choices and the mend.
    """
    document = _read(path)
    try:
        params = Params.model_validate(document)
    except ValidationError as error:
        raise UserError(f"{path}: {explain(error, Params)}") from None
    if problem := inconsistency(params):
        raise UserError(f"{path}: {problem}")
    return params, document


def schema() -> str:
    """The JSON schema of params.yaml, for editors."""
    document = Params.model_json_schema() | {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return json.dumps(document, indent=2, sort_keys=True) + "\n"


def _read(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UserError(f"{path} does not exist; give a params file with --params") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read: {error}") from None
    try:
        document = YAML(typ="safe", pure=True).load(text)
    except DuplicateKeyError as error:
        mark = error.problem_mark
        name = str(error.problem).split('"')[1] if '"' in str(error.problem) else "a key"
        raise UserError(f"{path}: line {mark.line + 1}: {name} stands twice; keep one of them") from None
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}: " if mark else ""
        raise UserError(f"{path}: {where}not valid YAML: {error.problem or error.context}") from None
    except YAMLError as error:
        raise UserError(f"{path}: not valid YAML: {' '.join(str(error).split())}") from None
    except (ValueError, RecursionError) as error:  # a scalar that its tag denies; a thousand brackets
        raise UserError(f"{path}: not valid YAML: {error}") from None
    if not isinstance(document, dict):
        raise UserError(f"{path} is empty or no mapping; expected sections {', '.join(Params.model_fields)}")
    return document
