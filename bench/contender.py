"""A contender in a timing: a process that runs so many iterations when told, and says how long they took.

The coordinator starts one process for each contender and lets them take turns, so that all meet the
same noise of the machine.
"""

import json
import resource
import sys
import time
from collections.abc import Callable

import torch


def serve(step: Callable[[], None], device: torch.device, warm_up: int = 2) -> None:
    """Answer `run N` with `{"seconds": s}`, and `peak` with the peak memory in MiB, until input ends.

    Peak memory is what the process held at most; on a GPU, what its tensors took there at most.
    """
    on_gpu = device.type == "cuda"
    synchronise = torch.cuda.synchronize if on_gpu else lambda: None
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
            resident = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            _say({"mebibytes": torch.cuda.max_memory_allocated() / 2**20 if on_gpu else resident})


def _say(answer: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()
