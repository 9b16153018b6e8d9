"""The reports' templates as files: what they say of themselves, and what they import."""

import ast
import json
import math
from pathlib import Path
from typing import Any, NamedTuple

from ganmatrix import imports
from ganmatrix.errors import UserError, unreadable


class About(NamedTuple):
    """What a notebook's metadata say of a report."""

    title: str
    """For links and the browser's tab; the notebook's name if it has none."""
    shows: str
    """What a reader finds there, in a line; may be empty."""
    order: float
    """Its place among the reports, lowest first; infinite if it has none, and then by name."""


def about(path: Path) -> About:
    """What a report is. UserError if the file is no notebook, or its order no number."""
    metadata = _read(path).get("metadata", {})
    order = metadata.get("order", math.inf)
    if not isinstance(order, (int, float)) or isinstance(order, bool) or math.isnan(order):
        raise UserError(f"{path}: metadata.order is {order!r}; expected a number")
    return About(str(metadata.get("title", path.stem)), str(metadata.get("shows", "")), order)


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
