"""What every error must have: the key or file at fault, and what to do; the words between are free."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from ganmatrix.errors import UserError


def refused(call: Callable[[], Any], *, key: str, mend: str) -> str:
    """The one line by which a call is refused; it begins with the key or file."""
    with pytest.raises(UserError) as error:
        call()
    return names(str(error.value), key=key, mend=mend)


def names(line: str, *, key: str, mend: str) -> str:
    """The same of a line that was printed."""
    assert line.isprintable()
    found = re.match(rf"(error: )?{re.escape(key)}(?!\w|\[|\.\w|/)", line)
    assert found, f"{key} does not stand at the head of: {line}"
    assert mend in line[found.end() :], f"{mend} is not said in: {line}"
    return line
