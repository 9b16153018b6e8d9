"""`record`: what one engine has made, made known to the other.

What Snakemake has made is committed to DVC's cache and dvc.lock, but only outputs that it holds to
be up to date: `dvc commit` believes whatever it finds, and would vouch for results of older params.
Conversely, what `dvc repro` has made or `dvc checkout` has restored is shown to Snakemake, but only
when DVC finds every file as dvc.lock says: `snakemake --touch` believes whatever it finds, too.
"""

import logging
import subprocess
import sys
from collections.abc import Collection
from pathlib import Path

from dvc.exceptions import DvcException
from dvc.repo import Repo, lock_repo

from ganmatrix.errors import UserError

RECORDED = Path("params.yaml")
"""The params file that dvc.yaml is templated on."""


def run(params: Path) -> str:
    """Bring both engines to one view; returns a line that says how. UserError if an engine fails."""
    if params.resolve() != RECORDED.resolve():
        return f"not recorded in DVC: dvc.yaml describes {RECORDED}, these results come from {params}"
    stages = up_to_date(_snakemake("--summary"))
    finished = {stage for stage, good in stages.items() if good}
    pending = len(stages) - len(finished)
    try:
        with Repo() as repo:
            if pending and not repo.status():
                _snakemake("--touch", "--forceall", "--no-hooks")
                return f"DVC vouches for all {len(stages)} stages; {pending} made known to Snakemake"
            commit(repo, finished)
    except DvcException as error:
        raise UserError(f"DVC cannot record: {' '.join(str(error).split())}") from None
    left_out = f"; {pending} are unfinished or out of date and were left out" if pending else ""
    return f"recorded {len(finished)} stages in DVC{left_out}"


def commit(repo: Repo, names: set[str]) -> None:
    """Commit those of the named stages that DVC does not hold yet.

    As `dvc commit --force NAMES` does, but reading and writing dvc.lock once instead of once a stage.
    """
    logging.getLogger("dvc").setLevel(logging.WARNING)
    with lock_repo(repo):
        stages = [stage for stage in repo.index.stages if stage.addressing in names]
        changed = [stage for stage in stages if stage.status()]
        for stage in changed:
            stage.save()
            stage.commit()
        if changed:
            changed[0].dvcfile.dump_stages(changed, update_pipeline=False)


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
    # Snakemake does not mind a file that is gone when all that was made from it is there; DVC does.
    return {
        name: good and all(stages[other] for other in upstream(name, stages)) for name, good in stages.items()
    }


def upstream(name: str, stages: Collection[str]) -> list[str]:
    """Those stages that the stage reads from, directly or through others."""
    rule, _, target = name.partition("@")
    if rule in ("assemble", "report"):
        return [other for other in stages if other != name and not other.startswith("report@")]
    dataset = target.partition("-")[0]
    read = {
        "prepare": [],
        "reference": [f"prepare@{dataset}"],
        "train": [f"prepare@{dataset}"],
        "evaluate": [f"prepare@{dataset}", f"reference@{dataset}", f"train@{target}"],
        "probe": [f"prepare@{dataset}", f"train@{target}"],
        "transfer": [f"prepare@{dataset}", *(s for s in stages if s.startswith(f"train@{dataset}-"))],
    }[rule]
    return [other for other in read if other in stages]


def stage_name(rule: str, output: Path) -> str:
    """DVC's name of the stage that makes this file, such as `train@digits-conventional-gan-0`."""
    if rule == "assemble":
        return rule
    named_by_file = rule in ("report", "transfer") or output.suffix == ".sha256"
    return f"{rule}@{output.stem if named_by_file else output.parent.name}"


def _snakemake(*options: str) -> str:
    command = [sys.executable, "-m", "snakemake", *options, "--nolock", "--quiet", "all"]
    done = subprocess.run(command, capture_output=True, check=False, text=True)
    if done.returncode != 0:
        problem = (done.stderr or done.stdout).strip().splitlines()
        last = problem[-1] if problem else f"exit status {done.returncode}"
        raise UserError(f"`snakemake {options[0]}` failed: {last}")
    return done.stdout
