"""`ganmatrix status`: what is current, what is stale and why, and what is missing.

It reads only manifests. Files are compared with them when they are opened, and here with `--files`.
"""

from collections import Counter
from dataclasses import dataclass
from typing import get_args

from ganmatrix.errors import UserError
from ganmatrix.making import why
from ganmatrix.plan import STAGES, Kind, Plan, State, Task

NAMED = 6
"""The most targets that a line names."""

KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True)
class Found:
    """The state of one stage of one target, and of one seed if it has seeds."""

    task: Task
    seed: int | None
    state: State


def run(plan: Plan, files: bool = False) -> list[Found]:
    """The state of every stage of the grid. With `files`, every file is also compared with its manifest."""
    return [
        Found(task, part, _state(plan, task, part, files))
        for task in plan.tasks()
        for part in plan.parts(task)
    ]


def _state(plan: Plan, task: Task, part: int | None, files: bool) -> State:
    state = plan.state(task, part)
    if files and state.is_current:
        try:
            if reason := why(plan, task, part):
                return State("stale", reason)
        except UserError as error:
            return State("stale", str(error))
    return state


def lines(found: list[Found]) -> list[str]:
    """A table of counts, then each reason with its targets."""
    counts = {
        stage: Counter(each.state.kind for each in found if each.task.stage == stage) for stage in STAGES
    }
    text = [f"{'':10}" + "".join(f"{kind:>9}" for kind in KINDS)]
    text += [f"{stage:10}" + "".join(f"{of[kind]:9}" for kind in KINDS) for stage, of in counts.items()]
    reasons: dict[str, dict[str, list[int]]] = {}
    for each in found:
        if each.state.kind == "stale":
            seeds = reasons.setdefault(each.state.reason, {}).setdefault(str(each.task), [])
            seeds += [] if each.seed is None else [each.seed]
    text += [f"stale: {reason}: {_named(tasks)}" for reason, tasks in reasons.items()]
    return text


def _named(tasks: dict[str, list[int]]) -> str:
    names = [name + (f" ({_seeds(seeds)})" if seeds else "") for name, seeds in tasks.items()]
    more = f", and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more


def _seeds(seeds: list[int]) -> str:
    first, last = seeds[0], seeds[-1]
    if len(seeds) > 2 and seeds == list(range(first, last + 1)):
        return f"seeds {first} to {last}"
    return f"seed{'s' * (len(seeds) > 1)} " + ", ".join(map(str, seeds))
