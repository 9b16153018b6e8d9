"""The schema of params.yaml, one module for each section. It never imports torch."""

from ganmatrix.params.document import check, load, schema
from ganmatrix.params.params import Params

__all__ = ["Params", "check", "load", "schema"]
