"""Signals that ask a long stage to stop: noted, so that it stops where nothing is lost."""

import signal
from types import FrameType

STOPPING = (signal.SIGTERM, signal.SIGINT)

INTERRUPTED = 75
"""Exit status after a signal: what was done is kept, the same command continues (EX_TEMPFAIL)."""


def noted() -> list[signal.Signals]:
    """From now on SIGTERM and SIGINT do nothing but join this list, until the process ends."""
    received: list[signal.Signals] = []

    def note(number: int, frame: FrameType | None) -> None:
        received.append(signal.Signals(number))

    for number in STOPPING:
        signal.signal(number, note)
    return received


class Stopped(BaseException):
    """A signal asked the stage to stop; no part of the work takes it for a fault of its own."""


def raising() -> list[signal.Signals]:
    """From now on the first SIGTERM or SIGINT joins this list and raises Stopped; later ones do nothing.

    For work that a kill may meet anywhere. Where Python would swallow the exception, the list tells.
    """
    received: list[signal.Signals] = []

    def stop(number: int, frame: FrameType | None) -> None:
        ignore()
        received.append(signal.Signals(number))
        raise Stopped(received[0].name)

    for number in STOPPING:
        signal.signal(number, stop)
    return received


def ignore() -> None:
    """From now on they do nothing: Python, when it ends, would give them their deadly default back."""
    for number in STOPPING:
        signal.signal(number, signal.SIG_IGN)
