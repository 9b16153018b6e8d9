"""In what our comparison differs from the one that a claim was made in."""

import re
from collections.abc import Mapping, Sequence

import pandas as pd

from ganmatrix.params.claims import Claim, PaperSetting


def described(setting: PaperSetting) -> str:
    """`cifar10, celeba; against DCGAN; fid_inception; 100,000 generator steps`: what is on record."""
    steps = setting.generator_steps
    parts = [
        ", ".join(setting.datasets),
        f"against {setting.baseline}",
        *([setting.score] if setting.score else []),
        *([f"{steps:,} generator steps"] if steps else []),
    ]
    return "; ".join(parts)


def differences(claim: Claim, cells: pd.DataFrame, kinds: Mapping[str, str]) -> str:
    """What of the paper's setting is otherwise here, `; ` between; empty where nothing on record is.

    `cells` are the rows of the matrix that the claim rests on, `kinds` the kind of each dataset by its name.
    """
    setting = claim.setting
    compared = cells[cells["method"].isin([claim.method, claim.baseline])]
    datasets = {kinds.get(name, name) for name in compared["dataset"]}
    found = []
    if other := sorted(datasets - set(setting.datasets)):
        found.append(f"data {', '.join(other)}, theirs {', '.join(setting.datasets)}")
    if setting.score and not re.fullmatch(
        rf"{re.escape(setting.score)}(_init|_last|_best|_ema)?", claim.metric
    ):
        found.append(f"score {claim.metric}, theirs {setting.score}")
    baseline = compared[compared["method"] == claim.baseline]
    if setting.techniques is not None:
        ours = {technique for each in baseline["techniques"] for technique in each.split()}
        if ours != set(setting.techniques):
            found.append(f"baseline {claim.baseline} with {_named(sorted(ours))}, theirs {setting.baseline}")
    if setting.generator_steps is not None:
        lengths = sorted(compared["generator_steps"].dropna().unique())
        if lengths and lengths[-1] < setting.generator_steps:
            steps = " to ".join(f"{step:,}" for step in dict.fromkeys((lengths[0], lengths[-1])))
            found.append(f"{steps} generator steps, theirs {setting.generator_steps:,}")
    return "; ".join(found)


def _named(techniques: Sequence[str]) -> str:
    return ", ".join(techniques) or "no technique"
