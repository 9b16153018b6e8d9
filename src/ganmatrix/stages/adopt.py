"""`adopt`: what `dvc repro` has made or `dvc checkout` has restored, made known to Snakemake.

Only files that DVC finds as dvc.lock says, made from files that it finds so as well, of the params and
the code as they stand: `snakemake --touch` believes whatever it finds. `record` is the other direction.
"""

from pathlib import Path

from dvc.repo import Repo, lock_repo

from ganmatrix.errors import UserError
from ganmatrix.stages import engines, news

NAMED = 3
"""Stages that the line names where DVC finds something else than dvc.lock says."""


def run(params: Path) -> str:
    """Adopt all stages that DVC vouches for; returns a line that says how many.

    UserError if an engine fails.
    """
    if not engines.recorded(params):
        return f"nothing to adopt: dvc.yaml describes {engines.RECORDED}, not {params}"
    try:
        with Repo() as repo, lock_repo(repo), engines.params_read_once():
            stages = {stage.addressing: stage for stage in repo.index.stages}
            good = {name for name, stage in stages.items() if not stage.status()}
            read = engines.reads(repo)
            vouched = engines.closed(good, read)
            outputs = {name: stages[name].outs[0].def_path for name in vouched}
    except engines.DVC_ERRORS as error:
        raise UserError(f"DVC cannot vouch for anything: {engines.explain(error)}") from None
    known = {name for name, ok in engines.up_to_date(engines.snakemake("--summary")).items() if ok}
    new = {name for name in vouched - known if not name.startswith(engines.DIGEST)}
    if new:
        engines.snakemake("--touch", "--forceall", "--no-hooks", *sorted(outputs[name] for name in new))
    news.see()
    line = f"DVC vouches for {len(vouched)} stages, {len(new)} of them new to Snakemake"
    if bad := sorted(name for name in stages.keys() - good if read[name] <= good):
        named = ", ".join(bad[:NAMED]) + (", ..." if len(bad) > NAMED else "")
        line += f"; not for {len(stages) - len(vouched)}, because of {named} (`dvc status` says why)"
    return line
