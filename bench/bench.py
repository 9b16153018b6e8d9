"""`make bench`: how fast training is, against plain GAN, against mimicry, and against the machine.

Contenders are processes that take turns, a block of iterations each, so that all meet the same noise;
figures are medians over rounds, ratios are taken round by round. Prints tables and writes JSON.

    python bench/bench.py [--device cpu|cuda] [--threads N] [--rounds N] [--tables NAME ...]
                          [--mimicry PYTHON] [--output FILE]
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from rich.table import Table

from ganmatrix.runtime import provenance

HERE = Path(__file__).parent
METHODS: dict[str, dict[str, Any]] = {
    "gan": {"kind": "gan"},
    "as_gan": {"kind": "as_gan", "epsilon": 1 / 255, "warm_up": 0},
    "dat": {"kind": "dat"},
    "fargan": {"kind": "fargan", "techniques": [{"kind": "zero_gp", "at": "real"}]},
}
METHOD_BATCH = {"dcgan32": 64, "sngan32": 16}
BATCHES = (8, 16, 32, 64, 128)
RUNS_AT_ONCE = (1, 2, 4)
TABLES = ("methods", "arithmetic", "at_once", "batches", "mimicry")
MIMICRY_BATCH = 64
BLOCK_SECONDS = 2.0


@dataclass
class Contender:
    """One process and the seconds an iteration that it has shown, round by round."""

    name: str
    command: list[str]
    seconds: list[float] = field(default_factory=list)
    peak_mebibytes: float = 0.0

    def start(self) -> None:
        self.process = subprocess.Popen(
            self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        self._answer()
        first = self._ask("run 1")["seconds"]
        self.block = max(1, round(BLOCK_SECONDS / first))

    def take_turn(self) -> None:
        self.seconds.append(self._ask(f"run {self.block}")["seconds"] / self.block)

    def begin(self, iterations: int) -> None:
        """Start that many iterations without waiting for them."""
        self._tell(f"run {iterations}")

    def end(self) -> float:
        """The seconds that they took."""
        return self._answer()["seconds"]

    def stop(self) -> None:
        self.peak_mebibytes = self._ask("peak")["mebibytes"]
        self.process.communicate()

    def _ask(self, command: str) -> dict[str, float]:
        self._tell(command)
        return self._answer()

    def _tell(self, command: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()

    def _answer(self) -> dict[str, float]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"{self.name} ended early; its command was {' '.join(self.command)}")
        answer: dict[str, float] = json.loads(line)
        return answer


def ours(name: str, args: argparse.Namespace, **spec: Any) -> Contender:
    """A contender of our own; the spec's defaults are a plain GAN's iteration in float32."""
    full = {
        "method": METHODS["gan"],
        "discriminator_steps": 1,
        "precision": "float32",
        "compile": False,
        "threads": args.threads,
        "device": "cuda:0" if args.device == "cuda" else "cpu",  # the same GPU for all
        "what": "iteration",
        "deterministic": True,
        "tf32": False,
    } | spec
    return Contender(name, [sys.executable, str(HERE / "ours.py"), json.dumps(full)])


def interleave(contenders: list[Contender], rounds: int) -> None:
    """Let the contenders take turns."""
    for contender in contenders:
        contender.start()
    for _ in range(rounds):
        for contender in contenders:
            contender.take_turn()
    for contender in contenders:
        contender.stop()


def summary(contender: Contender, baseline: Contender, images: int, higher_is_better: bool) -> dict[str, Any]:
    """Median and range of one contender, and its ratio to the baseline, round by round."""
    pairs = zip(contender.seconds, baseline.seconds, strict=True)
    ratios = [b / a if higher_is_better else a / b for a, b in pairs]
    median = statistics.median(contender.seconds)
    return {
        "name": contender.name,
        "seconds": median,
        "seconds_range": [min(contender.seconds), max(contender.seconds)],
        "iterations_per_second": 1 / median,
        "images_per_second": images / median,
        "ratio": statistics.median(ratios),
        "ratio_range": [min(ratios), max(ratios)],
        "peak_mebibytes": contender.peak_mebibytes,
        "rounds": len(contender.seconds),
    }


def method_costs(args: argparse.Namespace) -> dict[str, list[dict[str, Any]]]:
    """Each method's iteration at n_dis = 1 over plain GAN's, on two networks."""
    costs = {}
    for network, batch in METHOD_BATCH.items():
        contenders = [
            ours(name, args, network=network, method=method, batch=batch) for name, method in METHODS.items()
        ]
        interleave(contenders, args.rounds)
        costs[f"{network}, batch {batch}"] = [summary(c, contenders[0], batch, False) for c in contenders]
    return costs


def arithmetic_costs(args: argparse.Namespace) -> dict[str, list[dict[str, Any]]]:
    """A plain GAN's iteration as `ganmatrix train` computes it, beside other arithmetic for the same step."""
    variants: dict[str, dict[str, Any]] = {
        "as trained": {},
        "not deterministic": {"deterministic": False},
        "bfloat16": {"precision": "bfloat16"},
    }
    if args.device == "cuda":
        variants["TF32"] = {"tf32": True}
    if compiles(args):
        variants["compiled"] = {"compile": True}
    costs = {}
    for network, batch in METHOD_BATCH.items():
        contenders = [
            ours(name, args, network=network, batch=batch, **spec) for name, spec in variants.items()
        ]
        interleave(contenders, args.rounds)
        costs[f"{network}, batch {batch}"] = [summary(c, contenders[0], batch, False) for c in contenders]
    return costs


def compiles(args: argparse.Namespace) -> bool:
    """Whether torch.compile works here: for a CPU it writes C++."""
    return args.device == "cuda" or shutil.which("g++") is not None


def at_once(args: argparse.Namespace) -> dict[str, list[dict[str, Any]]]:
    """Images/s of several runs that step at the same time on one device, all together, over one run's.

    Each run has one thread, as in `ganmatrix train`. On a CPU there are at most as many as cores.
    """
    counts = [n for n in RUNS_AT_ONCE if args.device == "cuda" or n <= len(os.sched_getaffinity(0))]
    rates = {}
    for network, batch in METHOD_BATCH.items():
        runs = [ours(f"run {n}", args, network=network, batch=batch, threads=1) for n in range(counts[-1])]
        for run in runs:
            run.start()
        together = {count: Contender(f"{count} at once", []) for count in counts}
        for _ in range(args.rounds):
            for count, shared in together.items():
                for run in runs[:count]:
                    run.begin(runs[0].block)
                longest = max(run.end() for run in runs[:count])
                shared.seconds.append(longest / runs[0].block / count)
        for run in runs:
            run.stop()
        for count, shared in together.items():
            shared.peak_mebibytes = sum(run.peak_mebibytes for run in runs[:count])
        rates[f"{network}, batch {batch}"] = [summary(c, together[1], batch, True) for c in together.values()]
    return rates


def against_mimicry(args: argparse.Namespace) -> dict[str, list[dict[str, Any]]]:
    """A D step, and an iteration at n_dis = 5, of the same SNGAN-32 networks, batch and threads."""
    found = {}
    for what in ("discriminator", "iteration"):
        command = [args.mimicry, str(HERE / "mimicry.py"), what, str(MIMICRY_BATCH)]
        theirs = Contender("mimicry float32", [*command, str(args.threads), args.device])
        variants = [("float32", False), ("bfloat16", False)]
        if compiles(args):
            variants.append(("bfloat16", True))
        contenders = [theirs] + [
            ours(
                f"ours {precision}{' compiled' if compiled else ''}",
                args,
                network="sngan32",
                method={"kind": "gan", "loss": "hinge"},
                batch=MIMICRY_BATCH,
                discriminator_steps=5,
                precision=precision,
                compile=compiled,
                what=what,
            )
            for precision, compiled in variants
        ]
        interleave(contenders, args.rounds)
        images = MIMICRY_BATCH * (5 if what == "iteration" else 1)
        label = "a whole iteration, n_dis 5" if what == "iteration" else "a D step"
        found[f"SNGAN-32, {label}, batch {MIMICRY_BATCH}"] = [
            summary(c, theirs, images, True) for c in contenders
        ]
    return found


def batch_scaling(args: argparse.Namespace) -> dict[str, list[dict[str, Any]]]:
    """Images/s of a plain GAN's iteration on DCGAN-32 as the batch grows; the ratio is of images/s."""
    contenders = [ours(f"batch {batch}", args, network="dcgan32", batch=batch) for batch in BATCHES]
    interleave(contenders, args.rounds)
    rows = [summary(c, contenders[0], batch, True) for c, batch in zip(contenders, BATCHES, strict=True)]
    for row, batch in zip(rows, BATCHES, strict=True):
        growth = batch / BATCHES[0]
        row["ratio"] *= growth
        row["ratio_range"] = [growth * ratio for ratio in row["ratio_range"]]
    return {"dcgan32, plain GAN, by batch": rows}


def used_share(args: argparse.Namespace, seconds: dict[str, float]) -> list[dict[str, Any]]:
    """GFLOP/s of a SNGAN-32 D step, by precision, beside two roofs measured in this run.

    The roofs are a product of large square matrices and G's largest convolution, alone. Operations
    are those that our step carries out, counted by torch.
    """
    sys.path.insert(0, str(HERE))
    from ours import build, set_up
    from torch.utils.flop_counter import FlopCounterMode

    set_up({"threads": args.threads, "device": args.device, "deterministic": True, "tf32": False})
    found = []
    for precision, dtype in (("float32", torch.float32), ("bfloat16", torch.bfloat16)):
        trainer = build(
            {
                "network": "sngan32",
                "method": {"kind": "gan", "loss": "hinge"},
                "batch": MIMICRY_BATCH,
                "discriminator_steps": 5,
                "precision": precision,
                "compile": False,
                "device": args.device,
            }
        )
        with FlopCounterMode(display=False) as counter:
            trainer.update_discriminator()
        row = {"precision": precision, "step": counter.get_total_flops() / seconds[f"ours {precision}"] / 1e9}
        size = 8192 if args.device == "cuda" else 2048
        a = torch.randn(size, size, device=args.device).to(dtype)
        row["matmul"] = gflops(lambda a=a: a @ a, 2 * size**3)
        x = torch.randn(MIMICRY_BATCH, 256, 32, 32, device=args.device).to(dtype)
        x = x.contiguous(memory_format=torch.channels_last)
        kernel = torch.randn(256, 256, 3, 3, device=args.device).to(dtype)
        row["convolution"] = gflops(
            lambda x=x, k=kernel: torch.conv2d(x, k, padding=1), 2 * 9 * 256 * x.numel()
        )
        found.append(row)
    return found


def gflops(operation: Callable[[], object], operations: int) -> float:
    """The best of seven."""
    best = float("inf")
    for _ in range(7):
        began = time.perf_counter()
        operation()
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        best = min(best, time.perf_counter() - began)
    return operations / best / 1e9


def show(title: str, rows: list[dict[str, Any]], ratio: str, console: Console) -> None:
    table = Table(title=title)
    for heading in ("", "ms", "range", "it/s", "images/s", ratio, "range", "peak MiB"):
        table.add_column(heading, justify="left" if heading == "" else "right")
    for row in rows:
        low, high = (1000 * value for value in row["seconds_range"])
        table.add_row(
            row["name"],
            f"{1000 * row['seconds']:.1f}",
            f"{low:.1f} to {high:.1f}",
            f"{row['iterations_per_second']:.2f}",
            f"{row['images_per_second']:.0f}",
            f"{row['ratio']:.2f}",
            f"{row['ratio_range'][0]:.2f} to {row['ratio_range'][1]:.2f}",
            f"{row['peak_mebibytes']:.0f}",
        )
    console.print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--tables", nargs="+", default=TABLES, choices=TABLES)
    parser.add_argument("--mimicry", default=None, help="python of the environment that has torch-mimicry")
    parser.add_argument("--output", type=Path, default=HERE / "results.json")
    args = parser.parse_args()
    console = Console(width=120)
    name = provenance.device_name(torch.device(args.device))
    results: dict[str, Any] = {
        "device": name,
        "threads": args.threads,
        "torch": torch.__version__,
        "rounds": args.rounds,
    }
    console.print(
        f"{name}, {args.threads} threads, torch {torch.__version__}, medians of {args.rounds} rounds"
    )
    for name, measure, ratio in (
        ("methods", method_costs, "over gan"),
        ("arithmetic", arithmetic_costs, "over as trained"),
        ("at_once", at_once, "images/s over one run"),
        ("batches", batch_scaling, "images/s over batch 8"),
    ):
        if name in args.tables:
            results[name] = measure(args)
            for title, rows in results[name].items():
                show(title, rows, ratio, console)
    if args.mimicry and "mimicry" in args.tables:
        results["mimicry"] = against_mimicry(args)
        for title, rows in results["mimicry"].items():
            show(title, rows, "speed-up", console)
        step = next(iter(results["mimicry"].values()))
        results["used_share"] = used_share(args, {row["name"]: row["seconds"] for row in step})
        for row in results["used_share"]:
            console.print(
                f"{row['precision']}: a D step {row['step']:.0f} GFLOP/s; a matrix product "
                f"{row['matmul']:.0f} (share {row['step'] / row['matmul']:.0%}); a convolution "
                f"{row['convolution']:.0f} (share {row['step'] / row['convolution']:.0%})"
            )
    args.output.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    console.print(f"wrote {args.output}")


if __name__ == "__main__":
    main()
