"""What `assemble` needs of a run's artifacts, as typed objects; other fields may be there too."""

from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd
from pydantic import BaseModel, ConfigDict, model_validator

from ganmatrix.cell import Run

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


class Curve(Artifact):
    """A measure at the points of an axis."""

    axis: str
    at: list[float]
    value: list[float | None]

    @model_validator(mode="after")
    def _same_length(self) -> "Curve":
        if len(self.at) != len(self.value):
            raise ValueError(f"{len(self.at)} points but {len(self.value)} values")
        return self


class Entry(Artifact):
    """One measured column: its value, null where it could not be measured, and its protocol."""

    value: float | None
    protocol: dict[str, Any]
    std: float | None = None
    """Evaluation noise of the value, where the score has one; what it is says the score's definition."""
    reason: str | None = None
    beyond: float | None = None
    """What a null value is known to exceed."""
    applies: bool = True
    """False where the data, or the method, lack what the column measures, whatever the networks."""
    curve: Curve | None = None


class Scores(Artifact):
    """metrics.json or probes.json."""

    run: str
    """The run's id."""
    weights_sha256: str
    entries: dict[str, Entry]


class Floors(Artifact):
    """What held-out samples and noise score, by column without its checkpoint."""

    held_out: dict[str, Entry]
    noise: dict[str, Entry]


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
        return {name: entry for name, entry in self._all.items() if entry.applies}

    @property
    def lacking(self) -> set[str]:
        """The columns that do not apply to the run's data or method."""
        return {name for name, entry in self._all.items() if not entry.applies}

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
