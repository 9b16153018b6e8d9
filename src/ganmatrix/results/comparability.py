"""Published numbers beside ours: comparable where every fact agrees, else with the first that does not."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ganmatrix.cell import Cell
from ganmatrix.params.datasets import Dataset
from ganmatrix.results.artifacts import Record
from ganmatrix.results.protocols import Protocols
from ganmatrix.results.published import NOT_STATED, Facts, Published
from ganmatrix.results.statistics import estimate, observed

_DTYPES = {
    "source": "string",
    "dataset": "string",
    "method": "string",
    "metric": "string",
    "published": "float64",
    "published_spread": "float64",
    "stated": "string",
    "protocol": "string",
    "comparable": "bool",
    "reason": "string",
    "our_dataset": "string",
    "our_architecture": "string",
    "our_method": "string",
    "our_column": "string",
    "ours": "float64",
    "ours_sd": "float64",
    "ours_low": "float64",
    "ours_high": "float64",
    "ours_n": "int64",
}


@dataclass(frozen=True)
class Ours:
    """A cell, one of its columns, and all that is on record of it."""

    dataset: str
    architecture: str
    method: str
    column: str
    facts: Facts


def beside_ours(
    numbers: Iterable[Published],
    records: Sequence[Record],
    frame: pd.DataFrame,
    protocols: Protocols,
    datasets: Mapping[str, Dataset],
) -> pd.DataFrame:
    """A row for each published number, with what of ours is nearest to it.

    The nearest agrees in the most facts, from the first on. Ours stands beside where the subject agrees
    (the dataset and the method), and is `comparable` where the protocol does too; `reason` is the first
    fact that differs.
    """
    ours = list(_ours(records, protocols, datasets))
    rows = [_row(number, ours, frame) for number in numbers]
    return pd.DataFrame(rows, columns=list(_DTYPES)).astype(_DTYPES)


def _row(number: Published, ours: Sequence[Ours], frame: pd.DataFrame) -> dict[str, Any]:
    stated = {
        "source": number.source,
        "dataset": number.dataset,
        "method": number.method,
        "metric": number.metric,
        "published": number.value,
        "published_spread": number.spread,
        "stated": number.stated,
        "protocol": ", ".join(f"{key} {value}" for key, value in number.protocol.items()),
        "comparable": False,
        "ours_n": 0,
    }
    if number.value is None:
        return stated | {"reason": "only a relative number is known"}
    facts = number.subject | {"metric": number.metric} | number.protocol
    nearest = max(ours, key=lambda each: _agreeing(facts, each.facts), default=None)
    if nearest is None:
        return stated | {"reason": "nothing of ours was measured"}
    agreeing = _agreeing(facts, nearest.facts)
    row = stated | {
        "comparable": agreeing == len(facts),
        "reason": _reason(facts, nearest.facts, agreeing),
    }
    return row if agreeing <= len(number.subject) else row | _beside(nearest, frame)


def _beside(nearest: Ours, frame: pd.DataFrame) -> dict[str, Any]:
    cell = Cell(nearest.dataset, nearest.architecture, nearest.method)
    runs = frame[frame["cell"] == cell.id]
    found = estimate(observed(runs, nearest.column))
    return {
        "our_dataset": nearest.dataset,
        "our_architecture": nearest.architecture,
        "our_method": nearest.method,
        "our_column": nearest.column,
        "ours": found.mean,
        "ours_sd": found.sd,
        "ours_low": found.low,
        "ours_high": found.high,
        "ours_n": found.n,
    }


def _agreeing(theirs: Facts, ours: Facts) -> int:
    """How many facts agree before the first that does not."""
    pairs = ((value, ours.get(key)) for key, value in theirs.items())
    return next((i for i, (a, b) in enumerate(pairs) if a != b or a == NOT_STATED), len(theirs))


def _reason(theirs: Facts, ours: Facts, agreeing: int) -> str:
    if agreeing == len(theirs):
        return ""
    key = list(theirs)[agreeing]
    name = key.replace(".", "'s ").replace("_", " ")
    if agreeing == 0:
        return f"the grid has no dataset of the kind {theirs[key]}"
    if key == "metric":
        return f"{theirs[key]} was not measured"
    if theirs[key] == NOT_STATED:
        return f"{name}: the source does not say"
    return f"{name}: {theirs[key]} there, {ours.get(key, 'none')} here"


def _ours(records: Sequence[Record], protocols: Protocols, datasets: Mapping[str, Dataset]) -> Iterator[Ours]:
    """Each cell without a variant, with each of its columns; what is on record of it is its first seed's."""
    first: dict[Cell, Record] = {}
    for record in records:
        if not record.run.variant:
            first.setdefault(record.run.cell, record)
    for cell, record in first.items():
        file = record.file.reproducible
        trained = _flat({"dataset": datasets[cell.dataset].model_dump(), **file.params}) | {
            "techniques": file.techniques,
            "generator": file.networks.generator,
            "discriminator": file.networks.discriminator,
        }
        for column, protocol in protocols[cell.dataset].items():
            metric = column.removesuffix(f"_{protocol.get('checkpoint')}")
            yield Ours(
                cell.dataset, cell.architecture, cell.method, column, trained | {"metric": metric} | protocol
            )


def _flat(tree: Mapping[str, Any], prefix: str = "") -> Facts:
    """`{"recipe": {"batch_size": 64}}` as `{"recipe.batch_size": 64}`."""
    flat: Facts = {}
    for key, value in tree.items():
        flat |= _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return flat
