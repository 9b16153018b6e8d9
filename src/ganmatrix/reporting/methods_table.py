"""The methods under test, the command that compares them, and what to know before quoting a number."""

from html import escape

from ganmatrix.columns import column
from ganmatrix.reporting.page import Fragment, bullets, table
from ganmatrix.reporting.report_data import ReportData


def methods_table(data: ReportData) -> Fragment:
    """The methods of the grid: name, kind, loss, techniques, and what these are."""
    rows, ideas = [], data.summary["ideas"]
    for row in data.trained.drop_duplicates("method").to_dict("records"):
        techniques = row["techniques"].split()
        words = [ideas.get(kind, "-") for kind in (row["method_kind"], *techniques)]
        names = [name.replace("_", " ") for name in (row["loss"] or "-", ", ".join(techniques) or "-")]
        rows.append([row["method"], row["method_kind"], *names, " ".join(words)])
    return table("Methods under test", ["Method", "Kind", "Loss", "Techniques", "Idea"], rows)


def command(data: ReportData) -> Fragment:
    """The command that makes all of this, from the params file that it was made from."""
    return Fragment(f"<pre><code>{escape(data.layout.all_command)}</code></pre>")


def caveats(data: ReportData) -> Fragment:
    """What a reader must know before quoting a number."""
    n = len(data.summary["grid"]["seed"])
    notes = [
        f"Intervals are 95% Student-t intervals over {n} seed{'' if n == 1 else 's'}, or over pairs of "
        "runs for claims. With few seeds they are wide. An interval that includes zero does not prove that "
        "two methods are equal.",
        "Holm's correction is applied to the verdicts over all claims, and to the other comparisons over all "
        "methods and settings of one score. Nothing corrects for the number of scores: if you look at many, "
        "some will differ by chance.",
    ]
    extractors = {column(name).extractor for d in data.datasets for name in data.columns(d)}
    if extractors - {None, "inception"}:
        notes.append(
            "Image scores use other features than published scores (see the protocols). They compare methods "
            "within this matrix only. Do not compare them with published FIDs."
        )
    if "fargan" in set(data.matrix["method_kind"]):
        notes.append(
            "FARGAN is implemented from the text of its paper. No code was published, and its tables were "
            "not available to us. docs/methods.md lists our own choices."
        )
    return bullets(notes)
