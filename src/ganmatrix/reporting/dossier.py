"""Everything that speaks for or against each claim, a section a claim."""

from ganmatrix.reporting.cases import Case, cases
from ganmatrix.reporting.evidence import Evidence
from ganmatrix.reporting.floors import in_words
from ganmatrix.reporting.forest import forest
from ganmatrix.reporting.fragments import Fragment, box, bullets, definitions, details, join, text
from ganmatrix.reporting.headline import counted
from ganmatrix.reporting.numbers import CUT, CUT_NOTE, plain

NONE = "params.yaml lists no claims, so there is nothing to adjudicate."


def dossiers(evidence: Evidence) -> Fragment:
    """A section a claim: sentence, verdict, figure, and what it rests on."""
    found = cases(evidence)
    return join(_dossier(evidence, case) for case in found) if found else text("p", NONE, "note")


def _dossier(evidence: Evidence, case: Case) -> Fragment:
    quote = text(
        "blockquote", f"\N{LEFT DOUBLE QUOTATION MARK}{case['quote']}\N{RIGHT DOUBLE QUOTATION MARK}"
    )
    source = text("p", f"{case['paper']}: {case['source']}, {case['where']} ({case['claim']})", "note")
    head = [text("h2", case["sentence"]), quote, source]
    verdict = Fragment(
        f"<p>{case.badge.html} {text('span', f'{_sentence(case)}.').html} {_elsewhere(case).html}</p>"
    )
    figure = forest(evidence, case)
    facts = box([definitions([*_facts(case), *_scale(evidence, case)])], "facts")
    blocks = [*head, verdict, box([figure, facts], "evidence"), *_far(case), *_lost(case)]
    content = join(blocks).html
    note = text("p", CUT_NOTE, "note").html if CUT in content else ""
    return Fragment(f'<section id="{case.anchor}">\n{content}\n{note}</section>')


def _sentence(case: Case) -> str:
    """The reason with a capital letter."""
    reason = str(case["reason"])
    return reason[0].upper() + reason[1:]


def _elsewhere(case: Case) -> Fragment:
    """What of the paper's setting is otherwise here: a verdict must not be read without it."""
    if case["verdict"] == "not tested":
        return text("span", "")
    if differs := case["setting_differs"]:
        return text("strong", f"Not the paper's setting: {differs}.")
    return text("span", "Nothing of the paper's setting that is on record differs here.")


def _facts(case: Case) -> list[tuple[str, str]]:
    measure = case.measured.measure
    opponent = f"{case['method']} against {case['baseline']}, its baseline"
    control = f", and against {case['control']}, which lacks the idea" if case["control"] else ""
    facts = [
        ("The paper's setting", case["paper_setting"]),
        ("Measured", f"{case.measured.title}; {case['direction']} is claimed\n{case['metric']}"),
        ("Why this", measure.explanation),
        ("Compared", f"{opponent}{control}; {case.bound}"),
    ]
    if case["verdict"] == "not tested":
        return facts
    facts.append(("Effect", case.effect()))
    if case["control"]:
        facts.append(("Beyond its control", case.effect("control_")))
    facts += [
        ("How surely", _surely(case)),
        ("Where", _where(case)),
        ("What would decide", _decides(case)),
    ]
    return facts


def _scale(evidence: Evidence, case: Case) -> list[tuple[str, str]]:
    """What the score is before training, of unseen reals and of noise, setting by setting."""
    found = {
        setting: in_words(evidence.summary, setting.dataset, case.measured, setting.architecture)
        for setting in evidence.settings
    }
    lines = [f"{setting}: {words}" for setting, words in found.items() if words]
    return [("For scale", "\n".join(["the score itself", *lines]))] if lines else []


def _surely(case: Case) -> str:
    if case["p_value"] is None:
        return "no test is possible"
    size = case["effect_size"]
    sized = "" if size is None else f"\nHedges' g {_ranged(case, 'effect_size')} over seeds"
    return (
        f"If the claim were false, data that favour it so much would come with {_p(case['p_value'])}; "
        f"corrected for the number of claims: {_p(case['p_holm'])}. If it were true, data so much against it "
        f"would come with {_p(case['p_contradicted'])}; corrected: {_p(case['p_contradicted_holm'])}. "
        f"A corrected p of at most 0.025 decides.{sized}"
    )


def _ranged(case: Case, key: str) -> str:
    mean, low, high = (case[f"{key}{end}"] for end in ("", "_low", "_high"))
    return f"{plain(mean)} [{plain(low)}, {plain(high)}]"


def _where(case: Case) -> str:
    if not case["scope"]:
        return "nowhere: no pair has both values"
    return f"{case['scope']}\n{_holding(case['settings_holding'], case['settings'])}"


def _holding(holding: int, settings: int) -> str:
    if settings == 1:
        return f"the mean {'agrees' if holding else 'does not agree'} with the claim"
    return f"the means of {holding} of {settings} settings agree with the claim"


def _decides(case: Case) -> str:
    if case["verdict"] != "inconclusive":
        return "It is decided for these settings; others may differ."
    if (seeds := case["seeds_needed"]) is not None:
        return (
            f"About {seeds:,.0f} seeds in each setting would decide it in 4 of 5 cases, if means and spread "
            "stay as they are. Few seeds know their spread badly: a rough guide."
        )
    if case.counts:
        return "How many runs it would take is not worked out for counts of those that diverged."
    return f"How many seeds it would take cannot be said: {case['reason']}."


def _far(case: Case) -> list[Fragment]:
    """A warning if some runs lie far from all others of their kind, and which."""
    runs = case["far_runs"].split("; ") if case["far_runs"] else []
    if not runs:
        return []
    lie = "run lies" if len(runs) == 1 else "runs lie"
    said = (
        f"{len(runs)} {lie} far from the others of the same setting and method: look there first. "
        "If one run in ten goes bad by chance, more than 2.5% of verdicts are wrong (docs/verdict_rule.md)."
    )
    return [
        text("p", said, "note"),
        details(f"{counted(len(runs), 'run')} far from the others", bullets(runs)),
    ]


def _lost(case: Case) -> list[Fragment]:
    """The runs without a value, on demand; where divergence is the value, those that diverged."""
    runs = case["lost_runs"].split("; ") if case["lost_runs"] else []
    diverged = [run for run in runs if case.counts and "(diverged" in run]
    kinds = {"that diverged": diverged, "without a value": [run for run in runs if run not in diverged]}
    return [
        details(f"{counted(len(named), 'run')} {kind}", bullets(named))
        for kind, named in kinds.items()
        if named
    ]


def _p(value: float) -> str:
    return "p < 0.001" if value < 0.001 else f"p = {value:.3f}"
