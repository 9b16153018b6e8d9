"""Signals that ask a long stage to stop: noted, so that it stops where nothing is lost."""

import signal
from types import FrameType

STOPPING = (signal.SIGTERM, signal.SIGINT)


def noted() -> list[signal.Signals]:
    """From now on SIGTERM and SIGINT do nothing but join this list, until the process ends."""
    received: list[signal.Signals] = []

    def note(number: int, frame: FrameType | None) -> None:
        received.append(signal.Signals(number))

    for number in STOPPING:
        signal.signal(number, note)
    return received


def ignore() -> None:
    """From now on they do nothing: Python, when it ends, would give them their deadly default back."""
    for number in STOPPING:
        signal.signal(number, signal.SIG_IGN)
