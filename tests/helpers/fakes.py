"""A whole grid of made-up files that manifests vouch for: what planning looks at, without the work."""

from ganmatrix.plan import Plan
from ganmatrix.store.layout import (
    ATTACKS,
    CARD,
    HISTORY,
    METRICS,
    NEIGHBOURS,
    PAIRS,
    PROBES,
    RUN,
    SAMPLES,
    STATISTICS,
    WEIGHTS,
)
from helpers.publishing import publish

FILES = {
    "prepare": ("train.npy", CARD),
    "reference": (STATISTICS, CARD),
    "train": (WEIGHTS, HISTORY, SAMPLES, RUN),
    "evaluate": (METRICS, NEIGHBOURS),
    "probe": (PROBES, ATTACKS),
    "transfer": (PAIRS,),
    "assemble": ("matrix.parquet", "summary.json"),
}


def publish_all(plan: Plan) -> None:
    """Every stage of the grid, current."""
    for task in plan.tasks():
        names = FILES.get(task.stage, (f"{task.target}.html",))
        content = {
            part: {name: f'"{task} {part} {name}"'.encode() for name in names} for part in plan.parts(task)
        }
        publish(plan, task.stage, task.target, content)
