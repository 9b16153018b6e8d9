"""What all tests share: one thread, and a small project to work in."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from hypothesis import settings

# Small tensors: threads would mostly wait for each other, and for the other test processes.
torch.set_num_threads(1)

# How long an example takes depends on what else the machine does.
settings.register_profile("tests", deadline=None)
settings.load_profile("tests")

SMALL = (Path(__file__).parent / "small.yaml").read_text()


def edited(*edits: tuple[str, str]) -> str:
    """The small params file with texts replaced, each of which stands in it."""
    text = SMALL
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


Edit = Callable[..., Path]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Edit:
    """Work in an empty folder; call it with edits to write its params.yaml."""
    monkeypatch.chdir(tmp_path)

    def write(*edits: tuple[str, str]) -> Path:
        path = tmp_path / "params.yaml"
        path.write_text(edited(*edits))
        return path

    write()
    return write
