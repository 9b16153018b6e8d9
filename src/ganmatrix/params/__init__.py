"""The schema of params.yaml, a module a section. Never imports torch."""

from ganmatrix.params.document import Params, load, schema

__all__ = ["Params", "load", "schema"]
