"""`score --rows FILE`: folders of samples, one a seed, as rows of a table that `imports` can name."""

import csv
import io
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ganmatrix.columns import Checkpoint, Column
from ganmatrix.errors import UserError, unreadable
from ganmatrix.evaluation.score import Scored
from ganmatrix.params.base import NAME_PATTERN
from ganmatrix.results.import_table import HEADER, LARGEST_SEED
from ganmatrix.stages.score import Place, score_all

SEED = "{seed}"


def run(
    fake: str, real: Place, preset: str, cell: str, checkpoint: Checkpoint, before: bytes, **options: Any
) -> tuple[str, bytes]:
    """Score the set of every seed. Returns a line a seed, and the table: `before` and the new rows.

    `fake` is a path with `{seed}` in it, `cell` is `DATASET-ARCHITECTURE-METHOD`.
    """
    names = _names(cell)
    _require_table(before, names)
    places = places_of(fake)
    scored = dict(zip(places, score_all(list(places.values()), real, preset, **options), strict=True))
    table = before or f"{HEADER}\n".encode()
    lines = [f"seed {seed}: {_said(each)}" for seed, each in scored.items()]
    return "\n".join(lines), table + b"\n" * (not table.endswith(b"\n")) + _rows(names, checkpoint, scored)


def places_of(pattern: str) -> dict[int, str]:
    """Each seed's path, for a path with `{seed}` in it once. UserError if there is none."""
    if pattern.count(SEED) != 1:
        raise UserError(f"--rows needs one {SEED} in FAKE, such as samples/{SEED}; FAKE is {pattern[:200]!r}")
    parts = Path(pattern).parts
    at = next(i for i, part in enumerate(parts) if SEED in part)
    root = Path(*parts[:at])
    wanted = re.compile(re.escape(parts[at]).replace(re.escape(SEED), "([0-9]{1,10})"))
    try:
        names = sorted(path.name for path in root.iterdir())
    except OSError as error:
        raise UserError(unreadable(root, error)) from None
    found: dict[int, str] = {}
    for name in names:
        if match := wanted.fullmatch(name):
            seed, place = int(match[1]), str(Path(root, name, *parts[at + 1 :]))
            if seed in found:
                raise UserError(f"{found[seed]} and {place} are both of seed {seed}; remove one of them")
            if seed > LARGEST_SEED:
                raise UserError(f"{place}: seed {seed} is too large; expected at most {LARGEST_SEED}")
            found[seed] = place
    if not found:
        raise UserError(f"nothing is called {pattern}; expected one folder or file a seed, {SEED} its number")
    return dict(sorted(found.items()))


def _names(cell: str) -> list[str]:
    names = cell.split("-")
    if len(names) != 3 or not all(re.fullmatch(NAME_PATTERN, name) for name in names):
        raise UserError(
            f"--cell is {cell[:200]!r}; expected DATASET-ARCHITECTURE-METHOD, names of a-z, 0-9 and _"
        )
    return names


def _require_table(before: bytes, names: list[str]) -> None:
    """UserError if the rows cannot stand in a table that is there."""
    lines = before.decode("utf-8", errors="replace").splitlines()
    if lines and lines[0] != HEADER:
        raise UserError(f"--rows names a file that does not begin with {HEADER}; give it another name")
    start = f"{','.join(names)},"
    if any(line.startswith(start) for line in lines):
        raise UserError(f"--rows names a file that has rows of {'-'.join(names)}; remove them, or the file")


def _rows(names: list[str], checkpoint: Checkpoint, scored: Mapping[int, Scored]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for seed, found in scored.items():
        extractor = found.card["extractor"]["extractor"]
        for metric, entry in found.entries.items():
            if entry["value"] is not None:
                protocol = json.dumps(entry["protocol"] | {"checkpoint": checkpoint}, sort_keys=True)
                name = Column(metric, extractor, checkpoint).name
                writer.writerow([*names, seed, name, repr(float(entry["value"])), protocol])
    return text.getvalue().encode()


def _said(found: Scored) -> str:
    values = [
        f"{name} {each['value']:.5g}" for name, each in found.entries.items() if each["value"] is not None
    ]
    return ", ".join(values)
