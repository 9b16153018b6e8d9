"""Signals that ask a long stage to stop. They are noted, so that the stage stops where nothing is lost."""

import signal
from types import FrameType

STOPPING = (signal.SIGTERM, signal.SIGINT)

INTERRUPTED = 75
"""Exit status after a signal: finished work is kept, and the same command continues (EX_TEMPFAIL)."""


def noted() -> list[signal.Signals]:
    """From now on SIGTERM and SIGINT only add themselves to this list, until the process ends."""
    received: list[signal.Signals] = []

    def note(number: int, frame: FrameType | None) -> None:
        received.append(signal.Signals(number))

    for number in STOPPING:
        signal.signal(number, note)
    return received


class Stopped(BaseException):
    """A signal asked the stage to stop. It is no Exception, so no part of the work treats it as an error."""


def raising() -> list[signal.Signals]:
    """From now on the first SIGTERM or SIGINT adds itself to this list and raises Stopped.

    Later ones do nothing. This is for work that may stop anywhere. If Python swallows the exception, the
    list still has the signal.
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
    """From now on these signals do nothing. When Python ends, it would restore their default, which kills."""
    for number in STOPPING:
        signal.signal(number, signal.SIG_IGN)
