"""What a bundle of results holds, for the verb that writes one and the verb that checks one."""

from ganmatrix.store.layout import WEIGHTS

LEDGER, ENVIRONMENT, PARAMS = "bundle.json", "environment.json", "params.yaml"
"""The list of all files with their SHA-256, the versions of all packages, and the study."""

CITATION = "CITATION.cff"
"""Authors and licence, if the working folder states them."""

VERSION = 1


def is_included(stage: str, name: str, with_weights: bool) -> bool:
    """Whether a file of a stage is in a bundle: JSON, all of results/ and reports/, and perhaps weights."""
    if name == WEIGHTS:
        return with_weights
    return stage in ("assemble", "report") or name.endswith(".json")
