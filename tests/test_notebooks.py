"""Templates of reports: their titles, what they import, and what is none."""

import json
import math

import pytest

from ganmatrix.errors import UserError
from ganmatrix.notebooks import about, imported


def _notebook(path, *sources, **metadata):
    kinds = [("code", source) for source in sources]
    cells = [{"cell_type": kind, "source": source} for kind, source in [*kinds, ("markdown", "import os (")]]
    path.write_text(json.dumps({"cells": cells, "metadata": metadata}))
    return path


def test_a_notebook_says_what_it_is_or_goes_by_its_name(tmp_path):
    path = tmp_path / "index.ipynb"
    assert about(_notebook(path, title="Answers", shows="verdicts", order=1)) == ("Answers", "verdicts", 1)
    assert about(_notebook(path)) == ("index", "", math.inf)


@pytest.mark.parametrize("order", ["first", True, None, [1]])
def test_an_order_is_a_number(order, tmp_path):
    with pytest.raises(UserError, match=r"a\.ipynb: metadata\.order is .*; expected a number"):
        about(_notebook(tmp_path / "a.ipynb", order=order))


def test_what_its_code_imports_of_this_package(tmp_path):
    lines = ["import json\n", "from ganmatrix.reporting import figures, page\n"]
    path = _notebook(tmp_path / "a.ipynb", lines, "import ganmatrix.results.claims")
    assert imported(path) == {
        "ganmatrix.reporting",
        "ganmatrix.reporting.figures",
        "ganmatrix.reporting.page",
        "ganmatrix.results.claims",
    }


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        '{"cells": 1}',
        '{"cells": [1]}',
        '{"cells": [], "metadata": null}',
        "no JSON",
        "[" * 9999,
    ],
    ids=range(8),
)
@pytest.mark.parametrize("read", [about, imported])
def test_what_is_no_notebook_is_one_line(read, text, tmp_path):
    path = tmp_path / "a.ipynb"
    path.write_text(text)
    with pytest.raises(UserError, match=r"a\.ipynb is no notebook \(.*\); mend it$"):
        read(path)


def test_one_that_cannot_be_read_or_parsed_is_named(tmp_path):
    with pytest.raises(UserError, match=r"a\.ipynb cannot be read: .*; mend"):
        about(tmp_path / "a.ipynb")
    with pytest.raises(UserError, match=r"a\.ipynb: .* in 'x = \(\\n?'; mend it$"):
        imported(_notebook(tmp_path / "a.ipynb", "x = ("))
