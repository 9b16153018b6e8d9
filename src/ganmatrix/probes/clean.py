"""How well D tells unperturbed reals from unperturbed fakes: what any loss of robustness starts from."""

from ganmatrix.entry import Entry
from ganmatrix.probes.curve import MEASURES, curve_columns, logits
from ganmatrix.probes.subject import Probe, Subject


def _measure(subject: Subject) -> dict[str, Entry]:
    real_logits, fake_logits = (
        logits(subject.real_view, subject.reals),
        logits(subject.fake_view, subject.fakes),
    )
    return {
        f"clean_{measure}": {"value": function(real_logits, fake_logits), "protocol": subject.protocol}
        for measure, function in MEASURES.items()
    }


PROBE = Probe(columns=curve_columns("clean"), measure=_measure)
