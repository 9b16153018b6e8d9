"""Rows of dots, a row a method: where each seed ended, and when it got there."""

from matplotlib.axes import Axes

from ganmatrix.columns import Column, leading, ordered
from ganmatrix.reporting.drawing import COLOURS, embed
from ganmatrix.reporting.evidence import Evidence, Setting
from ganmatrix.reporting.fragments import Fragment, text
from ganmatrix.reporting.headline import counted
from ganmatrix.reporting.numbers import number, plain
from ganmatrix.reporting.panels import legend, rows, state
from ganmatrix.reporting.seeds import span

SEED, MEAN, CENSORED = COLOURS[0], "#000000", COLOURS[1]


def final_scores(evidence: Evidence, setting: Setting) -> Fragment:
    """The leading score of every seed, with their mean."""
    measured = leading(evidence.columns(setting.dataset))
    return _final(evidence, setting, measured) if measured else text("p", f"No scores on {setting}.", "note")


def targets(evidence: Evidence, setting: Setting) -> list[Fragment]:
    """The step at which each seed reached a target, a figure a target; others stand at the end, as `> N`."""
    columns = [c for c in ordered(evidence.columns(setting.dataset)) if c.key.startswith("steps_to_")]
    return [_target(evidence, setting, measured) for measured in columns]


def _final(evidence: Evidence, setting: Setting, measured: Column) -> Fragment:
    measure = measured.measure
    scale = 100 if measure.percent else 1
    unit = "%" if measure.percent else measure.unit
    figure, axes = rows(evidence.methods, f"{measure.title}{f', {unit}' if unit else ''}", entries=2)
    spreads: dict[str, float] = {}
    for row, method in enumerate(evidence.methods):
        known = evidence.values(setting, method, measured.name).dropna()
        _dots(axes, [scale * value for value in known], row)
        group = evidence.groups(setting, measured.name).get(method)
        if group is None or group["mean"] is None:
            _absent(axes, row, "no value")
            continue
        axes.plot(
            [scale * group["mean"]] * 2, [row - 0.3, row + 0.3], color=MEAN, linewidth=1.8, label="mean"
        )
        if group["sd"] is not None:
            spreads[method] = group["sd"]
    legend(figure)
    finding = f"{setting}: one seed a method has no spread"
    if len(spreads) == 1:
        ((method, sd),) = spreads.items()
        finding = f"{setting}: only {method} has a spread (sd {number(sd, measure)})"
    elif spreads and len(set(spreads.values())) == 1:
        finding = f"{setting}: seeds differ alike with every method"
    elif spreads:
        widest, tightest = (pick(spreads, key=lambda m: spreads[m]) for pick in (max, min))
        finding = (
            f"{setting}: seeds differ most with {widest} (sd {number(spreads[widest], measure)}), "
            f"least with {tightest} ({number(spreads[tightest], measure)})"
        )
    state(figure, finding)
    caption = f"{measured.title}, {measure.better} is better; {_counted(evidence, setting, measured)}."
    return embed(figure, f"{finding}. {caption}", caption)


def _target(evidence: Evidence, setting: Setting, measured: Column) -> Fragment:
    score = measured.title.removeprefix("Steps to the target of ")
    if evidence.of(setting)[measured.name].isna().all():
        return text("p", f"{setting}: no run is known to have reached the target of {score}.", "note")
    figure, axes = rows(evidence.methods, "generator steps to the target", entries=2)
    missed, means = 0, {}
    for row, method in enumerate(evidence.methods):
        steps = evidence.values(setting, method, measured.name)
        _dots(axes, list(steps.dropna()), row)
        beyond = evidence.beyond(setting, method, measured.name)
        if len(beyond):
            missed += len(beyond)
            axes.plot(
                list(beyond),
                [row] * len(beyond),
                ">",
                color=CENSORED,
                mfc="white",
                label="not reached by then",
            )
            axes.annotate(
                f"> {beyond.max():,.0f}: {len(beyond)} of {len(steps)}",
                (beyond.max(), row),
                xytext=(7, 0),
                textcoords="offset points",
                va="center",
                fontsize=8,
                color=CENSORED,
            )
        elif steps.isna().all():
            _absent(axes, row, "no value")
        elif steps.notna().sum() == evidence.planned(setting, method):
            means[method] = float(steps.mean())
    legend(figure)
    axes.set_xlim(0, (1.55 if missed else 1.06) * axes.get_xlim()[1])
    finding = f"{setting}, {score}: no method reaches it with every seed"
    if means:
        first = min(means, key=lambda method: means[method])
        finding = f"{setting}, {score}: {first} is first, after {plain(means[first])} steps on average"
    if missed:
        finding += f"; {counted(missed, 'run')} never"
    state(figure, finding)
    share = evidence.summary["protocols"][setting.dataset][measured.name]["target"]
    target = f"{score} at {100 * share:g}% of the untrained generator's"
    caption = f"Target: {target}; {_counted(evidence, setting, measured)}."
    return embed(figure, f"{finding}. {caption}", caption)


def _dots(axes: Axes, values: list[float], row: int) -> None:
    axes.plot(values, [row] * len(values), "o", color=SEED, alpha=0.6, markersize=6, label="a seed")


def _absent(axes: Axes, row: int, why: str) -> None:
    """A row that has nothing to show says so at its start."""
    axes.annotate(
        why,
        (0, row),
        xycoords=("axes fraction", "data"),
        xytext=(4, 0),
        textcoords="offset points",
        va="center",
        fontsize=8,
        color="#57606a",
    )


def _counted(evidence: Evidence, setting: Setting, measured: Column) -> str:
    """`n = 2 to 3 seeds a method; 1 run diverged; 1 value missing`."""
    runs = evidence.of(setting)
    lost = runs.loc[runs["outcome"] != "completed", "outcome"].value_counts(sort=False)
    counts, missing = [], 0
    for method in evidence.methods:
        values = evidence.values(setting, method, measured.name)
        known = int(values.notna().sum()) + len(evidence.beyond(setting, method, measured.name))
        counts.append(known)
        missing += len(values) - known
    n = span(counts)
    return "; ".join(
        [
            f"n = {n} seed{'' if n == '1' else 's'} a method",
            *(f"{counted(count, 'run')} {outcome}" for outcome, count in lost.items()),
            *([f"{counted(missing, 'value')} missing"] if missing else []),
        ]
    )
