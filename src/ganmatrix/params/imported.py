"""`imports`: tables of results from elsewhere, which become rows of the matrix."""

from pathlib import PurePosixPath
from typing import Annotated, Any

from pydantic import Field, StringConstraints, field_validator

from ganmatrix.params.base import Section, Text
from ganmatrix.params.datasets import Place

FOLDER = "imports"
"""Below which both engines see that a file changes."""

FORMATS = (".csv", ".parquet")

SHA256 = r"^[0-9a-f]{64}$"


class Import(Section):
    """A table of scores by dataset, architecture, method and seed, a row a value (docs/imports.md)."""

    file: Place = Field(description="a .csv or .parquet file, best below imports/")
    sha256: Annotated[str, StringConstraints(pattern=SHA256)] | None = Field(
        default=None, description="the file's SHA-256 in 64 small hexadecimal digits; needed outside imports/"
    )
    source: Text = Field(description="who measured it, and where it is published: a paper, a URL, a person")
    licence: Text | None = Field(default=None, description="of the file, such as CC BY 4.0")
    paired: bool = Field(
        default=False,
        description="whether runs of one seed shared their random numbers, so that they are pairs",
    )
    protocol: Text | dict[str, Any] | None = Field(
        default=None,
        description="how values were measured whose rows do not say it: words, or a mapping of facts",
    )

    @field_validator("file")
    @classmethod
    def _is_a_table(cls, file: str) -> str:
        if PurePosixPath(file).suffix not in FORMATS:
            raise ValueError(f"expected a file whose name ends with {' or '.join(FORMATS)}")
        return file

    @property
    def is_watched(self) -> bool:
        """Whether the file lies below imports/."""
        first, *others = PurePosixPath(self.file).parts
        return first == FOLDER and bool(others) and ".." not in others
