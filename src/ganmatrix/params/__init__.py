"""The schema of params.yaml, a module a section. Never imports torch."""

from ganmatrix.params.document import check, load, schema
from ganmatrix.params.params import Params

__all__ = ["Params", "check", "load", "schema"]
