"""The device and threads that the engine grants, set up for reproducible arithmetic."""

import os

import torch
from threadpoolctl import threadpool_limits

from ganmatrix.errors import UserError

DEVICES = ("auto", "cpu", "cuda")


def threads() -> int:
    """Threads granted: OMP_NUM_THREADS, which Snakemake sets from a rule's threads; else 1."""
    text = os.environ.get("OMP_NUM_THREADS", "1")
    if not text.isdigit() or int(text) < 1:
        raise UserError(f"OMP_NUM_THREADS is {text!r}; expected a positive whole number")
    return int(text)


def free_bytes(device: torch.device) -> int:
    """Memory that is free where the device computes."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def device(name: str) -> torch.device:
    """Set up threads and determinism, and resolve `auto`, `cpu`, `cuda` or `cuda:N`."""
    torch.set_num_threads(threads())
    threadpool_limits(threads())
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    # Same as use_deterministic_algorithms(True), which also imports the compiler: a second a process.
    torch.set_deterministic_debug_mode("error")
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        chosen = torch.device(name)
    except RuntimeError:
        chosen = None
    if chosen is None or chosen.type not in DEVICES:
        raise UserError(f"--device is {name}; choose from auto, cpu, cuda, cuda:N")
    if chosen.type == "cuda" and (chosen.index or 0) >= torch.cuda.device_count():
        count = torch.cuda.device_count()
        raise UserError(f"--device is {name}, but this machine has {count} CUDA devices; use --device cpu")
    return chosen
