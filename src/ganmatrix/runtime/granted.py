"""The cores that an engine grants a job, and the processor time that was used.

The threads of a run are a separate setting. The bytes of a run depend on its threads, so these do not depend
on the granted cores. A job with more cores makes more runs at once.
"""

import os
import re
import resource

from ganmatrix.errors import UserError

MOST = 1024


def cores() -> int:
    """Granted cores: OMP_NUM_THREADS, which Snakemake sets from a rule's threads; otherwise all cores."""
    return _number("OMP_NUM_THREADS") or len(os.sched_getaffinity(0))


def threads() -> int:
    """Threads of each run: GANMATRIX_THREADS, otherwise 1."""
    return _number("GANMATRIX_THREADS") or 1


def runs_per_device() -> int:
    """Runs that share a GPU: GANMATRIX_RUNS_PER_DEVICE, otherwise 1.

    If memory allows, more runs use it better.
    """
    return _number("GANMATRIX_RUNS_PER_DEVICE") or 1


def workers() -> int:
    """Runs that a job makes at once."""
    return max(1, cores() // threads())


def _number(name: str) -> int | None:
    if (text := os.environ.get(name)) is None:
        return None
    if not re.fullmatch("[0-9]{1,9}", text) or not 1 <= int(text) <= MOST:
        raise UserError(f"{name} is {text!r}; expected a whole number from 1 to {MOST}")
    return int(text)


def processor_seconds() -> float:
    """Processor seconds of this process since its start, and of its children that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)
