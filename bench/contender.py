"""A contender in a timing: a process that runs so many iterations when told, and says how long they took.

The coordinator starts one process for each contender and lets them take turns, so that all meet the
same noise of the machine.
"""

import json
import resource
import sys
import time
from collections.abc import Callable


def serve(step: Callable[[], None], synchronise: Callable[[], None], warm_up: int = 2) -> None:
    """Answer `run N` with `{"seconds": s}`, and `peak` with the peak memory in MiB, until input ends."""
    for _ in range(warm_up):
        step()
    synchronise()
    _say({"ready": True})
    for line in sys.stdin:
        command, *rest = line.split()
        if command == "run":
            began = time.perf_counter()
            for _ in range(int(rest[0])):
                step()
            synchronise()
            _say({"seconds": time.perf_counter() - began})
        elif command == "peak":
            _say({"mebibytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024})


def _say(answer: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()
