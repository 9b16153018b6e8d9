"""D on images that are corrupted as Hendrycks and Dietterich 2019 do: by noise, blur, light, and storage."""

import numpy as np
import torch

from ganmatrix.entry import Entry
from ganmatrix.probes.common_corruptions import CORRUPTIONS, corrupt
from ganmatrix.probes.curve import curve_columns, discrimination
from ganmatrix.probes.subject import Probe, Subject

COLUMNS = (*curve_columns("corruptions"), *(f"corruption_{kind}_auroc" for kind in CORRUPTIONS))


def _measure(subject: Subject) -> dict[str, Entry]:
    """Reals and fakes corrupted alike; the value is the mean over severities, and over kinds in two."""
    device = subject.stream.device
    seed = int(torch.randint(2**63 - 1, (1,), generator=subject.stream, device=device))
    severities = subject.params.corruption_severities
    found = np.array([[_discrimination(subject, kind, s, seed) for s in severities] for kind in CORRUPTIONS])
    accuracies, aurocs = found[:, :, 0], found[:, :, 1]
    curves = (accuracies.mean(axis=0), aurocs.mean(axis=0), *aurocs)
    protocol = subject.protocol | {"levels": "CIFAR-10-C"}
    return {
        column: {
            "value": float(curve.mean()),
            "curve": {"axis": "severity", "at": [*map(float, severities)], "value": curve.tolist()},
            "protocol": protocol,
        }
        for column, curve in zip(COLUMNS, curves, strict=True)
    }


def _discrimination(subject: Subject, kind: str, severity: int, seed: int) -> tuple[float, ...]:
    """Whatever the other kinds draw, this one draws the same."""
    rng = np.random.default_rng([seed, severity])
    reals, fakes = (corrupt(side, kind, severity, rng) for side in (subject.reals, subject.fakes))
    return discrimination(subject, reals, fakes)


PROBE = Probe(
    columns=COLUMNS,
    measure=_measure,
    lacking_on_points="corruptions are for images: points have no pixels",
)
