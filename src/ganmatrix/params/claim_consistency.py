"""Claims that contradict themselves or the rest of params.yaml."""

from collections.abc import Iterator

from ganmatrix.columns import CHECKPOINTS, EXTRACTORS, column, every
from ganmatrix.columns.costs import TIMES
from ganmatrix.params.claims import Claim, PaperSetting
from ganmatrix.params.kinds import kinds
from ganmatrix.params.messages import nearest, printable, three_nearest, unknown_name
from ganmatrix.params.params import Params
from ganmatrix.params.techniques import Technique

TECHNIQUE_KINDS = list(kinds(Technique))

SCORES = [each.at(None).name for each in every(EXTRACTORS, ["ema"]) if each.measure.scored == "checkpoints"]
"""Names of scores of any extractor, without a checkpoint."""


def claim_problems(params: Params) -> Iterator[str]:
    """Problems of claims: unknown names, a method compared with itself, no bound.

    Names of methods of imports are known only when these are read (`results.imported`).
    """
    evaluation = params.evaluation
    extractors = [*EXTRACTORS] if params.imports else [extractor.kind for extractor in evaluation.extractors]
    checkpoints = [*CHECKPOINTS] if params.imports else evaluation.checkpoints
    known = [each.name for each in every(extractors, checkpoints)]
    for key, claim in params.claims.items():
        for role in ("method", "baseline", "control"):
            name = getattr(claim, role)
            if name is not None and name not in params.methods and not params.imports:
                yield unknown_name(f"claims.{key}.{role}", name, params.methods, "methods")
        if claim.method in (claim.baseline, claim.control):
            yield f"claims.{key}: {claim.method} is compared with itself; name another baseline or control"
        elif claim.control == claim.baseline:
            yield f"claims.{key}.control is {claim.control}, the baseline; name another, or leave it out"
        if claim.metric not in known:
            mend = f"{three_nearest(claim.metric, known)} docs/measures.md lists all"
            yield f"claims.{key}.metric: {printable(claim.metric)} is no column of the matrix{mend}"
        for i, name in enumerate(claim.variants or ()):
            where = f"claims.{key}.variants[{i}]"
            if not params.variants:
                yield f"{where} is {printable(name)}, but the grid states no variants; leave `variants` out"
            elif name not in params.variants:
                yield unknown_name(where, name, params.variants, "grid.variants, grid.lattice")
        yield from _setting_problems(f"claims.{key}.setting", claim.setting)
        if claim.metric in known:
            yield from (f"claims.{key}.{problem}" for problem in _bound_problems(claim))


def _setting_problems(key: str, setting: PaperSetting) -> Iterator[str]:
    """Parts of a paper's setting that cannot be compared with ours, because nothing has such a name."""
    for i, technique in enumerate(setting.techniques or ()):
        if technique not in TECHNIQUE_KINDS:
            yield unknown_name(f"{key}.techniques[{i}]", technique, TECHNIQUE_KINDS, "techniques")
    if setting.score is not None and setting.score not in SCORES:
        yield (
            f"{key}.score is {printable(setting.score)}; expected a score's column without its checkpoint, "
            f"such as fid_inception{nearest(setting.score, SCORES)}"
        )


def _bound_problems(claim: Claim) -> Iterator[str]:
    """The problem of a claim's bound, beginning with its key."""
    if (claim.smallest_effect is None) == (claim.at_most is None):
        given = "missing" if claim.at_most is None else "given beside at_most"
        yield f"smallest_effect is {given}; name one of smallest_effect and at_most"
        return
    if claim.at_most is not None and claim.control is not None:
        yield f"control is {claim.control}; at_most is a bound on what the baseline shows, leave it out"
    if claim.effect == "relative" and claim.direction == "lower" and claim.bound >= 1:
        key = "smallest_effect" if claim.at_most is None else "at_most"
        yield f"{key} is {claim.bound:g} of a value that gets lower; expected a share below 1, such as 0.1"
    if claim.metric in TIMES:
        yield f"metric is {claim.metric}, which other work on the machine moves; name operations_per_step"
    if column(claim.metric).checkpoint == "init":
        yield f"metric is {claim.metric}, a score before training, when methods are alike; name another"
    if claim.effect == "difference" and column(claim.metric).measure.percent and claim.bound >= 1:
        given = "smallest_effect" if claim.at_most is None else "at_most"
        yield f"{given} is {claim.bound:g} of a share; expected less than 1, such as 0.02 for 2 points"
    if claim.metric == "diverged" and (claim.bound > 0 or claim.effect == "relative"):
        yield "metric is diverged, which is counted; it needs effect difference and smallest_effect 0"
