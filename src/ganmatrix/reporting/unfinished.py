"""What a preview says on top: how much of the grid there is, and what is still to come."""

from collections import Counter
from typing import Any

from ganmatrix.reporting.evidence import Evidence
from ganmatrix.reporting.fragments import Fragment, box, bullets, details, text
from ganmatrix.reporting.headline import counted, listed

_STILL = {
    "train": "not trained",
    "evaluate": "not scored",
    "probe": "not probed",
    "transfer": "without attacks from other runs",
}


def notice(evidence: Evidence) -> Fragment:
    """What is still to come, each with its reason; nothing if there is nothing."""
    said = sentence(evidence.summary)
    if said is None:
        return Fragment("")
    absent = evidence.summary["absent"]
    reasons = bullets(f"{each['target']}: {each['reason']}" for each in absent)
    return box([text("p", said), details(f"What is still to come: {len(absent)}", reasons)], "preview")


def sentence(summary: dict[str, Any]) -> str | None:
    """How many runs are still to be trained, scored and probed; None if the matrix is finished."""
    absent = Counter(each["stage"] for each in summary.get("absent", []))
    if not absent:
        return None
    grid = summary["grid"]
    of_dataset = len(grid["architecture"]) * len(grid["method"])
    # Attacks are tried on all runs of a dataset that have the same seed.
    absent["transfer"] *= of_dataset
    still = listed(
        [f"{counted(absent[stage], 'run')} {state}" for stage, state in _STILL.items() if absent[stage]]
    )
    return (
        f"A preview of an unfinished matrix. Of {counted(summary['runs']['total'], 'run')} in "
        f"{counted(summary['runs']['total'] // len(grid['seed']), 'cell')}: {still}. "
        "Means are over what there is and say of how many seeds; no claim is judged before all runs that "
        "it compares are finished."
    )
