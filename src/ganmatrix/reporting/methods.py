"""What each method is, in a sentence, and the caveats that every report must carry."""

from ganmatrix.reporting.evidence import Evidence
from ganmatrix.reporting.fragments import Fragment, bullets, table
from ganmatrix.reporting.measures import column

KINDS = {
    "gan": "The plain GAN: D and G take turns on one loss.",
    "as_gan": (
        "Adversarial symmetric GAN: D takes a second step on reals that are perturbed to fool it. With a "
        "perturbation of zero it is the control: two D steps, no adversary."
    ),
    "dat": "Direct adversarial training: D trains on perturbed reals and fakes in place of clean ones.",
    "fargan": (
        "Fake-as-real GAN: some fakes are labelled real while D trains, beside a gradient penalty. A "
        "reconstruction, because its authors published no code. With a share of zero it is the control."
    ),
}


def methods(evidence: Evidence) -> Fragment:
    """The methods of the grid: name, kind, loss, idea."""
    kinds = evidence.matrix.drop_duplicates("method").to_dict("records")
    rows = [
        [
            row["method"],
            row["method_kind"],
            (row["loss"] or "-").replace("_", " "),
            KINDS.get(row["method_kind"], "-"),
        ]
        for row in kinds
    ]
    return table("Methods under test", ["Method", "Kind", "Loss", "Idea"], rows)


def caveats(evidence: Evidence) -> Fragment:
    """What a reader must know before quoting a number."""
    n = len(evidence.summary["grid"]["seed"])
    notes = [
        f"Intervals are 95% Student-t intervals over {n} seed{'' if n == 1 else 's'}, or over pairs of "
        "cells for claims. With few seeds they are wide, and an interval that includes zero is no proof "
        "of equality.",
        "Each claim is judged by itself; with many claims, expect one in twenty intervals to miss by chance.",
    ]
    extractors = {column(name).extractor for d in evidence.datasets for name in evidence.columns(d)}
    if extractors - {None, "inception"}:
        notes.append(
            "Image scores use other features than the published ones do (see the protocols); they compare "
            "methods within this matrix and must not be set beside published FIDs."
        )
    if "fargan" in set(evidence.matrix["method_kind"]):
        notes.append(
            "FARGAN is a reconstruction from its abstract: no code was published. Verdicts on it are "
            "about the reconstruction."
        )
    return bullets(notes)
