"""What a paper compared, in words, and how the setting of our runs differs from it."""

from collections.abc import Collection, Sequence

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
    what params.yaml plans, so that a run that is not trained yet, or has diverged, changes nothing.
    """
    paper, found = claim.setting, []

    def note(what: str, ours: str, stated: str) -> None:
        found.append(f"{what} {ours} (paper: {stated})")

    datasets = {params.datasets[dataset].kind for dataset, *_ in settings}
    if other := set[str](datasets) - set(paper.datasets):
        note("dataset", _listed(other), ", ".join(paper.datasets))
    networks = {params.architectures[architecture].kind for _, architecture, *_ in settings}
    if paper.networks is not None and (other := set[str](networks) - set(paper.networks)):
        note("networks", _listed(other), ", ".join(paper.networks))
    if paper.score and column(claim.metric).at(None).name != paper.score:
        note("score", claim.metric, paper.score)
    if paper.techniques is not None:
        ours = {technique.kind for technique in params.methods[claim.baseline].techniques}
        if ours != set(paper.techniques):
            without = _listed(ours) or "no technique"
            note("baseline", f"{claim.baseline} with {without}", paper.baseline)
    recipes = [params.recipe(*setting) for setting in settings]
    optimisers = {recipe.optimizer.kind for recipe in recipes}
    if paper.optimiser and optimisers - {paper.optimiser}:
        note("optimiser", _listed(optimisers), paper.optimiser)
    lengths = sorted({recipe.generator_steps for recipe in recipes})
    if paper.generator_steps and lengths and lengths[0] < paper.generator_steps:
        note("generator steps", _range(lengths), f"{paper.generator_steps:,}")
    return "; ".join(found)


def _listed(names: Collection[str]) -> str:
    return ", ".join(sorted(names))


def _range(lengths: Sequence[int]) -> str:
    return " to ".join(f"{length:,}" for length in dict.fromkeys((lengths[0], lengths[-1])))
