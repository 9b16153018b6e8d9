"""How well D tells unperturbed reals from unperturbed fakes: what any loss of robustness starts from."""

from ganmatrix.entry import Entry
from ganmatrix.probes.discrimination import curve_columns, discrimination
from ganmatrix.probes.subject import Probe, Subject


def _measure(subject: Subject) -> dict[str, Entry]:
    values = discrimination(subject, subject.reals, subject.fakes)
    return {
        column: {"value": value, "protocol": subject.protocol}
        for column, value in zip(curve_columns("clean"), values, strict=True)
    }


PROBE = Probe(columns=curve_columns("clean"), measure=_measure)
