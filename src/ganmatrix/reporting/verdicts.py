"""What is missing from the matrix, and why; how the claims fared, at a glance."""

from ganmatrix.reporting.cases import Case, cases
from ganmatrix.reporting.dossier import NONE
from ganmatrix.reporting.evidence import Evidence
from ganmatrix.reporting.fragments import Fragment, box, bullets, details, footnoted, table, text
from ganmatrix.reporting.headline import counted
from ganmatrix.reporting.numbers import CUT, CUT_NOTE

PAGE = "claims.html"


def glance(evidence: Evidence) -> Fragment:
    """A line a claim: verdict, sentence, effect; its evidence is a click away."""
    found = cases(evidence)
    if not found:
        return text("p", NONE, "note")
    content = table("Every claim; positive effects are as claimed", _HEADER, map(_line, found), "claims")
    return footnoted(content, CUT, CUT_NOTE)


_HEADER = ["Claim", "Verdict", "Effect", "Beyond its control"]


def _line(case: Case) -> list[str | Fragment]:
    sentence = Fragment(f'<a href="{PAGE}#{case.anchor}">{text("span", case["sentence"]).html}</a>')
    quote = text("small", f"\N{LEFT DOUBLE QUOTATION MARK}{case['quote']}\N{RIGHT DOUBLE QUOTATION MARK}")
    source = text("small", f"{case['paper']}; {case['method']} against {case['baseline']}")
    measured = text("small", f"{case.measured.title}; {case.bound}")
    elsewhere = text("small", "not in the paper's setting" if case["setting_differs"] else "")
    control = case.effect("control_") if case["control"] else "none named"
    return [
        Fragment(f"{sentence.html}{quote.html}{source.html}"),
        Fragment(f"{case.badge.html}{elsewhere.html}"),
        Fragment(f"{text('span', case.effect()).html}{measured.html}"),
        control,
    ]


def gaps(evidence: Evidence) -> Fragment:
    """One sentence on what diverged, is missing, or lies beyond the end of training."""
    summary = evidence.summary
    diverged, missing, late = (len(summary[key]) for key in ("diverged", "missing", "censored"))
    parts = [
        f"{counted(diverged, 'run')} of {summary['runs']['total']} diverged"
        if diverged
        else "no run diverged",
        f"{counted(missing, 'value')} {'is' if missing == 1 else 'are'} missing from completed ones"
        if missing
        else f"no value is missing from completed ones{_beyond(evidence)}",
    ]
    if late:
        parts.append(
            f"{counted(late, 'target')} {'was' if late == 1 else 'were'} not reached within training"
        )
    so_far = "So far " if summary["absent"] else ""
    found = f"{so_far}{', '.join(parts)}."
    return text(
        "p", f"{found[0].upper()}{found[1:]} Means are over the runs that have a value, and say of how many."
    )


def divergences(evidence: Evidence) -> Fragment:
    """Every run that diverged, and values that are missing for another reason."""
    summary = evidence.summary
    if not summary["diverged"] and not summary["missing"]:
        so_far = "So far no" if summary["absent"] else "No"
        return text(
            "p",
            f"{so_far} run diverged, and no value is missing from those that completed{_beyond(evidence)}.",
        )
    blocks = []
    if diverged := summary["diverged"]:
        sentence = (
            f"{len(diverged)} of {summary['runs']['total']} runs diverged: a loss, gradient or weight "
            "stopped being a finite number. Their scores are missing, not zero, and means are over the "
            "other seeds."
        )
        rows = [[run["run"], f"{run['step']}", _reason(run["reason"])] for run in diverged]
        blocks += [
            text("p", sentence),
            table("Diverged runs", ["Run", "At generator step", "Because"], rows),
        ]
    if missing := summary["missing"]:
        named = bullets(f"{m['run']}, {m['column']}: {m['reason'] or 'no reason given'}" for m in missing)
        blocks.append(details(f"Values missing from runs that completed: {len(missing)}", named))
    return box(blocks, "divergences")


def _beyond(evidence: Evidence) -> str:
    """In a preview values are missing that are only to come, and counted on top of the page."""
    return " beyond what is still to come" if evidence.summary["absent"] else ""


def _reason(code: str) -> str:
    """`non_finite_loss` as `non-finite loss`."""
    return code.replace("non_", "non-").replace("_", " ")
