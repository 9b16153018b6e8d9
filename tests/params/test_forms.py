"""Whatever stands in place of any value or key of a document, the answer is a line."""

import json
from pathlib import Path

import pytest

from ganmatrix.errors import UserError
from ganmatrix.params import load
from ganmatrix.params.consistency import inconsistencies
from ganmatrix.params.messages import explain
from ganmatrix.params.params import Params
from ganmatrix.params.plain_yaml import parse

ROOT = Path(__file__).parents[2]
MD5 = "0" * 32
ODD = [
    *(None, [], {}, "", 0, -1, 1.5, True, "x", float("nan"), float("inf"), 1e300, 10**40, "a\0b", "a" * 5000),
    *([None], [[]], [{}], [0, 0], {"a": None}, {"a": {"b": 1}}, {None: 1}, {1: 1}, {"": 1}, {"\n": 1}),
    *({"kind": None}, {"kind": []}, {"kind": {}}, {"kind": "x"}, [{"kind": "r1"}], {"kind": "cifar10"}),
    *({"path": "x"}, {"md5": MD5}, {"path": "x", "md5": None}, {"path": None, "md5": MD5}),
]
ODD_KEYS = [None, 1, 1.5, True, "", "A", "a\nb", "unknown", "k" * 5000]


def _problem(document: object) -> str | None:
    try:
        params = Params.model_validate(document)
    except ValueError as error:
        return explain(error, Params)[0]
    return next(inconsistencies(params), None)


def _places(value: object, path: tuple = ()):
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, below in items:
        yield from _places(below, (*path, key))


def _parent(document, path):
    for key in path[:-1]:
        document = document[key]
    return document


@pytest.mark.parametrize("name", ["tests/small.yaml", "pipeline/scales/smoke.yaml"])
def test_any_value_and_key_may_be_anything(name):
    document = parse((ROOT / name).read_text())
    assert _problem(document) is None
    for place in [place for place in _places(document) if place]:
        parent, key = _parent(document, place), place[-1]
        value = parent[key]
        for odd in ODD:
            parent[key] = odd
            _check(_problem(document), place, odd)
        parent[key] = value
        for odd in ODD_KEYS if isinstance(parent, dict) else ():
            parent[odd] = parent.pop(key)
            _check(_problem(document), place, odd)
            parent[key] = parent.pop(odd)
    assert _problem(document) is None


def _check(line: str | None, *what: object) -> None:
    assert line is None or (line.isprintable() and 5 < len(line) < 4000), what


ARCHIVES = [(kind, "archive") for kind in ("cifar10", "cifar100", "stl10", "celeba", "lsun_bedroom")]
ARCHIVES.append(("celeba", "partition"))
COPIES = [
    ({}, "path is missing; add it (from the project's folder, or absolute)"),
    ({"path": "x"}, "md5 is missing; add it (32 hex digits, in lower case)"),
    ({"md5": MD5}, "path is missing; add it (from the project's folder, or absolute)"),
    ({"path": "x", "md5": None}, "md5 is null; expected text"),
    ({"path": None, "md5": MD5}, "path is null; expected text"),
    ({"path": 3, "md5": MD5}, "path is 3; expected text"),
    ({"path": "", "md5": MD5}, "path is ''; expected some text"),
    ({"path": ["x"], "md5": MD5}, "path is ['x']; expected text"),
    ({"path": {}, "md5": MD5}, "path is {}; expected text"),
    ({"path": "a\nb", "md5": MD5}, "path is 'a\\nb'; expected a path without control characters"),
    ({"path": "a\0b", "md5": MD5}, "path is 'a\\x00b'; expected a path without control characters"),
    ({"path": "~/x", "md5": MD5}, "path is '~/x'; ~ stands for no folder here; write the path out"),
    ({"path": "~", "md5": MD5}, "path is '~'; ~ stands for no folder here; write the path out"),
    ({"path": "x" * 5000, "md5": MD5}, "path has 5000 characters; expected at most 4000"),
    ({"path": "x", "md5": 0}, "md5 is 0; expected text"),
    ({"path": "x", "md5": "0" * 31}, f"md5 is '{'0' * 31}'; expected 32 hex digits, in lower case"),
    ({"path": "x", "md5": "A" * 32}, f"md5 is '{'A' * 32}'; expected 32 hex digits, in lower case"),
    ({"path": "x", "md5": MD5 + "\n"}, f"md5 is '{MD5}\\n'; expected 32 hex digits, in lower case"),
    ({"path": "x", "md5": MD5, "size": 3}, "size: unknown key; expected path, md5"),
    ({"paht": "x", "md5": MD5}, "paht: unknown key; did you mean path?"),
    ({8: "x", "path": "x", "md5": MD5}, ": the key 8 is no text; put it in quotes"),
]
NO_COPIES = [[], 3, 1.5, True, "x.tar.gz", [{"path": "x", "md5": MD5}]]


@pytest.mark.parametrize(("kind", "section"), ARCHIVES)
def test_sections_of_archives(kind, section, project):
    for odd, line in [*COPIES, *((odd, None) for odd in NO_COPIES)]:
        mine = {"kind": kind, "resolution": 32, section: odd}
        key = f"datasets.mine.{section}"
        text = f"mine: {json.dumps(mine)}" if not (isinstance(odd, dict) and 8 in odd) else _with_number(mine)
        found = _refused(project(("datasets:\n", f"datasets:\n  {text}\n")))
        if line is None:
            assert found.startswith(f"{key} is ")
            assert found.endswith("; expected a mapping")
        else:
            assert found.startswith(f"{key}{line}" if line.startswith(":") else f"{key}.{line}")


def _with_number(mine) -> str:
    return f"mine: {json.dumps(mine)}".replace('"8"', "8")


def _refused(path: Path) -> str:
    with pytest.raises(UserError) as error:
        load(path)
    line = str(error.value).removeprefix(f"{path}: ")
    assert line.isprintable()
    return line


@pytest.mark.parametrize(("kind", "section"), ARCHIVES)
def test_an_archive_may_be_left_to_the_usual_place(kind, section, project):
    for text in (f"{{kind: {kind}, resolution: 32}}", f"{{kind: {kind}, resolution: 32, {section}: null}}"):
        params, _ = load(project(("datasets:\n", f"datasets:\n  mine: {text}\n")))
        assert getattr(params.datasets["mine"], section) is None


@pytest.mark.parametrize("path", ["../a.tar.gz", "/data/a.tar.gz", "a/../b", "./~/a", "a~b", "C:a", "a b"])
def test_paths_may_lie_anywhere(path, project):
    copy_of = json.dumps({"path": path, "md5": MD5})
    made = load(project(("datasets:\n", f"datasets:\n  mine: {{kind: cifar10, archive: {copy_of}}}\n")))
    assert made[0].datasets["mine"].archive.path == path
