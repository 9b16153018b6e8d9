"""The path of every artifact, relative to the working folder of a params file."""

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

from ganmatrix.errors import UserError
from ganmatrix.store.publishing import Publication

_FOLDERS = {
    "prepare": "data/{target}",
    "reference": "references/{target}",
    "train": "cells/{target}/train",
    "evaluate": "cells/{target}/evaluate",
    "probe": "cells/{target}/probe",
    "transfer": "transfers/{target}",
    "assemble": "results",
    "report": "reports",
}
"""The folder of each stage. The manifest has the name of the folder, or of the report, with .json."""

WEIGHTS, HISTORY, SAMPLES, RUN = "weights.safetensors", "history.parquet", "samples.png", "run.json"
"""The files of `train` for each seed."""
METRICS, NEIGHBOURS = "metrics.json", "neighbours.png"
"""Those of `evaluate`."""
PROBES, ATTACKS = "probes.json", "attacks.png"
"""Those of `probe`."""
PAIRS = "pairs.parquet"
"""That of `transfer`."""
CARD, STATISTICS = "card.json", "statistics.safetensors"
"""The card of `prepare`, beside its arrays, and that of `reference`, beside its statistics."""

FOR_DVC = Path("pipeline/for_dvc.json")
"""The reports, and the cells of variants with their datasets. dvc.yaml cannot expand these by itself."""

OF_VARIANTS = "_variant"
"""The ending of a stage's name in dvc.yaml for cells of variants."""

CELLWISE = ("train", "evaluate", "probe")
"""The stages of a cell."""

SEEDED = (*CELLWISE, "transfer")
"""The stages with a part for each seed: `<folder>/<seed>/`, with `<folder>/<seed>.json` beside it."""


@dataclass(frozen=True)
class Layout:
    """All paths of one working folder (the project's root, or a scale's folder)."""

    root: Path = Path()
    params: Path | None = None
    """The params file of this folder if it is not params.yaml. Commands must name it."""

    def command(self, verb: str, target: str = "") -> str:
        """A command of ganmatrix, such as the one that makes a stage's artifacts."""
        return f"ganmatrix {verb} {target}".strip() + self.option("--params")

    @property
    def all_command(self) -> str:
        """The command that makes all artifacts."""
        return "snakemake --cores all" + self.option("--configfile")

    def option(self, name: str) -> str:
        """The option that makes a program work here: empty, or ` --params scales/x.yaml`, for example."""
        return f" {name} {shlex.quote(str(self.params))}" if self.params else ""

    def folder(self, stage: str, target: str = "", seed: int | None = None) -> Path:
        """The folder of a stage's files, or of the files of one seed."""
        folder = self.root / _FOLDERS[stage].format(target=target)
        return folder if seed is None else folder / str(seed)

    def manifest(self, stage: str, target: str = "", seed: int | None = None) -> Path:
        """The manifest of a stage, or the note beside the files of one seed."""
        folder = self.folder(stage, target, seed)
        return folder / f"{target}.json" if stage == "report" else folder.with_name(f"{folder.name}.json")

    def publication(self, stage: str, target: str = "", seed: int | None = None) -> Publication:
        """The publication of a stage's files, or of the files of one seed."""
        folder, manifest = self.folder(stage, target, seed), self.manifest(stage, target, seed)
        hidden = manifest.with_name(f".{manifest.stem}")
        if seed is not None:
            hidden = manifest.parent.with_name(f".{manifest.parent.name}-{seed}")
        deep = len(folder.relative_to(self.root).parts)
        above = tuple(folder.parents)[: max(0, deep - 2)]
        return Publication(folder, manifest, hidden, shared=stage == "report", above=above)

    def lock(self, stage: str, target: str = "", seed: int | None = None) -> Path:
        """The lock that a process holds while it makes these files."""
        names = [stage, target, "" if seed is None else str(seed)]
        return self.scratch("locks", "-".join(filter(None, names)))

    def digest(self, stage: str, target: str = "") -> Path:
        """The file with the stage's dependencies that are not files, as an input for the engines."""
        return self.root / "digests" / stage / f"{target or stage}.json"

    def scratch(self, *names: str) -> Path:
        """Unfinished work, and locks. Neither engine knows this folder."""
        return self.root.joinpath("scratch", *names)

    @property
    def preview(self) -> "Layout":
        """Results and reports of an unfinished grid. Neither engine knows this folder."""
        return Layout(self.root / "preview", self.params)


def of_params(path: Path) -> Layout:
    """The layout of a params file: params.yaml uses its own folder, any other scales/<its name>/."""
    if path.resolve() == Path("params.yaml").resolve():
        return Layout()
    if not re.fullmatch(r"[\w-][\w.-]*", path.stem, re.ASCII):
        raise UserError(
            f"{path}: a params file works in scales/<its name>/, so its name may have letters, digits, "
            "_, - and . only, and no . at its start; rename it"
        )
    return Layout(Path("scales", path.stem), path)
