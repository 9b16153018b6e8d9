"""`record`: what one engine has made, made known to the other.

What Snakemake has made is committed to DVC's cache and dvc.lock, but only outputs that it holds to
be up to date: `dvc commit` believes whatever it finds, and would vouch for results of older params.
Conversely, what `dvc repro` has made or `dvc checkout` has restored is shown to Snakemake, but only
when DVC finds every file as dvc.lock says: `snakemake --touch` believes whatever it finds, too.
"""

import json
import subprocess
import sys
from pathlib import Path

from ganmatrix.errors import UserError

RECORDED = Path("params.yaml")
"""The params file that dvc.yaml is templated on."""


def run(params: Path) -> str:
    """Bring both engines to one view; returns a line that says how. UserError if an engine fails."""
    if params.resolve() != RECORDED.resolve():
        return f"not recorded in DVC: dvc.yaml describes {RECORDED}, these results come from {params}"
    stages = up_to_date(_output("snakemake", "--summary", "--nolock", "--quiet", "all"))
    finished = [stage for stage, good in stages.items() if good]
    pending = len(stages) - len(finished)
    if pending and not json.loads(_output("dvc", "status", "--json")):
        _output("snakemake", "--touch", "--forceall", "--no-hooks", "--nolock", "--quiet", "all")
        return f"DVC vouches for all {len(stages)} stages; Snakemake now knows {pending} it had not made"
    if finished:
        _output("dvc", "commit", "--force", "--quiet", *finished)
    left_out = f"; {pending} are unfinished or out of date and were left out" if pending else ""
    return f"recorded {len(finished)} stages in DVC{left_out}"


def up_to_date(summary: str) -> dict[str, bool]:
    """From the table of `snakemake --summary`: DVC's stage names, and whether all outputs are good.

    An output without a log in Snakemake's own notes was not made by it. Of such a file it knows
    neither params nor code and calls it good whatever they are; here it is not.
    """
    lines = [line.split("\t") for line in summary.splitlines() if "\t" in line]
    header, rows = lines[0], lines[1:]
    stages: dict[str, bool] = {}
    for row in rows:
        fields = dict(zip(header, row, strict=True))
        if fields["rule"] == "all":
            continue
        name = stage_name(fields["rule"], Path(fields["output_file"]))
        known = fields["log-file(s)"] != "-"
        good = known and fields["status"] == "ok" and fields["plan"] == "no update"
        stages[name] = stages.get(name, True) and good
    return stages


def stage_name(rule: str, output: Path) -> str:
    """DVC's name of the stage that makes this file, such as `train@digits-conventional-gan-0`."""
    if rule == "assemble":
        return rule
    return f"{rule}@{output.stem if rule == 'report' else output.parent.name}"


def _output(module: str, *arguments: str) -> str:
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, capture_output=True, check=False, text=True)
    if done.returncode != 0:
        problem = (done.stderr or done.stdout).strip().splitlines()
        last = problem[-1] if problem else f"exit status {done.returncode}"
        raise UserError(f"`{module} {' '.join(arguments[:2])}` failed: {last}")
    return done.stdout
