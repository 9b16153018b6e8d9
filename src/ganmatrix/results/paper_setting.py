"""In what our comparison differs from the one that a claim was made in."""

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
    theirs, found = claim.setting, []
    datasets = {params.datasets[dataset].kind for dataset, *_ in settings}
    if other := set[str](datasets) - set(theirs.datasets):
        found.append(f"data {_listed(other)}, theirs {', '.join(theirs.datasets)}")
    networks = {params.architectures[architecture].kind for _, architecture, *_ in settings}
    if theirs.networks is not None and (other := set[str](networks) - set(theirs.networks)):
        found.append(f"networks {_listed(other)}, theirs {', '.join(theirs.networks)}")
    if theirs.score and column(claim.metric).at(None).name != theirs.score:
        found.append(f"score {claim.metric}, theirs {theirs.score}")
    if theirs.techniques is not None:
        ours = {technique.kind for technique in params.methods[claim.baseline].techniques}
        if ours != set(theirs.techniques):
            without = _listed(ours) or "no technique"
            found.append(f"baseline {claim.baseline} with {without}, theirs {theirs.baseline}")
    recipes = [params.recipe(*setting) for setting in settings]
    optimisers = {recipe.optimizer.kind for recipe in recipes}
    if theirs.optimiser and optimisers - {theirs.optimiser}:
        found.append(f"optimiser {_listed(optimisers)}, theirs {theirs.optimiser}")
    lengths = sorted({recipe.generator_steps for recipe in recipes})
    if theirs.generator_steps and lengths and lengths[0] < theirs.generator_steps:
        found.append(f"{_range(lengths)} generator steps, theirs {theirs.generator_steps:,}")
    return "; ".join(found)


def _listed(names: Collection[str]) -> str:
    return ", ".join(sorted(names))


def _range(lengths: Sequence[int]) -> str:
    return " to ".join(f"{length:,}" for length in dict.fromkeys((lengths[0], lengths[-1])))
