"""Names become folders, wildcards and shell words: only plain ones are let in, the others in one line."""

import json

import pytest

from ganmatrix.errors import UserError
from ganmatrix.params import load

BAD = [
    "x;touch P;#",
    "$(touch P)",
    "`touch P`",
    "a b",
    "a-b",
    "a.b",
    "a/b",
    "..",
    ".",
    "/",
    "~",
    "{x}",
    "a\\b",
    "A",
    "abc\n",
    "a\nb",
    "abc\r",
    "abc ",
    " abc",
    "a\tb",
    "a\x00b",
    "a\x1b[31m",
    "a\u200b",
    "g\u0430n",
    "\uff47an",
    "gan\u0301",
    "\u00e9",
    "\u0661",
    "\U0001d5c0",
    "\u202egan",
    "",
]
KEYS = {
    "datasets": ("  photos: {", "  {name}: {"),
    "architectures": ("  resnet_sn:\n    kind", "  {name}:\n    kind"),
    "methods": ("  dat: {", "  {name}: {"),
    "recipes": ("  digits: *short", "  {name}: *short"),
    "claims": ("claims: {}", "claims: {{name}: 1}"),
    "recipes.ring8.by_architecture": (
        "    snapshots: [10]",
        "    snapshots: [10]\n    by_architecture: {{name}: {}}",
    ),
}
ITEMS = {
    "grid.datasets[1]": ("[ring8, digits]", "[ring8, {name}]"),
    "grid.architectures[1]": ("[conventional, resnet_sn]", "[conventional, {name}]"),
    "grid.methods[3]": ("dat, fargan]", "dat, {name}]"),
}


def _refused(project, edit: tuple[str, str], name: str) -> str:
    old, new = edit
    path = project(
        (old, new.replace("{name}", json.dumps(name, ensure_ascii="\x00" in name or "\x1b" in name)))
    )
    with pytest.raises(UserError) as error:
        load(path)
    line = str(error.value).removeprefix(f"{path}: ")
    assert line.isascii()
    assert line.isprintable()
    assert len(line) < 250
    return line


@pytest.mark.parametrize("place", KEYS | ITEMS)
def test_ill_formed_names(place, project):
    for name in BAD:
        line = _refused(project, (KEYS | ITEMS)[place], name)
        assert line.startswith(f"{place}: the name "), name
        assert " is ill-formed; names match [a-z0-9_]+, such as " in line, name


@pytest.mark.parametrize("place", KEYS | ITEMS)
def test_long_names(place, project):
    for length in (61, 101, 256, 1000) if place in KEYS else (61, 5000):  # YAML has no longer keys
        line = _refused(project, (KEYS | ITEMS)[place], "n" * length)
        problem = f"the name '{'n' * 56}... has {length} characters; expected at most 60"
        assert line.startswith(f"{place}: {problem}")


@pytest.mark.parametrize("place", KEYS)
def test_names_that_yaml_takes_for_something_else(place, project):
    old, new = KEYS[place]
    for name in ("8", "1.5", "true", "null", "~", "0x10"):
        path = project((old, new.replace("{name}", name)))
        with pytest.raises(UserError, match=r": the name \S+ is no text; put it in quotes"):
            load(path)
