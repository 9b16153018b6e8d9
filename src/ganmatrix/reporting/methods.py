"""What each method is, the command that compares them, and the caveats that every report must carry."""

from html import escape

from ganmatrix.columns import column
from ganmatrix.reporting.evidence import Evidence
from ganmatrix.reporting.fragments import Fragment, bullets, table


def methods(evidence: Evidence) -> Fragment:
    """The methods of the grid: name, kind, loss, techniques, and what these are."""
    rows, ideas = [], evidence.summary["ideas"]
    for row in evidence.trained.drop_duplicates("method").to_dict("records"):
        techniques = row["techniques"].split()
        words = [ideas.get(kind, "-") for kind in (row["method_kind"], *techniques)]
        names = [name.replace("_", " ") for name in (row["loss"] or "-", ", ".join(techniques) or "-")]
        rows.append([row["method"], row["method_kind"], *names, " ".join(words)])
    return table("Methods under test", ["Method", "Kind", "Loss", "Techniques", "Idea"], rows)


def command(evidence: Evidence) -> Fragment:
    """The command that makes all of this, from the params file that it was made from."""
    return Fragment(f"<pre><code>{escape(evidence.layout.all_command)}</code></pre>")


def caveats(evidence: Evidence) -> Fragment:
    """What a reader must know before quoting a number."""
    n = len(evidence.summary["grid"]["seed"])
    notes = [
        f"Intervals are 95% Student-t intervals over {n} seed{'' if n == 1 else 's'}, or over pairs of "
        "runs for claims. With few seeds they are wide, and an interval that includes zero is no proof "
        "of equality.",
        "Verdicts are corrected for the number of claims, other comparisons for the methods and settings of "
        "their score (Holm). Nothing corrects over scores: of many, expect some to differ by chance.",
    ]
    extractors = {column(name).extractor for d in evidence.datasets for name in evidence.columns(d)}
    if extractors - {None, "inception"}:
        notes.append(
            "Image scores use other features than the published ones do (see the protocols); they compare "
            "methods within this matrix and must not be set beside published FIDs."
        )
    if "fargan" in set(evidence.matrix["method_kind"]):
        notes.append(
            "FARGAN follows the text of its paper; no code was published, and its tables could not be read. "
            "docs/methods.md says what is a choice of ours."
        )
    return bullets(notes)
