"""The claims of params.yaml, adjudicated: a row a claim, with effects, tests, scope and verdict."""

import math
from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import pandas as pd

from ganmatrix.cell import place
from ganmatrix.params import Params
from ganmatrix.params.claims import Claim
from ganmatrix.results.artifacts import RECEIVED, Protocols, outcome
from ganmatrix.results.effect import Effect, Question, counted
from ganmatrix.results.levels import LEVEL
from ganmatrix.results.matrix import (
    COSTS,
    DIVERGED,
    NOT_TRAINED,
    VARIANT,
    compared,
    setting,
    settings_compared,
    teaching,
)
from ganmatrix.results.paper_settings import described, differences
from ganmatrix.results.statistics import EffectSize, effect_size, holm_of_family, observed
from ganmatrix.results.verdicts import (
    Comparison,
    Corrected,
    Trial,
    Verdict,
    compare,
    decide,
    far_runs,
    seeds_needed,
)

_DTYPES = {
    "claim": "string",
    "paper": "string",
    "sentence": "string",
    "quote": "string",
    "source": "string",
    "where": "string",
    "paper_setting": "string",
    "setting_differs": "string",
    "metric": "string",
    "method": "string",
    "baseline": "string",
    "control": "string",
    "direction": "string",
    "effect_kind": "string",
    "smallest_effect": "float64",
    "at_most": "float64",
    "verdict": "string",
    "reason": "string",
    "scope": "string",
    "effect": "float64",
    "low": "float64",
    "high": "float64",
    "design": "string",
    "pairs": "int64",
    "missing_pairs": "int64",
    "method_runs": "int64",
    "baseline_runs": "int64",
    "settings": "int64",
    "settings_holding": "int64",
    "p_value": "float64",
    "p_holm": "float64",
    "p_contradicted": "float64",
    "p_contradicted_holm": "float64",
    "p_shared": "float64",
    "p_shared_holm": "float64",
    "effect_size": "float64",
    "effect_size_low": "float64",
    "effect_size_high": "float64",
    "control_effect": "float64",
    "control_low": "float64",
    "control_high": "float64",
    "control_design": "string",
    "control_pairs": "int64",
    "control_runs": "int64",
    "control_p_value": "float64",
    "seeds_needed": "Int64",
    "lost_runs": "string",
    "far_runs": "string",
}

_UNTESTED = {"verdict": "not tested", "scope": "", "lost_runs": "", "far_runs": ""} | {
    name: 0 for name, dtype in _DTYPES.items() if dtype == "int64"
}


def adjudicate(
    claims: Mapping[str, Claim],
    frame: pd.DataFrame,
    protocols: Protocols,
    unfinished: Collection[str] = (),
    reasons: Mapping[tuple[str, str], str] = MappingProxyType({}),
    params: Params | None = None,
) -> pd.DataFrame:
    """One row a claim, with the same columns even if there is none.

    `frame` is the matrix, with infinity for censored values; `protocols` says on which datasets a column was
    measured, `reasons` by run and column why a value is missing, `params` what was planned, to be held
    against the papers' settings. docs/results.md describes the columns.

    Holm's correction is over the claims that can be decided (`levels.family`), once for each way. A claim
    with values still to come, as `unfinished` says, counts with p = 1: whoever looks again and
    again until a test rejects is wrong more often than it says.
    """
    untested = {
        name: reason for name, claim in claims.items() if (reason := why_untested(claim, frame, protocols))
    }
    tested = {name: claim for name, claim in claims.items() if name not in untested}
    measured = {name: runs_tested(claim, frame, protocols) for name, claim in tested.items()}
    trials = {name: _trial(claim, measured[name], unfinished) for name, claim in tested.items()}
    corrected = _corrected(list(trials.values()))
    # With more seeds all take part but those of pairs that are all equal.
    deciding = sum(bool(trial.baseline.pairs.dropna().any()) for trial in trials.values())
    found = {
        name: _found(tested[name], measured[name], trial, holm, deciding, reasons)
        for (name, trial), holm in zip(trials.items(), corrected, strict=True)
    }
    rows = [
        _stated(name, claim)
        | {"setting_differs": _differs(claim, measured.get(name), params)}
        | found.get(name, _UNTESTED | {"reason": untested.get(name)})
        for name, claim in claims.items()
    ]
    return pd.DataFrame(rows, columns=list(_DTYPES)).astype(_DTYPES)


def by_setting(
    claims: Mapping[str, Claim], frame: pd.DataFrame, protocols: Protocols
) -> list[dict[str, Any]]:
    """The oriented effect of each tested claim within each setting, against baseline and control."""
    keys = setting(frame)
    return [
        {"claim": name, **dict(zip(keys, key, strict=True)), "opponent": opponent}
        | _stated_effect(compare(claim, opponent, runs))
        for name, claim in claims.items()
        if not why_untested(claim, frame, protocols)
        for key, runs in runs_tested(claim, frame, protocols).groupby(keys, sort=False)
        for opponent in (claim.baseline, claim.control)
        if opponent and settings_compared(runs, claim.method, opponent)
    ]


def _stated_effect(found: Comparison) -> dict[str, Any]:
    return {"mean": found.mean, "low": found.low, "high": found.high} | counted(found.effect)


def _corrected(trials: Sequence[Trial]) -> list[Corrected]:
    ways = [
        holm_of_family([p for p, _ in tests], [least for _, least in tests])
        for tests in (
            [(trial.p_for, trial.least_for) for trial in trials],
            [(trial.p_against, trial.baseline.least) for trial in trials],
            [(trial.p_shared, trial.least_shared) for trial in trials],
        )
    ]
    return [Corrected(*each) for each in zip(*ways, strict=True)]


def why_untested(claim: Question, frame: pd.DataFrame, protocols: Protocols) -> str | None:
    """Why the matrix has nothing to say about the claim; None if it has."""
    if _with_column(claim, frame, protocols).empty:
        return f"no run has a column {claim.metric}"
    named = {claim.method: None, claim.baseline: None, claim.control: None}
    trained = frame[frame["outcome"] != NOT_TRAINED]
    for why, runs in (("not in the grid", frame), ("not trained yet", trained)):
        if absent := [method for method in named if method and method not in set(runs["method"])]:
            return f"{why}: {', '.join(absent)}"
    if _on_datasets(claim, frame, protocols).empty:
        return f"{claim.method} and {claim.baseline} share no dataset and architecture"
    if runs_tested(claim, frame, protocols).empty:
        return (
            f"in no setting did {claim.method} or {claim.baseline} learn enough, which is half way from the "
            "untrained generator to real data; raise generator_steps"
        )
    return None


def runs_tested(claim: Question, frame: pd.DataFrame, protocols: Protocols) -> pd.DataFrame:
    """The runs that test the claim: where its column was measured and, of a score, something was learned."""
    runs = _on_datasets(claim, frame, protocols)
    if claim.metric in (*COSTS, DIVERGED):
        return runs
    return teaching(runs, [claim.method, claim.baseline])


def _on_datasets(claim: Question, frame: pd.DataFrame, protocols: Protocols) -> pd.DataFrame:
    """The runs on these datasets, in settings in which the claim's methods meet."""
    return compared(_with_column(claim, frame, protocols), claim.method, claim.baseline)


def _with_column(claim: Question, frame: pd.DataFrame, protocols: Protocols) -> pd.DataFrame:
    """The runs on the datasets on which the claim's column was measured; costs and outcome are of all."""
    everywhere = claim.metric in (*COSTS, DIVERGED)
    datasets = [name for name, columns in protocols.items() if everywhere or claim.metric in columns]
    frame = frame[frame["dataset"].isin(datasets)]
    if claim.variants is not None and VARIANT in frame:
        frame = frame[frame[VARIANT].isin(claim.variants or [""])]
    return frame


def _differs(claim: Claim, runs: pd.DataFrame | None, params: Params | None) -> str:
    """In what a tested claim's setting is not the paper's; empty where there is nothing to compare."""
    if runs is None or params is None:
        return ""
    subjects = runs[runs["method"].isin([claim.method, claim.baseline])]
    settings = subjects[setting(subjects)].drop_duplicates().itertuples(index=False, name=None)
    return differences(claim, params, list(settings))


def _trial(claim: Claim, frame: pd.DataFrame, unfinished: Collection[str]) -> Trial:
    baseline = compare(claim, claim.baseline, frame)
    control = shared = None
    if claim.control:
        control = compare(claim, claim.control, frame, bound=0.0)
        shared = compare(claim.model_copy(update={"method": claim.control}), claim.baseline, frame)
    runs = frame[frame["method"].isin([claim.method, claim.baseline, claim.control])].drop_duplicates("run")
    without = observed(runs, claim.metric).isna()
    if late := int((without & _awaited(claim, runs, unfinished)).sum()):
        why = f"{late} of the {len(runs)} runs that it compares {'is' if late == 1 else 'are'} not finished"
        baseline = baseline.without_tests(why, least=0.0)
    return Trial(baseline, control, shared, at_most=claim.at_most is not None)


def _awaited(claim: Claim, runs: pd.DataFrame, unfinished: Collection[str]) -> "pd.Series[bool]":
    """Which runs are still to be trained or measured; attacks from others are tried seed by seed."""
    awaited = runs["run"].isin(list(unfinished))
    if claim.metric == RECEIVED:
        awaited |= runs["dataset"].str.cat(runs["seed"].astype(str), sep="-").isin(list(unfinished))
    return awaited


def _stated(name: str, claim: Claim) -> dict[str, Any]:
    """What params.yaml says; `smallest_effect` holds the bound of either kind."""
    return {
        "claim": name,
        **claim.model_dump(exclude={"effect", "paper", "setting"}),
        "paper": claim.paper.label,
        "paper_setting": described(claim.setting),
        "effect_kind": claim.effect,
        "smallest_effect": claim.bound,
    }


def _found(
    claim: Claim,
    frame: pd.DataFrame,
    trial: Trial,
    corrected: Corrected,
    deciding: int,
    reasons: Mapping[tuple[str, str], str],
) -> dict[str, Any]:
    verdict: Verdict = decide(trial, corrected)
    effect, scale = trial.baseline.effect, trial.baseline.scale
    limit = scale.bound(claim.bound)
    # Counts have no deviation to be in units of.
    size = EffectSize(None, None, None) if trial.baseline.counts else effect_size(effect)
    holding = [mean < limit if trial.at_most else mean > limit for mean in effect.means]
    return {
        "verdict": verdict.outcome,
        "reason": verdict.reason,
        "scope": _scope(claim.method, trial.baseline),
        "effect": trial.baseline.mean,
        "low": trial.baseline.low,
        "high": trial.baseline.high,
        **_counts(effect),
        "settings": effect.settings,
        "settings_holding": sum(holding),
        **_p_values(trial, corrected),
        "effect_size": size.g,
        "effect_size_low": size.low,
        "effect_size_high": size.high,
        **_of_control(trial.control),
        "seeds_needed": (
            seeds_needed(trial, limit, LEVEL / max(1, deciding))
            if verdict.outcome == "inconclusive"
            else None
        ),
        "lost_runs": _lost(frame, claim, reasons),
        "far_runs": "" if trial.baseline.counts else "; ".join(far_runs(claim, frame)),
    }


def _p_values(trial: Trial, corrected: Corrected) -> dict[str, float | None]:
    if trial.baseline.obstacle:
        return {}
    found: dict[str, float | None] = {
        "p_value": trial.p_for,
        "p_holm": corrected.p_for,
        "p_contradicted": trial.p_against,
        "p_contradicted_holm": corrected.p_against,
    }
    return found | ({"p_shared": trial.p_shared, "p_shared_holm": corrected.p_shared} if trial.shared else {})


def _counts(effect: Effect) -> dict[str, Any]:
    paired = effect.design == "paired"
    return {
        "design": effect.design,
        "pairs": effect.runs[0] if paired else 0,
        "missing_pairs": effect.missing if paired else 0,
        "method_runs": effect.runs[0],
        "baseline_runs": effect.runs[1],
    }


def _of_control(control: Comparison | None) -> dict[str, Any]:
    if control is None:
        return {"control_pairs": 0, "control_runs": 0}
    return {
        "control_effect": control.mean,
        "control_low": control.low,
        "control_high": control.high,
        "control_design": control.design,
        "control_pairs": control.effect.runs[0] if control.design == "paired" else 0,
        "control_runs": control.effect.runs[1],
        "control_p_value": None if control.obstacle else control.p_for,
    }


def _scope(method: str, comparison: Comparison) -> str:
    """What an effect rests on: `digits x conventional, digits x resnet_sn; seeds 0, 1, 2`.

    Without pairs `digits x conventional; 14 runs of dat and 10 of gan, unpaired`.
    """
    places: dict[str, None] = {}
    seeds: set[int] = set()
    for *where, seed in comparison.pairs.dropna().index:
        if tuple(where[:2]) in comparison.effect.places:
            places[f"{where[0]} x {place(*where[1:])}"] = None
            seeds.add(seed)
    if not places:
        return ""
    if comparison.design == "unpaired":
        own, others = comparison.effect.runs
        runs = f"{own} run{'s' if own > 1 else ''} of {method} and {others} of {comparison.opponent}"
        return f"{', '.join(places)}; {runs}, unpaired"
    return f"{', '.join(places)}; seed{'s' if len(seeds) > 1 else ''} {', '.join(map(str, sorted(seeds)))}"


def _lost(frame: pd.DataFrame, claim: Claim, reasons: Mapping[tuple[str, str], str]) -> str:
    """`run (diverged at step 40: non_finite_loss); ...` for every run that should have had a value."""
    runs = frame[frame["method"].isin([claim.method, claim.baseline, claim.control])].drop_duplicates("run")
    if claim.metric == DIVERGED:
        without = runs[runs["outcome"] != "completed"]
    else:
        known = runs[claim.metric]
        without = runs[(runs["outcome"] != "completed") | known.isna() | (known.abs() == math.inf)]
    return "; ".join(
        f"{row['run']} ({_reason(row, claim.metric, reasons)})" for row in without.to_dict("records")
    )


def _reason(row: dict[Any, Any], metric: str, reasons: Mapping[tuple[str, str], str]) -> str:
    if row["outcome"] != "completed":
        return outcome(row)
    if pd.isna(row[metric]):
        return reasons.get((row["run"], metric)) or "no value"
    return "beyond the end of training"
