"""Where the processor time of a matrix goes: `python bench/parts.py --total SECONDS`, after a whole run.

SECONDS is what `time snakemake --cores N` printed as user and system time together. Training loops are what
run.json notes; the jobs of a stage what each wrote at the end of its log; the start of a job is measured
here, as the median of five imports. The rest is Snakemake's own, and that of `ganmatrix record`.
"""

import argparse
import json
import re
import resource
import statistics
import subprocess
import sys
from pathlib import Path

IMPORTS = 5
TOOK = re.compile(r"took [0-9.]+ s, ([0-9.]+) s of processor")


def start_up(stage: str) -> float:
    """Processor seconds of a Python process that imports what a stage needs."""
    seconds = []
    for _ in range(IMPORTS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-c", f"import ganmatrix.cli, ganmatrix.stages.{stage}"], check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return statistics.median(seconds)


def jobs(stage: str) -> list[float]:
    """Processor seconds of each job of a stage, as its log ends."""
    paths = [*Path("logs").glob(f"{stage}.log"), *Path("logs", stage).glob("*.log")]
    return [float(seconds) for path in paths for seconds in TOOK.findall(path.read_text())]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--total", type=float, required=True, help="user and system seconds of the whole run")
    total = parser.parse_args().total
    records = [json.loads(path.read_text()) for path in Path("cells").glob("*/train/*/run.json")]
    loops = sum(record["this_run"]["cpu_seconds"] for record in records)
    parts = {"training loops": loops}
    starts = 0.0
    for stage in ("prepare", "reference", "train", "evaluate", "probe", "transfer", "assemble", "report"):
        taken = jobs(stage)
        start = start_up(stage) * len(taken)
        starts += start
        spent = sum(taken) - start - (loops if stage == "train" else 0)
        parts["writing runs" if stage == "train" else stage] = spent
        sys.stdout.write(f"{stage}: {len(taken)} jobs, {sum(taken):.0f} s, start-up {start:.0f} s\n")
    parts["start-up of jobs"] = starts
    parts["Snakemake and record"] = total - sum(parts.values())
    for name, seconds in parts.items():
        sys.stdout.write(f"{name:22} {seconds:7.0f} s {seconds / total:6.1%}\n")


if __name__ == "__main__":
    main()
