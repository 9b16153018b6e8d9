"""Outputs that lack characters, are full, closed or gone: no traceback, and a line where it matters."""

import os
import subprocess
import sys
import time

import pytest

from ganmatrix.errors import one_line

PROGRAM = """
import sys
from ganmatrix.errors import UserError
from ganmatrix.terminal.output import printing

def words():
    sys.stdout.write("a\\N{DAGGER} b\\N{MINUS SIGN}1 \\xe9 \\u4e2d \\udcff\\n")

def lines():
    for number in range(100_000):
        print(f"line {number}")

def table():
    from ganmatrix.terminal.tables import console, table
    console().print(table("T\\N{DAGGER}", ["one", "two"], [["1\\N{DAGGER}", "x" * 200]]))

def nothing():
    pass

def wrong():
    print("before")
    raise UserError("params.yaml:\\n  it is \\x1b[31mwrong\\N{DAGGER}\\u202e; mend it")

def missing():
    open("nowhere/at/all")

def memory():
    raise MemoryError

def status():
    print("x")
    sys.exit(75)

def bug():
    raise KeyError("a fault of the program")

with printing():
    globals()[sys.argv[1]]()
"""


def run(what: str, redirect: str = "", **variables: str) -> subprocess.CompletedProcess[bytes]:
    """The program, as a shell starts it with that redirection."""
    names = ("PYTHONIOENCODING", "PYTHONUTF8", "PYTHONCOERCECLOCALE", "LC_ALL", "PYTHONUNBUFFERED", "COLUMNS")
    environment = {name: value for name, value in os.environ.items() if name not in names}
    return subprocess.run(
        ["bash", "-c", f'"$0" -c "$1" {what} {redirect}', sys.executable, PROGRAM],
        capture_output=True,
        env=environment | variables,
        check=False,
        timeout=120,
    )


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"PYTHONIOENCODING": "utf-8"}, "a\N{DAGGER} b\N{MINUS SIGN}1 \xe9 \u4e2d \\udcff\n".encode()),
        ({"PYTHONIOENCODING": "ascii"}, b"a+ b-1 e ? \\udcff\n"),
        ({"PYTHONIOENCODING": "ascii:strict"}, b"a+ b-1 e ? \\udcff\n"),
        ({"PYTHONIOENCODING": "latin-1"}, b"a+ b-1 \xe9 ? \\udcff\n"),
        ({"PYTHONIOENCODING": "cp1252"}, b"a\x86 b-1 \xe9 ? \\udcff\n"),
        ({"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, b"a+ b-1 e ? \\udcff\n"),
        ({"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, b"a+ b-1 e ? \\udcff\n"),
    ],
)
def test_characters_that_the_output_lacks_are_replaced(variables, expected):
    ended = run("words", **variables)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, expected, b"")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8", "utf-16"])
def test_tables_in_any_encoding(encoding):
    ended = run("table", PYTHONIOENCODING=encoding, COLUMNS="40")
    assert (ended.returncode, ended.stderr) == (0, b"")
    shown = ended.stdout.decode(encoding).splitlines()
    assert shown[0] == ("T\N{DAGGER}" if encoding.startswith("utf") else "T+")
    assert len({len(line) for line in shown[1:]}) == 1


FULL = (
    b"error: the output cannot be written: No space left on device; give it a terminal, or a file with room\n"
)
CLOSED = FULL.replace(b"No space left on device", b"it is closed")
WRONG = "error: params.yaml: it is \\x1b[31mwrong\N{DAGGER}\\u202e; mend it\n".encode()


@pytest.mark.parametrize("what", ["words", "lines", "table"])
@pytest.mark.parametrize(("redirect", "line"), [("> /dev/full", FULL), (">&-", CLOSED), ("<&- >&-", CLOSED)])
def test_an_output_that_takes_nothing_is_a_line(what, redirect, line):
    ended = run(what, redirect)
    assert (ended.returncode, ended.stdout, ended.stderr) == (2, b"", line)


@pytest.mark.parametrize("redirect", ["> /dev/full", ">&-", "2>&-", ">&- 2>&-", "> /dev/full 2>&1"])
def test_what_prints_nothing_needs_no_output(redirect):
    assert run("nothing", redirect).returncode == 0


@pytest.mark.parametrize("what", ["lines", "table", "words"])
@pytest.mark.parametrize("reader", ["| head -c 1", "| true", "2>&1 | head -c 1", "2>&1 | true"])
def test_a_reader_that_has_seen_enough_is_no_error(what, reader):
    ended = run(what, f'{reader}; echo "${{PIPESTATUS[0]}}" >&2')
    assert ended.stderr == b"0\n"


@pytest.mark.parametrize(
    ("what", "line"),
    [
        ("wrong", WRONG),
        ("missing", b"error: nowhere/at/all: No such file or directory; mend it and run again\n"),
        ("memory", b"error: the memory is full; end other programs, or ask for less\n"),
    ],
)
@pytest.mark.parametrize("redirect", ["", "> /dev/full", ">&-", "| true", "2>&-", "2> /dev/full"])
def test_errors_are_one_line_and_status_2(what, line, redirect):
    ended = run(what, f'{redirect}; exit "${{PIPESTATUS[0]}}"')
    assert ended.returncode == 2
    assert ended.stderr == (b"" if redirect.startswith("2>") else line)


def test_a_status_stays():
    assert run("status").returncode == 75
    assert run("status", "> /dev/full").returncode == 75


def test_a_fault_of_the_program_shows_where_it_is():
    ended = run("bug")
    assert ended.returncode == 1
    assert b"Traceback" in ended.stderr


def test_a_terminal_that_does_not_wait(tmp_path):
    """Another program may have made it so; what it cannot take at once is written later."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with subprocess.Popen([sys.executable, "-c", PROGRAM, "lines"], stdout=writing) as program:
        os.close(writing)
        time.sleep(1)
        with os.fdopen(reading, "rb") as stream:
            assert stream.read().splitlines()[-1] == b"line 99999"
    assert program.returncode == 0


def test_no_file_gets_the_number_of_a_closed_output(tmp_path):
    program = (
        "import os, sys\nfrom ganmatrix.terminal.output import printing\n"
        "with printing(), open(sys.argv[1], 'w') as file:\n    os.write(1, b'lost')\n    file.write('kept')"
    )
    path = tmp_path / "file"
    command = ["bash", "-c", '"$0" -c "$1" "$2" >&-', sys.executable, program, str(path)]
    assert subprocess.run(command, check=False).returncode == 0
    assert path.read_text() == "kept"


VERBS = """
import sys
from ganmatrix.cli import app
from ganmatrix.terminal.output import printing
with printing():
    app()
"""


@pytest.mark.parametrize("verb", ["--help", "schema", "cells", "--version", "show --help"])
@pytest.mark.parametrize(
    ("redirect", "status"), [("> /dev/full", 2), (">&-", 2), ("| true", 0), ("2>&1 | true", 0)]
)
def test_verbs_whose_output_is_refused(verb, redirect, status, project):
    """In one program: what a verb imports takes longest."""
    folder = project().parent
    shell = f'"$0" -c "$1" {verb} {redirect}; exit "${{PIPESTATUS[0]}}"'
    ended = subprocess.run(
        ["bash", "-c", shell, sys.executable, VERBS],
        cwd=folder,
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert ended.returncode == status, ended.stderr
    assert b"Traceback" not in ended.stderr
    assert ended.stderr.count(b"\n") == (status == 2)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_verbs_in_other_encodings(encoding, project):
    for verb in ("--help", "schema", "cells"):
        ended = subprocess.run(
            [sys.executable, "-c", VERBS, verb],
            cwd=project().parent,
            capture_output=True,
            check=False,
            env=os.environ | {"PYTHONIOENCODING": encoding},
        )
        assert (ended.returncode, ended.stderr) == (0, b"")


def test_captured_output_is_left_to_whoever_captures_it(capsys):
    from ganmatrix.terminal.output import printing

    before = sys.stdout
    with printing():
        sys.stdout.write("x")
    assert sys.stdout is before
    assert capsys.readouterr().out == "x"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a\n  b\t c ", "a b c"),
        ("a\x1b]0;t\x07", "a\\x1b]0;t\\x07"),
        ("\u202ex", "\\u202ex"),
        ("caf\xe9 \u4e2d", "caf\xe9 \u4e2d"),
        (os.fsdecode(b"\xff.png"), "\\udcff.png"),
        ("", ""),
    ],
)
def test_one_line(text, line):
    assert one_line(text) == line


def test_it_imports_nothing_slow():
    program = "import sys, ganmatrix.terminal.output; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    slow = {"typer", "rich", "pydantic", "numpy", "torch", "ruamel", "asyncio"}
    assert slow.isdisjoint(done.stdout.split())
