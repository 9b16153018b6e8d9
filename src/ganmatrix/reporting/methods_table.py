"""Methods and recipes with their values, the command that runs them, and how to quote a number."""

from collections.abc import Collection
from html import escape
from typing import Any

from pydantic import BaseModel
from pydantic_core import to_jsonable_python

from ganmatrix.cell import Cell
from ganmatrix.columns import column
from ganmatrix.params.kinds import kinds
from ganmatrix.params.losses import LossByKind
from ganmatrix.params.methods import Method
from ganmatrix.params.recipes import Recipe
from ganmatrix.reporting.page import Fragment, bullets, table
from ganmatrix.reporting.report_data import ReportData
from ganmatrix.store.layout import RUN

_LENGTHS = {
    "batch_size": "Batch size",
    "generator_steps": "Steps of G",
    "discriminator_steps": "Steps of D per step of G",
    "ema_half_life": "Half-life of G's average",
}


def methods_table(data: ReportData) -> Fragment:
    """The methods of the grid: kind, loss, techniques, values that are not the kind's defaults, and idea."""
    rows, ideas = [], data.summary["ideas"]
    for row in _first(data, ["method"]):
        method = _params(data, row).get("method", {"kind": row["method_kind"]})
        loss = method.get("loss")
        techniques = method.get("techniques", [])
        values = _stated(method, kinds(Method).get(method["kind"]), ("loss", "techniques"))
        words = [ideas.get(kind, "-") for kind in (method["kind"], *(each["kind"] for each in techniques))]
        rows.append(
            [
                row["method"],
                row["method_kind"],
                _section(loss, kinds(LossByKind).get(loss["kind"])) if loss else "-",
                ", ".join(map(_section, techniques)) or "-",
                ", ".join(values) or "-",
                " ".join(words),
            ]
        )
    header = ["Method", "Kind", "Loss", "Techniques", "Hyperparameters", "Idea"]
    return table("Methods. Hyperparameters with default values are left out", header, rows)


def recipes_table(data: ReportData) -> Fragment:
    """How each dataset's cells are trained with each architecture; a variant's own values are in its name."""
    rows = []
    for row in _first(data, ["dataset", "architecture"]):
        recipe = _params(data, row).get("recipe")
        if recipe is None or row["architecture"] not in data.architectures:
            continue
        optimiser = dict(recipe["optimizer"])
        rates = [_value(optimiser.pop(f"{network}_lr")) for network in ("generator", "discriminator")]
        rows.append(
            [
                f"{row['dataset']} x {row['architecture']}",
                *(_value(recipe[key]) for key in _LENGTHS),
                *rates,
                _section(optimiser),
                ", ".join(_stated(recipe, Recipe, ("optimizer", "snapshots", "log_every", *_LENGTHS))) or "-",
            ]
        )
    header = [
        "Setting",
        *_LENGTHS.values(),
        "Learning rate of G",
        "Learning rate of D",
        "Optimiser",
        "Other values",
    ]
    return table("Training recipes. Other values at their defaults are left out", header, rows)


def _first(data: ReportData, keys: list[str]) -> list[dict[Any, Any]]:
    """The first trained run of each of these, of one without a variant if there is one."""
    rows = data.trained
    varied = rows["cell"].map(lambda cell: bool(Cell.of(cell).variant))
    found = rows.assign(varied=varied).sort_values("varied", kind="stable").drop_duplicates(keys)
    return list(found.sort_index().to_dict("records"))


def _params(data: ReportData, row: dict[Any, Any]) -> dict[str, Any]:
    """The sections of params.yaml that a run was trained with, defaults filled in."""
    part = data.part("train", Cell.of(row["cell"]).run(row["seed"]))
    found: dict[str, Any] = part.json(RUN)["reproducible"].get("params", {}) if part else {}
    return found


def _section(section: dict[str, Any], model: type[BaseModel] | None = None) -> str:
    """`zero gp (weight 10)`: the kind, and the values that are not the model's defaults."""
    values = ", ".join(_stated(section, model))
    return f"{_value(section['kind'])} ({values})" if values else _value(section["kind"])


def _stated(section: dict[str, Any], model: type[BaseModel] | None, apart: Collection[str] = ()) -> list[str]:
    """Keys with their values, but for the kind, those told `apart` and those with the model's default."""
    defaults = {
        key: to_jsonable_python(field.get_default(call_default_factory=True))
        for key, field in (model.model_fields.items() if model else ())
        if not field.is_required()
    }
    return [
        f"{key.replace('_', ' ')} {_value(value)}"
        for key, value in section.items()
        if key not in ("kind", *apart) and (key not in defaults or defaults[key] != value)
    ]


def _value(value: Any) -> str:
    """A value of params.yaml; steps of pixels as 255ths."""
    if isinstance(value, dict):
        return _section(value)
    if isinstance(value, list):
        return ", ".join(map(_value, value))
    if isinstance(value, bool) or value is None:
        return str(value).lower()
    if isinstance(value, float):
        steps = 255 * value
        return f"{steps:.0f}/255" if 0.5 < steps < 64 and abs(steps - round(steps)) < 1e-9 else f"{value:g}"
    return f"{value:,}" if isinstance(value, int) else str(value).replace("_", " ")


def command(data: ReportData) -> Fragment:
    """The command that makes all of this, from the params file that it was made from."""
    return Fragment(f"<pre><code>{escape(data.layout.all_command)}</code></pre>")


def caveats(data: ReportData) -> Fragment:
    """What a reader must know before quoting a number."""
    n = len(data.summary["grid"]["seed"])
    over = "runs" if data.imports else f"{n} seed{'' if n == 1 else 's'}"
    notes = [
        f"Intervals are 95% Student-t intervals over {over}, or over pairs of runs for claims. With few "
        "seeds they are wide. An interval that includes zero does not prove that two methods are equal.",
        "Holm's correction is applied to the verdicts over all claims, and to the other comparisons over all "
        "methods and settings of one score. Nothing corrects for the number of scores: if you look at many, "
        "some will differ by chance.",
    ]
    if data.imports:
        notes.append(
            "Imported runs were not made here. Whether they were measured as their protocol says is not "
            "checked. Their seeds are no pairs, unless the import says so: comparisons with them are of all "
            "runs of one method with all of the other."
        )
    extractors = {column(name).extractor for d in data.datasets for name in data.columns(d)}
    if extractors - {None, "inception"}:
        notes.append(
            "Image scores use other features than published scores (see the protocols). They compare methods "
            "within this matrix only. Do not compare them with published FIDs."
        )
    if "fargan" in set(data.matrix["method_kind"]):
        notes.append(
            "FARGAN is implemented from the text of its paper. No code was published, and its tables were "
            "not available to us. docs/methods.md lists our own choices."
        )
    return bullets(notes)
