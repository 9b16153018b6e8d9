"""What each stage makes, and what this depends on: values of params.yaml, source code, and other stages.

Every question "is this current?" is answered here: for the verbs before they work, for readers before they
open files, for `ganmatrix status`, and for both engines through the files that `ganmatrix digest` writes.
"""

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel

from ganmatrix import imports, notebooks
from ganmatrix.cell import Cell, expand, find
from ganmatrix.errors import NotMade, Unreadable, UserError, unreadable
from ganmatrix.params import Params, load
from ganmatrix.params.kinds import Member
from ganmatrix.store import opening
from ganmatrix.store.files import as_json, file_digest, text_digest
from ganmatrix.store.layout import CELLWISE, SEEDED, WEIGHTS, Layout, of_params
from ganmatrix.store.manifest import MadeFrom, Manifest, ManifestEntry
from ganmatrix.store.opening import Part

STAGES = ("prepare", "reference", "train", "evaluate", "probe", "transfer", "assemble", "report")
TEMPLATES = Path("reports/templates")
REPORT_NAME = "[a-z0-9_]+"


@dataclass(frozen=True)
class Task:
    """A stage and its target: a dataset, a cell, a report, or nothing."""

    stage: str
    target: str = ""

    def __str__(self) -> str:
        return f"{self.stage} {self.target}".strip()


@dataclass(frozen=True)
class Input:
    """One input of a stage: files of another stage, of one seed or of a stage without seeds."""

    task: Task
    seed: int | None = None
    files: tuple[str, ...] = ()
    """If empty, all files of the stage."""


Kind = Literal["current", "stale", "missing"]


@dataclass(frozen=True)
class State:
    """Whether the files on disk are those that params, code and other artifacts would give now."""

    kind: Kind
    reason: str = ""
    because: Task | None = None
    """The other stage whose params, code or files changed, if it is another one."""

    @property
    def is_current(self) -> bool:
        return self.kind == "current"


CURRENT = State("current")


class Plan:
    """The stages of one params file in its working folder."""

    def __init__(self, params: Params, layout: Layout, templates: Path = TEMPLATES) -> None:
        self.params, self.layout, self.templates = params, layout, templates
        self._manifests: dict[Task, Manifest | UserError] = {}
        self._states: dict[tuple[Task, int | None], State] = {}
        self._digests: dict[tuple[str, str, str], str] = {}

    @classmethod
    def load(cls, path: Path) -> "Plan":
        """The plan of a params file; UserError if it is not valid."""
        return cls(load(path)[0], of_params(path))

    @cached_property
    def cells(self) -> dict[str, Cell]:
        """The grid's cells by id."""
        return {cell.id: cell for cell in expand(self.params)}

    def cell(self, cell_id: str) -> Cell:
        """The cell of that id; UserError if the grid has none."""
        return self.cells.get(cell_id) or find(self.params, cell_id, self.layout.command("cells"))

    @property
    def seeds(self) -> list[int]:
        """The grid's seeds."""
        return self.params.grid.seeds

    @property
    def reports(self) -> list[str]:
        """The names of the reports, in their order."""
        return list(self.pages)

    @cached_property
    def pages(self) -> dict[str, notebooks.About]:
        """The metadata of each report by name, in the order that they state. UserError for a bad name."""
        try:
            names = [path.stem for path in self.templates.iterdir() if path.suffix == ".ipynb"]
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise Unreadable(unreadable(self.templates, error)) from None
        for name in sorted(names):
            if not re.fullmatch(REPORT_NAME, name):
                raise UserError(
                    f"{self.templates / name}.ipynb: the name of a report has a-z, 0-9 and _ only; "
                    "rename it or move it away"
                )
        found = {name: notebooks.about(self.template(name)) for name in sorted(names)}
        return dict(sorted(found.items(), key=lambda item: item[1].order))

    def template(self, report: str) -> Path:
        """The notebook of a report."""
        return self.templates / f"{report}.ipynb"

    def targets(self, stage: str) -> list[str]:
        """The targets of a stage, in the grid's order."""
        if stage in ("prepare", "reference", "transfer"):
            return list(self.params.grid.datasets)
        if stage == "report":
            return self.reports
        return [""] if stage == "assemble" else list(self.cells)

    def is_streamed(self, dataset: str) -> bool:
        """Whether a dataset is read from files, piece by piece."""
        return self.params.datasets[dataset].is_streamed

    def tasks(self) -> list[Task]:
        """All tasks of the grid, each after the tasks whose files it reads."""
        return [Task(stage, target) for stage in STAGES for target in self.targets(stage)]

    def parts(self, task: Task) -> list[int | None]:
        """The seeds of a stage; [None] if it has no seeds."""
        return list(self.seeds) if task.stage in SEEDED else [None]

    def digest(self, task: Task) -> dict[str, Any]:
        """Dependencies of the task that are not files. The engines compare them."""
        seeds = {"seeds": self.seeds} if task.stage in SEEDED else {}
        # In DVC a transfer depends on a folder, in which cells stay that are no longer in the grid.
        cells = (
            {"cells": [cell.id for cell in self.attacked(task.target)]} if task.stage == "transfer" else {}
        )
        return {"params": self._params(task), "code": self._code(task)} | seeds | cells

    def made_from(self, task: Task, seed: int | None = None) -> MadeFrom:
        """What the task would be made from now. NotMade if an input is missing or stale."""
        inputs = {}
        for name, read in self.inputs(task, seed).items():
            digests = []
            for each in read:
                state = self.state(each.task, each.seed)
                if not state.is_current:
                    raise NotMade(self._problem(each.task, each.seed, state))
                digests.append(self._entry(each.task, each.seed).digest(each.files))
            inputs[name] = digests[0] if len(digests) == 1 else text_digest("\n".join(digests))
        return MadeFrom(self._params(task), self._code(task), inputs)

    def state(self, task: Task, seed: int | None = None) -> State:
        """Whether the task's files are current according to manifests."""
        key = (task, seed)
        if key not in self._states:
            self._states[key] = self._find_state(task, seed)
        return self._states[key]

    def open(self, stage: str, target: str = "", seed: int | None = None) -> Part:
        """The files of a stage. NotMade if they are missing or stale, UserError if a manifest is bad."""
        task = Task(stage, target)
        state = self.state(task, seed)
        if not state.is_current:
            found = self._manifest(task)
            if isinstance(found, UserError) and not isinstance(found, NotMade):
                raise found
            raise NotMade(self._problem(task, seed, state))
        return opening.part_of(self._read(task), self.layout, seed)

    def forget(self) -> None:
        """Read manifests again, because this or another process may have changed them."""
        self._manifests.clear()
        self._states.clear()

    def inputs(self, task: Task, seed: int | None) -> dict[str, list[Input]]:
        """The task's inputs from other stages, by a name for people."""
        stage, target = task.stage, task.target
        if stage == "prepare":
            return {}
        if stage == "reference":
            return {"data": [Input(Task("prepare", target))]}
        if stage in ("assemble", "report"):
            return self._results(stage)
        if stage == "transfer":
            weights = [Input(Task("train", cell.id), seed, (WEIGHTS,)) for cell in self.attacked(target)]
            return {"data": [Input(Task("prepare", target))], "weights": weights}
        dataset = self.cells[target].dataset
        read = {"data": [Input(Task("prepare", dataset))]}
        if stage != "train":
            read["weights"] = [Input(Task("train", target), seed, (WEIGHTS,))]
        if stage == "evaluate":
            read["reference"] = [Input(Task("reference", dataset))]
        return read

    def attacked(self, dataset: str) -> list[Cell]:
        """The cells of `transfer`. Pairs grow with their square, so variants are left out."""
        return [cell for cell in self.cells.values() if cell.dataset == dataset and not cell.variant]

    def _results(self, stage: str) -> dict[str, list[Input]]:
        """The inputs of tables and pages: the whole grid."""
        read = {} if stage == "assemble" else {"results": [Input(Task("assemble"))]}
        if stage == "assemble":
            read["reference"] = [Input(Task("reference", dataset)) for dataset in self.targets("reference")]
        for each in SEEDED if stage == "assemble" else CELLWISE:
            read[each] = [
                Input(Task(each, target), seed) for target in self.targets(each) for seed in self.seeds
            ]
        return read

    def _find_state(self, task: Task, seed: int | None) -> State:
        found = self._manifest(task)
        if isinstance(found, NotMade):
            return State("missing", str(found))
        if isinstance(found, UserError):
            return State("stale", str(found).partition(";")[0])
        if seed not in found.entries:
            return State("missing", "" if seed is None else f"seed {seed}")
        for read in self.inputs(task, seed).values():
            for each in read:
                if not (state := self.state(each.task, each.seed)).is_current:
                    whose = "" if each.seed is None else f", seed {each.seed}"
                    reason = state.reason if state.kind == "stale" else f"{each.task}{whose} is missing"
                    return State("stale", reason, state.because or each.task)
        change = self.change(task, seed, found.entries[seed])
        return State("stale", change) if change else CURRENT

    def change(self, task: Task, seed: int | None, entry: ManifestEntry) -> str | None:
        """What has changed since the task's files were made, or None. NotMade like `made_from`."""
        change = entry.made_from.change(self.made_from(task, seed))
        if change is None:
            return None
        return f"the code of {task.stage} changed" if change == "code" else f"{change} changed"

    def _problem(self, task: Task, seed: int | None, state: State) -> str:
        """One line about an artifact that is not current."""
        path = self.layout.manifest(task.stage, task.target)
        first = state.because or task
        maker = self.layout.command(first.stage, first.target)
        found = self._manifest(task)
        if isinstance(found, UserError):
            return str(found)
        whose = "" if seed is None else f", seed {seed}"
        makers = f"run `{maker}` or `{self.layout.all_command}`"
        if state.kind == "missing":
            return f"{path} lacks seed {seed}; {makers} first"
        return f"{path}{whose} is not current: {state.reason}; {makers} again"

    def _manifest(self, task: Task) -> Manifest | UserError:
        if task not in self._manifests:
            try:
                self._manifests[task] = self.read(task)
            except UserError as error:
                self._manifests[task] = error
        return self._manifests[task]

    def read(self, task: Task) -> Manifest:
        """The task's manifest on disk."""
        return opening.read_manifest(self.layout, task.stage, task.target)

    def _read(self, task: Task) -> Manifest:
        if isinstance(found := self._manifest(task), UserError):
            raise found
        return found

    def _entry(self, task: Task, seed: int | None) -> ManifestEntry:
        return self._read(task).entries[seed]

    def _params(self, task: Task) -> dict[str, str]:
        """Digests of the params that matter, by key, defaults filled in."""
        values = self._values(task)
        cell = self.cells[task.target] if task.stage == "train" else None
        of = (cell.architecture, cell.variant) if cell else ("", "")
        return {key: self._value_digest((key, *of), value) for key, value in values.items()}

    def _value_digest(self, of: tuple[str, str, str], value: Any) -> str:
        """The digest of the value of a key, for an architecture and a variant.

        Cells share most of these digests.
        """
        if of not in self._digests:
            self._digests[of] = text_digest(as_json(_plain(value)))
        return self._digests[of]

    def _values(self, task: Task) -> dict[str, Any]:
        params, stage, target = self.params, task.stage, task.target
        if stage == "prepare":
            return {f"datasets.{target}": params.datasets[target]}
        if stage == "reference":
            return self._evaluation(target, "extractors", "images", "digits", "points")
        if stage == "train":
            cell = self.cells[target]
            return {
                f"architectures.{cell.architecture}": params.architectures[cell.architecture],
                f"methods.{cell.method}": params.method(cell.method, cell.variant),
                f"recipes.{cell.dataset}": params.recipe(cell.dataset, cell.architecture, cell.variant),
            }
        if stage == "evaluate":
            return self._evaluation(
                self.cells[target].dataset, "extractors", "images", "digits", "points"
            ) | {f"evaluation.{name}": getattr(params.evaluation, name) for name in ("checkpoints", "curves")}
        if stage in ("probe", "transfer"):
            return {"probes": params.probes}
        if stage == "assemble":
            datasets = {f"datasets.{name}": params.datasets[name] for name in params.grid.datasets}
            return {"grid": params.grid, "claims": params.claims} | datasets | self._imports
        pages = [[name, about.title, about.shows] for name, about in self.pages.items()]
        return {"reports": pages, "study": params.study}

    @cached_property
    def _imports(self) -> dict[str, Any]:
        """Each import, with the digest of its file if it can be read; if not, `assemble` says why."""
        return {
            f"imports.{name}": {"section": section.model_dump(mode="json"), "sha256": _digest(section.file)}
            for name, section in self.params.imports.items()
        }

    def _evaluation(self, dataset: str, *names: str) -> dict[str, Any]:
        """The sections of `evaluation` that apply to the dataset's kind, points or images."""
        points = self.params.datasets[dataset].is_points
        values = {}
        for name in names:
            if (name == "points") == points:
                values[f"evaluation.{name}"] = getattr(self.params.evaluation, name)
        return values

    def _code(self, task: Task) -> str:
        more: tuple[Path, ...] = ()
        if task.stage == "report":
            more = (
                self.template(task.target).absolute(),
                *sorted((imports.PACKAGE / "reporting/assets").iterdir()),
            )
        return imports.digest(frozenset(self._roots(task)), more)

    def _roots(self, task: Task) -> set[str]:
        """The modules whose code makes the files: those of the stage, and of the members that it uses."""
        roots = {f"ganmatrix.stages.{task.stage}"}
        if task.stage == "prepare":
            return roots | _modules(self.params.datasets[task.target])
        if task.stage == "reference":
            return roots | self._extractors(task.target)
        if task.stage == "report":
            return roots | notebooks.imported(self.template(task.target))
        if task.stage == "assemble":
            return roots
        cell = self.cells.get(task.target)
        cells = [cell] if cell else self.attacked(task.target)
        side = "points" if self.params.datasets[cells[0].dataset].is_points else "images"
        for cell in cells:
            roots |= _modules(self.params.method(cell.method, cell.variant))
            roots |= _modules(getattr(self.params.architectures[cell.architecture], side))
        return roots | (self._extractors(cells[0].dataset) if task.stage == "evaluate" else set())

    def _extractors(self, dataset: str) -> set[str]:
        if self.params.datasets[dataset].is_points:
            return set()
        return _modules(self.params.evaluation.extractors)


def _plain(value: Any) -> Any:
    """A part of the params as JSON."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list) else value


def _digest(file: str) -> str:
    try:
        return file_digest(Path(file)) if Path(file).is_file() else ""
    except OSError:
        return ""


def _modules(value: Any) -> set[str]:
    """The modules of the members that a section of the params, or a list of sections, names."""
    if isinstance(value, BaseModel):
        own = {value.module()} if isinstance(value, Member) else set()
        return own.union(*(_modules(getattr(value, name)) for name in type(value).model_fields))
    return set().union(*map(_modules, value)) if isinstance(value, list) else set()
