"""The verb `judge`: results brought up to date, and the claims with their verdicts."""

from ganmatrix.plan import Plan, Task
from ganmatrix.terminal.commands import DEFAULT_PARAMS, Given


def judge(params: Given = DEFAULT_PARAMS) -> None:
    """Assemble results/ if it is not current, and print the claims with their verdicts.

    Runs of the grid must be finished. Tables that `imports` names need nothing else.
    """
    from ganmatrix.making import Maker, make
    from ganmatrix.terminal.claims import claims
    from ganmatrix.terminal.reading import read_in
    from ganmatrix.terminal.tables import console

    plan = Plan.load(params)

    def load() -> Maker:
        from ganmatrix.stages import assemble as stage

        return lambda _, folder: stage.into(folder, plan)

    make(plan, Task("assemble"), load)
    console().print(claims(read_in(plan.layout)))
