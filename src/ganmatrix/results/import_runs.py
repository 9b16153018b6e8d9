"""The runs that the rows of imports make up, and how these fit to the grid and the claims."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ganmatrix.cell import Run, expand
from ganmatrix.params import Params
from ganmatrix.params.messages import unknown_name
from ganmatrix.results.import_table import Row
from ganmatrix.results.imported import Imported
from ganmatrix.results.matrix import COSTS, DIVERGED


def imported(rows: Mapping[str, Sequence[Row]], params: Params) -> list[Imported]:
    """The runs in these rows of each import, cell by cell as they first stand, then by seed."""
    found: list[Imported] = []
    for name, of_import in rows.items():
        cells: dict[tuple[str, str, str], dict[int, list[Row]]] = {}
        for row in of_import:
            cells.setdefault(row[1:4], {}).setdefault(row.seed, []).append(row)
        paired = params.imports[name].paired
        for cell, seeds in cells.items():
            columns = frozenset(row.column for each in seeds.values() for row in each)
            found += [_run(Run(*cell, seed), seeds[seed], name, paired, columns) for seed in sorted(seeds)]
    return found


def _run(run: Run, rows: Sequence[Row], source: str, paired: bool, columns: frozenset[str]) -> Imported:
    values = {row.column: row for row in rows}
    return Imported(
        run,
        source,
        paired,
        diverged=DIVERGED in values and values[DIVERGED].value == 1,
        entries={
            name: {"value": row.value, "protocol": dict(row.protocol)}
            for name, row in values.items()
            if name not in (*COSTS, DIVERGED)
        },
        costs={name: row.value for name, row in values.items() if name in COSTS},
        columns=columns,
    )


def problems(found: Iterable[Imported], params: Params) -> Iterator[str]:
    """Cells that two sources have, and methods of claims that nobody has."""
    owners = {cell.id: "the grid" for cell in expand(params)}
    methods = {*params.methods}
    for each in found:
        owner, cell = f"imports.{each.source}", each.run.cell
        methods.add(cell.method)
        if owners.setdefault(cell.id, owner) not in (owner, "again"):
            yield (
                f"{owner}: {cell.method} on {cell.dataset} x {cell.architecture} is of {owners[cell.id]} "
                "too; give the method in the file another name"
            )
            owners[cell.id] = "again"
    for key, claim in params.claims.items() if params.imports else ():
        for role in ("method", "baseline", "control"):
            name = getattr(claim, role)
            if name is not None and name not in methods:
                yield unknown_name(f"claims.{key}.{role}", name, methods, "methods, imports")


def described(params: Params, found: Sequence[Imported], digests: Mapping[str, str]) -> dict[str, Any]:
    """What summary.json says of each import: its section, the digest of its file, its runs."""
    return {
        name: section.model_dump(mode="json", include={"file", "source", "licence", "paired"})
        | {"sha256": digests[name], "runs": sum(each.source == name for each in found)}
        for name, section in params.imports.items()
    }
