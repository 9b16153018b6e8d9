"""Device and threads of a job, set up for reproducible arithmetic."""

import contextlib
import math
import os
import re
import resource
from collections.abc import Iterator, Sequence
from pathlib import Path
from signal import Signals
from typing import Any

import psutil
import torch
from threadpoolctl import threadpool_limits

from ganmatrix.errors import UserError
from ganmatrix.runtime import devices
from ganmatrix.runtime.granted import runs_per_device, threads
from ganmatrix.store.files import size

DEVICES = ("auto", "cpu", "cuda")


def free_bytes(device: torch.device) -> float:
    """Free memory of the device, in bytes."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    return min(psutil.virtual_memory().available, _free_in_group())


CONTROL_GROUP = Path("/sys/fs/cgroup")


def _free_in_group() -> float:
    """What is left of the memory limit of a container or a cluster job (cgroup v2)."""
    try:
        limit, used = (int((CONTROL_GROUP / f"memory.{name}").read_text()) for name in ("max", "current"))
    except (OSError, ValueError):  # Without such a file, or with `max`, there is no limit.
        return math.inf
    return max(limit - used, 0)


OUT_OF_MEMORY = re.compile("memory|bad_alloc|bad allocation", re.IGNORECASE)


@contextlib.contextmanager
def enough_memory(device: torch.device, what: str, mend: str) -> Iterator[None]:
    """A block that may not take more than the free memory: then UserError, ending in `mend`.

    Without it, Linux would grant the memory, and would kill this process or another one later.
    """
    free = free_bytes(device)
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    if device.type == "cpu":
        limit = int(psutil.Process().memory_info().data + free)
        resource.setrlimit(resource.RLIMIT_DATA, (limit if hard < 0 else min(limit, hard), hard))
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if isinstance(error, MemoryError) or OUT_OF_MEMORY.search(str(error)):
            raise UserError(f"{what} needs more memory than the {size(free)} that are free; {mend}") from None
        raise
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


def device(name: str, received: Sequence[Signals] = ()) -> torch.device:
    """Set up threads and determinism, and resolve `auto`, `cpu`, `cuda` or `cuda:N`.

    A place on a GPU is leased until this process ends, on any visible GPU or on the requested one. The
    function waits for a free place. Raises Stopped if a signal is received meanwhile.
    """
    torch.set_num_threads(threads())
    threadpool_limits(threads())
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    # Like use_deterministic_algorithms(True), which would also import the compiler, a second a process.
    torch.set_deterministic_debug_mode("error")
    # That mode would also overwrite all new memory. No kernel here reads memory that it did not write.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    # Compute in full float32, also on GPUs that would round inputs to 10 bits (TF32). torch rounds those of
    # convolutions by default, and those of matrix products if TORCH_ALLOW_TF32_CUBLAS_OVERRIDE is set.
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cuda.matmul.allow_tf32 = False
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        chosen = torch.device(name)
    except RuntimeError:
        chosen = None
    if chosen is None or chosen.type not in DEVICES:
        raise UserError(f"--device is {name}; choose from auto, cpu, cuda, cuda:N")
    if chosen.type == "cuda" and (chosen.index or 0) >= torch.cuda.device_count():
        count = torch.cuda.device_count()
        raise UserError(f"--device is {name}, but this machine has {count} CUDA devices; use --device cpu")
    return chosen if chosen.type == "cpu" else _leased(chosen, received)


def _leased(wanted: torch.device, received: Sequence[Signals]) -> torch.device:
    """A place on a GPU. Leases use the UUID, because CUDA_VISIBLE_DEVICES renumbers GPUs."""
    indices = range(torch.cuda.device_count()) if wanted.index is None else [wanted.index]
    names = [str(torch.cuda.get_device_properties(index).uuid) for index in indices]
    places = devices.places(names, runs_per_device())
    found = devices.lease(places, devices.LEASES, received)
    chosen = torch.device("cuda", indices[found % len(names)])
    torch.cuda.set_device(chosen)
    return chosen


def environment(device: torch.device) -> dict[str, Any]:
    """What the bytes of a result may depend on besides code, params and data. A manifest records it."""
    return {"device": device.type, "threads": threads(), "torch": str(torch.__version__)}
