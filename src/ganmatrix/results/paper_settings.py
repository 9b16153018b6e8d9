"""What a paper compared, in words, and how the setting of our runs differs from it."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ganmatrix.columns import column
from ganmatrix.params import Params
from ganmatrix.params.claims import Claim, PaperSetting


def described(setting: PaperSetting) -> str:
    """`cifar10, celeba; against DCGAN; fid_inception; 100,000 generator steps`: what is on record."""
    steps = setting.generator_steps
    parts = [
        ", ".join(setting.datasets),
        f"against {setting.baseline}",
        *([f"networks {', '.join(setting.networks)}"] if setting.networks else []),
        *([setting.optimiser] if setting.optimiser else []),
        *([setting.score] if setting.score else []),
        *([f"{steps:,} generator steps"] if steps else []),
    ]
    return "; ".join(parts)


def differences(claim: Claim, params: Params, settings: Collection[tuple[str, ...]]) -> str:
    """What of the paper's setting is otherwise here, `; ` between; empty where nothing on record is.

    `settings` are the datasets and architectures, with the variants, that the claim is tested on. Ours is
    what params.yaml plans, so that a run that is not trained yet, or has diverged, changes nothing. Of an
    import nothing is on record but its names.
    """
    paper, found = claim.setting, []

    def note(what: str, ours: str, stated: str) -> None:
        found.append(f"{what} {ours} (paper: {stated})")

    datasets = {_kind(params.datasets, dataset) for dataset, *_ in settings}
    if other := datasets - {*paper.datasets}:
        note("dataset", _listed(other), ", ".join(paper.datasets))
    networks = {_kind(params.architectures, architecture) for _, architecture, *_ in settings}
    if paper.networks is not None and (other := networks - {*paper.networks}):
        note("networks", _listed(other), ", ".join(paper.networks))
    if paper.score and column(claim.metric).at(None).name != paper.score:
        note("score", claim.metric, paper.score)
    if paper.techniques is not None and claim.baseline in params.methods:
        ours = {technique.kind for technique in params.methods[claim.baseline].techniques}
        if ours != set(paper.techniques):
            without = _listed(ours) or "no technique"
            note("baseline", f"{claim.baseline} with {without}", paper.baseline)
    trained = [each for each in settings if claim.method in params.methods and each[0] in params.recipes]
    recipes = [params.recipe(*setting) for setting in trained]
    optimisers = {recipe.optimizer.kind for recipe in recipes}
    if paper.optimiser and optimisers - {paper.optimiser}:
        note("optimiser", _listed(optimisers), paper.optimiser)
    lengths = sorted({recipe.generator_steps for recipe in recipes})
    if paper.generator_steps and lengths and lengths[0] < paper.generator_steps:
        note("generator steps", _range(lengths), f"{paper.generator_steps:,}")
    return "; ".join(found)


def _kind(sections: Mapping[str, Any], name: str) -> str:
    """The kind of a dataset or an architecture; its name if it is an import's."""
    return str(sections[name].kind) if name in sections else name


def _listed(names: Collection[str]) -> str:
    return ", ".join(sorted(names))


def _range(lengths: Sequence[int]) -> str:
    return " to ".join(f"{length:,}" for length in dict.fromkeys((lengths[0], lengths[-1])))
