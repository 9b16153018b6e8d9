"""The commands that README.md and docs/ print are commands that there are."""

import itertools
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from ganmatrix.cli import app

HOME = Path(__file__).parents[1]
PAGES = [HOME / "README.md", HOME / "CONTRIBUTING.md", *sorted((HOME / "docs").rglob("*.md"))]
FENCED = re.compile(r"^```[a-z]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`([^`\n]+)`")
TOOLS = ("ganmatrix", "snakemake", "make")


def commands(tool: str) -> Iterator[tuple[str, list[str]]]:
    """Every use of a tool, with the page that has it."""
    for page in PAGES:
        text = page.read_text()
        lines = [line for block in FENCED.findall(text) for line in block.splitlines()]
        for line in [*lines, *INLINE.findall(FENCED.sub("", text))]:
            for part in re.split(r" && |; |\| ", line.partition(" # ")[0]):
                words = re.sub(r"^(\$ |time |[A-Z_]+=\S+ )+", "", part.strip())
                if words == tool or words.startswith(f"{tool} "):
                    yield f"{page.relative_to(HOME)}: {words}", shlex.split(words)[1:]


def test_there_are_commands() -> None:
    assert {tool for tool in TOOLS if len(list(commands(tool))) >= 5} == {*TOOLS}


def test_every_verb_and_option_is_known() -> None:
    verbs = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    for where, words in commands("ganmatrix"):
        if not words or words[0].startswith("-"):
            continue
        assert words[0] in verbs, where
        known = {option for each in verbs[words[0]].params for option in each.opts} | {"--help"}
        for word in words[1:]:
            assert not word.startswith("--") or word.partition("=")[0] in known, where


def test_snakemake_is_told_how_many_cores() -> None:
    for where, words in commands("snakemake"):
        for option, value in itertools.pairwise([*words, ""]):
            assert option != "--cores" or re.fullmatch("all|[0-9]+|N", value), where


@pytest.mark.parametrize("name", ["Snakefile", "Makefile", "examples/label_noise.py", "params.yaml"])
def test_so_is_it_in_comments(name: str) -> None:
    text = (HOME / name).read_text()
    assert not re.findall(
        r"snakemake[^`\n]* --cores(?! (all|\d+|N|\$\(CORES\))\b)", text.replace("$(CORES)", "N")
    )


def test_every_target_of_make_is_there() -> None:
    targets = set(re.findall(r"(?m)^([a-z-]+):", (HOME / "Makefile").read_text()))
    for where, words in commands("make"):
        for word in words:
            assert "=" in word or word in targets, where
