"""Progress of long work: a bar in a terminal, or a line every few seconds in a log."""

import sys
import time
from types import TracebackType

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.progress import Progress, ProgressColumn, Task, TimeRemainingColumn
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

LINE_SECONDS = 5.0

SHORTEST_BAR, LONGEST_BAR = 6, 40
"""The fewest characters of a bar. A terminal with less space gets no bar."""

SHORTEST_TITLE = 12

shared = False
"""Whether other processes write to the same terminal. Then lines are printed instead of bars."""


class Line(ProgressColumn):
    """Progress as one complete line. Count and losses are not cut, whatever the terminal's width."""

    def __init__(self) -> None:
        super().__init__()
        self.left = TimeRemainingColumn()

    def render(self, task: Task) -> "_Fitted":
        return _Fitted(task, self.left.render(task))


class _Fitted:
    def __init__(self, task: Task, left: Text) -> None:
        self.task, self.left = task, left

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Title, bar, count, losses, rate and time left.

        In a narrow terminal the last two are left out first, then bar and title.
        """
        task, width = self.task, options.max_width
        count = f"{task.completed:.0f}/{task.total:.0f}"
        texts = [Text(part) for part in (count, *task.fields["losses"]) if part]
        room = width - sum(text.cell_len + 1 for text in texts)
        for extra in (self.left, Text(task.fields["rate"])):
            if extra.cell_len and room - extra.cell_len - 1 >= SHORTEST_TITLE:
                texts.append(extra)
                room -= extra.cell_len + 1
        title = Text(task.description)
        title.truncate(max(room - 1, 1), overflow="ellipsis")
        bar = min(room - title.cell_len - 1, LONGEST_BAR)
        parts: list[RenderableType] = [title] if room > 1 else []
        if bar >= SHORTEST_BAR:
            parts.append(ProgressBar(total=task.total, completed=task.completed, width=bar))
        parts += texts
        grid = Table.grid(padding=(0, 1, 0, 0), pad_edge=False)
        for _ in parts:
            grid.add_column(no_wrap=True)
        grid.add_row(*parts)
        yield grid


class Progressing:
    """Counts steps towards a total, and prints rate, losses and time left."""

    def __init__(self, title: str, total: int, start: int = 0, unit: str = "it") -> None:
        self.title, self.total, self.start, self.unit = title, total, start, unit
        self.began = self.spoke = time.monotonic()
        self.without_losses = True
        in_terminal = sys.stderr.isatty() and not shared
        self.bar = Progress(Line(), console=Console(stderr=True)) if in_terminal else None

    def __enter__(self) -> "Progressing":
        if self.bar is not None:
            self.bar.start()
            self.task = self.bar.add_task(
                self.title, total=self.total, completed=self.start, losses=(), rate=""
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.bar is not None:
            self.bar.stop()

    def show(self, step: int, detail: dict[str, float]) -> None:
        """Report a finished step. `detail` is printed as pairs of name and value, the first time at once."""
        now = time.monotonic()
        rate = (step - self.start) / max(now - self.began, 1e-9)
        losses = [
            f"{name} {value}" if isinstance(value, int) else f"{name} {value:.3f}"
            for name, value in detail.items()
        ]
        first = self.without_losses and bool(losses)
        if self.bar is not None:
            self.bar.update(
                self.task, completed=step, losses=losses, rate=f"{rate:.1f} {self.unit}/s", refresh=first
            )
        elif first or now - self.spoke >= LINE_SECONDS or step == self.total:
            self.spoke = now
            left = (self.total - step) / max(rate, 1e-9)
            text = "  ".join([f"{rate:.1f} {self.unit}/s", *losses])
            sys.stderr.write(f"{self.title}: {step}/{self.total}  {text}  {left:.0f} s left\n")
            sys.stderr.flush()
        self.without_losses = self.without_losses and not losses
