"""Progress of long work: a bar in a terminal, a line every few seconds in a log."""

import sys
import time
from types import TracebackType

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

LINE_SECONDS = 5.0


class Progressing:
    """Counts steps towards a total; says rate, losses and time left."""

    def __init__(self, title: str, total: int, start: int = 0) -> None:
        self.title, self.total, self.start = title, total, start
        self.began = self.spoke = time.monotonic()
        self.bar = (
            Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("{task.fields[detail]}"),
                TimeRemainingColumn(),
            )
            if sys.stderr.isatty()
            else None
        )

    def __enter__(self) -> "Progressing":
        if self.bar is not None:
            self.bar.start()
            self.task = self.bar.add_task(self.title, total=self.total, completed=self.start, detail="")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.bar is not None:
            self.bar.stop()

    def show(self, step: int, detail: dict[str, float]) -> None:
        """Report a finished step; `detail` is printed as name value pairs."""
        now = time.monotonic()
        rate = (step - self.start) / max(now - self.began, 1e-9)
        text = "  ".join([f"{rate:.1f} it/s", *(f"{name} {value:.3f}" for name, value in detail.items())])
        if self.bar is not None:
            self.bar.update(self.task, completed=step, detail=text)
        elif now - self.spoke >= LINE_SECONDS or step == self.total:
            self.spoke = now
            left = (self.total - step) / max(rate, 1e-9)
            sys.stderr.write(f"{self.title}: {step}/{self.total}  {text}  {left:.0f} s left\n")
            sys.stderr.flush()
