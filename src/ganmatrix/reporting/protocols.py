"""How each column was measured: a table a dataset, equal protocols in one row."""

import json
from typing import Any

from ganmatrix.reporting.evidence import Evidence
from ganmatrix.reporting.fragments import Fragment, details, table


def protocols(evidence: Evidence, dataset: str) -> Fragment:
    """Columns that share a protocol stand together; every run on the dataset was measured so."""
    together: dict[str, list[str]] = {}
    measured: dict[str, dict[str, Any]] = evidence.summary["protocols"][dataset]
    for column, protocol in measured.items():
        together.setdefault(json.dumps(protocol, sort_keys=True), []).append(column)
    rows = [[", ".join(columns), _fields(json.loads(protocol))] for protocol, columns in together.items()]
    content = table(f"Protocols on {dataset}", ["Columns", "Measured with"], rows)
    return details(f"Protocols on {dataset} ({len(measured)} columns)", content)


def _fields(protocol: dict[str, Any]) -> str:
    return "; ".join(f"{key.replace('_', ' ')}: {_shown(value)}" for key, value in protocol.items())


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
