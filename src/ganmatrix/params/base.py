"""What all sections of params.yaml share: strict keys and types, names, fractions."""

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, StringConstraints

NAME_PATTERN = r"^[a-z0-9_]+$"
NAME_LENGTH = 60
"""A cell's folder joins three names, and most file systems allow 255 characters."""


def worded(text: str) -> str:
    """The text; ValueError unless it says something."""
    if not any(character.isalnum() for character in text):
        raise ValueError("expected some words")
    return text


Text = Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(worded)]
"""Text that is printed, so it must not be empty."""

Name = Annotated[str, StringConstraints(pattern=NAME_PATTERN, max_length=NAME_LENGTH)]


class Section(BaseModel):
    """A section of params.yaml.

    It refuses unknown keys, coercion and NaN, and cannot be changed after reading.
    """

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        allow_inf_nan=False,
        defer_build=True,  # The whole document is validated at once. Most sections are never validated alone.
    )


_FRACTION = re.compile(r"([-+]?[0-9]{1,15}) ?/ ?([0-9]{1,15})")


def fraction(value: Any) -> Any:
    """Read `1/255` as the float 1/255. Pydantic reads everything that is not text."""
    if not isinstance(value, str):
        return value
    written = _FRACTION.fullmatch(value)
    if written is None or int(written[2]) == 0:
        raise ValueError("expected a number or a fraction such as 1/255")
    return int(written[1]) / int(written[2])


Ratio = Annotated[float, BeforeValidator(fraction, json_schema_input_type=float | str)]
"""A number that may be written as a fraction, because pixel steps are 255ths."""
