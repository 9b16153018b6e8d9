"""The reports' templates as files: their titles, and what they import."""

import ast
import json
from pathlib import Path
from typing import Any

from ganmatrix import imports
from ganmatrix.errors import UserError, unreadable


def title(path: Path) -> str:
    """A report's title; its name if it has none. UserError if the file is no notebook."""
    metadata = _read(path).get("metadata", {})
    return str(metadata.get("title", path.stem))


def imported(path: Path) -> set[str]:
    """The modules of this package that a notebook imports. UserError if the file is none."""
    found: set[str] = set()
    for cell in _read(path)["cells"]:
        if cell.get("cell_type") != "code":
            continue
        source = cell.get("source", "")
        try:
            tree = ast.parse(source if isinstance(source, str) else "".join(source))
        except SyntaxError as error:
            raise UserError(f"{path}: {error.msg} in {error.text!r}; mend it") from None
        found.update(imports.named(tree))
    return found


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(content, dict) or not isinstance(content.get("cells"), list):
            raise ValueError("no cells")
        if not all(isinstance(part, dict) for part in (content.get("metadata", {}), *content["cells"])):
            raise ValueError("its metadata or a cell is no mapping")
    except OSError as error:
        raise UserError(unreadable(path, error)) from None
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path} is no notebook ({str(error).splitlines()[0]}); mend it") from None
    return content
