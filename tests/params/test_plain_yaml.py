"""Any text is read as YAML within bounds, or refused in one line."""

import subprocess
import sys
import time
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from ganmatrix.params.plain_yaml import MOST_ENTRIES, BadYaml, parse

ROOT = Path(__file__).parents[2]
SHIPPED = [
    ROOT / "params.yaml",
    ROOT / "tests/small.yaml",
    *sorted((ROOT / "pipeline/scales").glob("*.yaml")),
]


def _refused(text: str) -> str:
    with pytest.raises(BadYaml) as error:
        parse(text)
    line = str(error.value)
    assert line.isprintable()
    assert len(line) < 300
    return line


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_files_are_read_as_by_the_reference_parser(path):
    assert parse(path.read_text()) == YAML(typ="safe", pure=True).load(path.read_text())


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("# a comment", None),
        ("a:", {"a": None}),
        ("a: ~", {"a": None}),
        ("on: [yes, Off, n]", {"on": ["yes", "Off", "n"]}),
        ("%YAML 1.1\n---\na: on", {"a": "on"}),
        ("[true, False, TRUE]", [True, False, True]),
        ("[017, 0o17, 0x1F, 0b11, +1, -3, 1_000]", [17, 15, 31, 3, 1, -3, 1000]),
        ("[1e-3, 1., .5, -1E+2, 0.1]", [0.001, 1.0, 0.5, -100.0, 0.1]),
        ("[.inf, -.INF]", [float("inf"), float("-inf")]),
        ("['1', \"true\", !!str 1, !!float 1, !!int '7']", ["1", "true", "1", 1.0, 7]),
        ("a: &x {p: 1, q: 2}\nb: {<<: *x, q: 3}", {"a": {"p": 1, "q": 2}, "b": {"p": 1, "q": 3}}),
        ("a: &x {p: 1}\nb: &y {p: 2, q: 2}\nc: {<<: [*x, *y]}", None),
        ("\ufeffa: 1", {"a": 1}),
    ],
)
def test_values(text, value):
    expected = YAML(typ="safe", pure=True).load(text) if value is None and "<<" in text else value
    assert parse(text) == expected


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False)
        | st.text("ab -#'", max_size=8),
        lambda values: (
            st.lists(values, max_size=4) | st.dictionaries(st.text("abc", min_size=1), values, max_size=4)
        ),
        max_leaves=12,
    )
)
def test_what_was_written_is_read(value):
    stream = StringIO()
    YAML(typ="safe", pure=True).dump({"value": value}, stream)
    assert parse(stream.getvalue()) == {"value": value}


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("grid:\n\tseeds: [0]\n", ["line 2: not valid YAML"]),
        ("a: 1\nb: 2\na: 3\n", ["line 3: a stands twice; keep one of them"]),
        ("{<<: {a: 1}, <<: {b: 1}}", ["line 1: << stands twice"]),
        ("a: b: c\n", ["line 1: not valid YAML", "mapping values"]),
        ("a: [1\nb: 2\n", ["line 2: not valid YAML"]),
        ("a: *nope\n", ["line 1: not valid YAML", "undefined alias"]),
        ("a: 1\n---\nb: 2\n", ["line 2: not valid YAML", "another document"]),
        ("%YAML 9\n---\n", ["line 1: not valid YAML"]),
        ("a: !!int x\n", ["not valid YAML", "'x'"]),
        ("a: !!int ''\n", ["not valid YAML"]),
        ("a: !!bool maybe\n", ["not valid YAML", "maybe"]),
        ("a: 2001-99-99\n", ["not valid YAML", "month"]),
        ("a: !x y\n", ["line 1: not valid YAML", "!x"]),
        ("a: !!python/object/apply:os.system [ls]\n", ["line 1: not valid YAML", "os.system"]),
        ("<<: 3", ["line 1: not valid YAML", "merging"]),
        ("<<: [3]", ["line 1: not valid YAML", "merging"]),
        ("x: &a [*a]", ["line 1: the alias *a", "write it out"]),
        ("x: &a {<<: *a}", ["line 1: the alias *a", "write it out"]),
        ("a: 1\nx: \x07", ["line 2", "U+0007"]),
        ("x: \0", ["line 1", "U+0000"]),
        ("x: 0x" + "f" * 5000, ["line 1: the number 0xff", "5,002 characters"]),
        ("x: " + "9" * 5000, ["line 1: the number 99", "5,000 characters"]),
    ],
)
def test_bad_texts(text, parts):
    line = _refused(text)
    assert all(part in line for part in parts), line


@pytest.mark.parametrize("depth", [100, 20_000, 500_000])
@pytest.mark.parametrize("form", ["'[' * n", "'[' * n + ']' * n", "'{a: ' * n", "'- ' * n + 'a'", "'[{' * n"])
def test_deep_texts_do_not_overflow_the_stack(depth, form):
    """In a process of its own, which an overflow would kill."""
    program = (
        f"from ganmatrix.params.plain_yaml import BadYaml, parse\nn = {depth}\n"
        f"try: parse({form})\nexcept BadYaml as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (
        done.stdout == "line 1: lists and mappings stand more than 40 deep in each other; write it flatter\n"
    )
    assert done.returncode == 0, done.stderr


def _nested(first: str, again: str, count: int) -> str:
    """Anchors each of which uses the one before, ten times."""
    lines = [f"a0: &a0 {first}"]
    lines += [f"a{n}: &a{n} " + again.replace("*", ", ".join([f"*a{n - 1}"] * 10)) for n in range(1, count)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (_nested("[x, x, x, x, x, x, x, x, x, x]", "[*]", 12), "the alias *a0 stands within"),
        (_nested("{k: 1, l: 2}", "{p: [*], q: [*]}", 12), "the alias *a0 stands within"),
        (_nested("{k: 1}", "{<<: [*]}", 12), "the alias *a0 stands within"),
        ("a: &a [" + "x, " * 9000 + "x]\nb: [" + "*a, " * 20 + "*a]", "more than 100,000 values"),
    ],
    ids=["lists", "mappings", "merges", "a wide one"],
)
def test_aliases_do_not_grow_without_end(text, problem):
    began = time.process_time()
    assert problem in _refused(text)
    assert time.process_time() - began < 5


@pytest.mark.parametrize("form", ["grid: {seeds: [%s]}", "grid:\n  seeds: [%s]", "grid:\n  seeds:\n"])
def test_a_list_that_is_too_long_is_named_at_once(form):
    seeds = range(10 * MOST_ENTRIES)
    text = (
        form % ", ".join(map(str, seeds))
        if "%" in form
        else form + "".join(f"  - {seed}\n" for seed in seeds)
    )
    began = time.process_time()
    assert "grid.seeds has more than 10,000 entries" in _refused(text)
    assert time.process_time() - began < 2
