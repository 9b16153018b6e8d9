"""The line of progress: what matters is whole, however narrow the terminal."""

import io

import pytest
from rich.console import Console
from rich.progress import Progress

from ganmatrix.runtime import progress as progress_module
from ganmatrix.runtime.progress import Line, Progressing

TITLE = "train digits-conventional-fargan_random-0"


def _line(width: int, title: str = TITLE, losses: tuple[str, ...] = ("D 0.693", "G 12.345")) -> str:
    console = Console(width=width, file=io.StringIO(), force_terminal=False)
    progress = Progress(Line(), console=console)
    progress.add_task(title, total=3000, completed=2993, losses=losses, rate="123.4 it/s")
    with console.capture() as capture:
        console.print(progress.get_renderable())
    return capture.get().rstrip("\n")


@pytest.mark.parametrize("width", [27, 40, 60, 80, 100, 200])
def test_count_and_losses_are_never_cut(width):
    line = _line(width)
    assert "2993/3000 D 0.693 G 12.345" in line
    assert "\n" not in line
    assert len(line.rstrip()) <= width


def test_the_bar_goes_before_the_title():
    assert "\N{BOX DRAWINGS HEAVY HORIZONTAL}" not in _line(80)
    assert "\N{BOX DRAWINGS HEAVY HORIZONTAL}" in _line(120)
    assert "\N{BOX DRAWINGS HEAVY HORIZONTAL}" in _line(80, title="train a")
    assert TITLE in _line(120)


def test_a_line_before_any_loss_has_count_and_rate():
    assert "2993/3000" in _line(80, losses=())


def test_a_log_says_the_losses_as_soon_as_they_are_known(capsys):
    with Progressing("train a", 1000) as progress:
        progress.show(1, {})
        assert not capsys.readouterr().err
        progress.show(2, {"D": 1.0, "G": 0.5})
        assert "D 1.000  G 0.500" in capsys.readouterr().err
        progress.show(3, {"D": 1.0, "G": 0.5})
        assert not capsys.readouterr().err


class Terminal(io.StringIO):
    """Takes what is written to a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("shared", [False, True])
def test_processes_that_share_a_terminal_write_lines(shared, monkeypatch, capfd):
    written = Terminal()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("sys.stderr", written)
    monkeypatch.setattr(progress_module, "shared", shared)
    with Progressing("train a", 10) as progress:
        progress.show(10, {"D": 1.0})
    assert ("train a: 10/10  " in written.getvalue()) == shared
    assert ("\x1b[" in written.getvalue()) != shared
    assert capfd.readouterr().out == ""
