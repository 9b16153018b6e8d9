"""What `assemble` reads of the other stages, as typed objects, and what follows from it for each run.

Of an artifact only those fields are stated that are read; others may be there too.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import pandas as pd
from pydantic import AfterValidator, BaseModel, ConfigDict

from ganmatrix.cell import Run
from ganmatrix.columns import column as parsed
from ganmatrix.entry import Entry
from ganmatrix.errors import UserError
from ganmatrix.store.layout import Layout

Stage = Literal["train", "evaluate", "probe", "transfer"]
"""The stages whose artifacts are gathered."""


class Artifact(BaseModel):
    """A part of a JSON file that another stage wrote: strict about what is read, blind to the rest."""

    model_config = ConfigDict(extra="ignore", strict=True, frozen=True, allow_inf_nan=False)


class NetworkNames(Artifact):
    """The concrete networks that the architecture's family chose for the data."""

    generator: str
    discriminator: str


class ParameterCounts(Artifact):
    """Trainable parameters of each network."""

    generator: int
    discriminator: int


class Reproducible(Artifact):
    """The part of run.json that a repeated run must give again."""

    dataset: str
    architecture: str
    method: str
    seed: int
    modality: Literal["points", "images"]
    method_kind: str
    loss: str | None
    techniques: list[str]
    networks: NetworkNames
    parameters: ParameterCounts
    params: dict[str, Any]
    """The resolved sections of params.yaml: `architecture`, `method`, `recipe`."""
    outcome: Literal["completed", "diverged"]
    outcome_reason: str | None = None
    outcome_step: int | None = None
    generator_steps: int
    operations_per_step: float | None
    """Millions of multiply-adds; None of a diverged run."""
    data_sha256: str
    weights_sha256: str


class ThisRun(Artifact):
    """The part of run.json that depends on the machine."""

    wall_seconds: float
    cpu_seconds: float
    images_per_second: float | None = None


class RunFile(Artifact):
    """run.json."""

    run: str
    """The run's id."""
    reproducible: Reproducible
    this_run: ThisRun


def _with_whole_curve(entry: Entry) -> Entry:
    """ValueError if the entry's curve has not one value a point."""
    if (curve := entry.get("curve")) and len(curve["at"]) != len(curve["value"]):
        raise ValueError(f"its curve has {len(curve['at'])} points but {len(curve['value'])} values")
    return entry


Measured = Annotated[Entry, AfterValidator(_with_whole_curve)]
"""An entry as it is read from JSON."""


class Scores(Artifact):
    """metrics.json or probes.json."""

    run: str
    """The run's id."""
    weights_sha256: str
    entries: dict[str, Measured]


class Floors(Artifact):
    """What held-out samples and noise score, by column without its checkpoint."""

    held_out: dict[str, Measured]
    noise: dict[str, Measured]


class ReferenceCard(Artifact):
    """card.json of a dataset's reference."""

    dataset: str
    floors: Floors


class TransferHeader(Artifact):
    """What pairs.parquet says of itself."""

    dataset: str
    seed: int
    protocol: dict[str, Any]
    weights_sha256: dict[str, str]
    """By run id."""


@dataclass(frozen=True)
class Transfers:
    """pairs.parquet of a dataset and a seed: a row a pair of runs."""

    header: TransferHeader
    table: pd.DataFrame


@dataclass(frozen=True)
class Record:
    """Everything that one trained run contributes to the matrix; None where a stage is still to come."""

    run: Run
    file: RunFile
    metrics: Scores | None
    probes: Scores | None
    transfers: dict[str, Entry]
    final_losses: dict[str, Entry]
    history: pd.DataFrame

    @property
    def entries(self) -> dict[str, Entry]:
        """All columns that apply to the run's data and method: scores, probes, transfer, final losses."""
        return {name: entry for name, entry in self._all.items() if entry.get("applies", True)}

    @property
    def lacking(self) -> set[str]:
        """The columns that do not apply to the run's data or method."""
        return {name for name, entry in self._all.items() if not entry.get("applies", True)}

    @property
    def _all(self) -> dict[str, Entry]:
        scores = [scores.entries for scores in (self.metrics, self.probes) if scores is not None]
        found = (*scores, self.transfers, self.final_losses)
        return {name: entry for entries in found for name, entry in entries.items()}


@dataclass(frozen=True)
class Absence:
    """What a stage is still to make of a run, or of a dataset's runs of one seed.

    Only the preview of a matrix has any.
    """

    stage: Stage
    target: str
    """A run's id; `<dataset>-<seed>` for `transfer`."""
    reason: str


LAST_SHARE = 0.1
"""Of the generator steps, over which the logged losses are averaged."""

FINAL_LOSSES = {"final_loss_discriminator": "loss_discriminator", "final_loss_generator": "loss_generator"}
"""Each column with that of the history it averages; penalties are not part of either loss."""


def final_losses(history: pd.DataFrame, trained: Reproducible) -> dict[str, Entry]:
    """The mean of each loss over the logged rows of the last tenth of training, in the loss's own unit.

    A GAN with the logistic loss at its equilibrium has D = 1/2, so that D's loss is 2 log 2 = 1.386 nats and
    G's is log 2 = 0.693. Tao & Wang (2020) read a collapse from D's loss below and G's above these values.
    Null where training diverged, or no row of the last tenth was logged.
    """
    rows = history[history["step"] > (1 - LAST_SHARE) * trained.generator_steps]
    return {
        column: _mean_loss(rows[logged], trained)
        for column, logged in FINAL_LOSSES.items()
        if logged in history.columns
    }


def _mean_loss(losses: pd.Series, trained: Reproducible) -> Entry:
    protocol = {"averaged_over": "the last tenth of the generator steps"}
    if trained.outcome == "diverged":
        return {"value": None, "protocol": protocol, "reason": "training diverged"}
    value = float(losses.mean())
    if not math.isfinite(value):
        return {"value": None, "protocol": protocol, "reason": "no loss was logged in the last tenth"}
    return {"value": value, "protocol": protocol}


RECEIVED = "transfer_received"
"""The matrix's column: how far attacks made on other methods lower this D's logits."""

SOURCES = {"sources": "other methods of the same architecture and seed"}

NO_VARIANTS = "attacks are tried between cells without a variant"

PAIR_MEASURES = ("rate", "control", "flipped")

PAIR_KEYS = ["dataset", "source_architecture", "target_architecture", "source_method", "target_method"]

_PAIR_DTYPES = (
    dict.fromkeys((*PAIR_KEYS, "source", "target", "reason"), "string")
    | {"seed": "int64"}
    | dict.fromkeys(PAIR_MEASURES, "float64")
)

PAIR_COLUMNS = (*PAIR_KEYS, "seed", "source", "target", *PAIR_MEASURES, "reason")


def transfer_pairs(tried: Iterable[Transfers]) -> pd.DataFrame:
    """All pairs of runs, the tables of datasets and seeds one below the other."""
    tables = [each.table for each in tried]
    return (
        pd.concat(tables, ignore_index=True)
        if tables
        else pd.DataFrame([], columns=PAIR_COLUMNS).astype(_PAIR_DTYPES)
    )


def transfer_received(tried: Transfers, run: Run) -> Entry:
    """The mean rate of attacks made on the other methods' runs of the same architecture and seed.

    `tried` is what was tried on the run's dataset with its seed. Sources without an attack, such as
    diverged ones, are left out of the mean.
    """
    if run.variant:
        return {"value": None, "protocol": {}, "reason": NO_VARIANTS, "applies": False}
    table = tried.table
    others = table[
        (table["target"] == run.id)
        & (table["source_architecture"] == run.architecture)
        & (table["source_method"] != run.method)
    ]
    if others.empty:
        return {"value": None, "protocol": {}, "reason": "the grid has one method only", "applies": False}
    rates = others["rate"].dropna()
    if rates.empty:
        return {"value": None, "protocol": {}, "reason": str(others["reason"].iloc[0])}
    return {"value": float(rates.mean()), "protocol": tried.header.protocol | SOURCES}


_VERBS = {"metrics": "evaluate", "probes": "probe"}


def check_columns(records: Sequence[Record], layout: Layout) -> None:
    """UserError for the first run whose metrics.json or probes.json lacks another's columns of its dataset.

    A number that is missing says so with a null.
    """
    for artifact, verb in _VERBS.items():
        made = [(record.run, scores.entries) for record in records if (scores := getattr(record, artifact))]
        first_runs: dict[str, dict[str, Run]] = {}
        for run, entries in made:
            known = first_runs.setdefault(run.dataset, {})
            for column in entries:
                known.setdefault(column, run)
        for run, entries in made:
            known = first_runs[run.dataset]
            missing = [column for column in known if column not in entries]
            if missing:
                other = known[missing[0]]
                commands = dict.fromkeys(f"`{layout.command(verb, each.cell.id)}`" for each in (run, other))
                raise UserError(
                    f"{artifact}.json of {run.id} lacks {', '.join(missing)}, which {other.id} has; run "
                    f"{' and '.join(commands)} again"
                )


Floor = dict[str, Any]
"""A row of `floors`."""


def floors(cards: Iterable[ReferenceCard]) -> list[Floor]:
    """What held-out samples and noise score: a row a dataset and column, which goes without its checkpoint.

    docs/results.md describes the keys.
    """
    return [
        {
            "dataset": card.dataset,
            "column": column,
            "value": entry["value"],
            "noise": card.floors.noise[column]["value"],
            "samples": entry["protocol"].get("fake_samples"),
        }
        for card in cards
        for column, entry in card.floors.held_out.items()
    ]


def floor_of(summary: Mapping[str, Any], dataset: str, column: str) -> Floor | None:
    """The row of a score's column with its checkpoint, such as `fid_inception_ema`; None if it has none."""
    wanted = (dataset, parsed(column).at(None).name)
    rows = summary.get("floors", [])
    return next((row for row in rows if (row["dataset"], row["column"]) == wanted), None)


Protocols = dict[str, dict[str, dict[str, Any]]]
"""Dataset -> column -> protocol."""

NEEDED = {
    "matrix": (
        "run",
        "cell",
        "dataset",
        "architecture",
        "method",
        "seed",
        "outcome",
        "weights_sha256",
        "params",
    ),
    "claims": ("claim", "metric", "verdict", "effect", "low", "high", "pairs"),
    "summary": ("runs", "grid", "protocols", "groups"),
}
"""Columns and keys that results of an older version may lack."""


@dataclass(frozen=True)
class Assembled:
    """The tables of one results folder and its summary, read back as far as they are printed and compared."""

    matrix: pd.DataFrame
    claims: pd.DataFrame
    summary: dict[str, Any]

    @property
    def protocols(self) -> Protocols:
        return self.summary["protocols"]


def outcome(row: "Mapping[Any, Any] | pd.Series[Any]") -> str:
    """How the run of a row of the matrix ended, if it was trained; if it diverged, when and why."""
    if row["outcome"] != "diverged" or pd.isna(row["outcome_step"]):
        return str(row["outcome"])
    return f"diverged at step {row['outcome_step']:.0f}: {row['outcome_reason']}"
