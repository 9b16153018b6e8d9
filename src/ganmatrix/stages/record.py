"""`record`: what Snakemake has made, committed to DVC's cache and dvc.lock.

Only outputs that Snakemake holds to be up to date are: `dvc commit` believes whatever it finds, and would
vouch for results of older params. `adopt` is the other direction.
"""

import logging
from pathlib import Path
from typing import Any

from dvc.repo import Repo, lock_repo

from ganmatrix.errors import UserError
from ganmatrix.params import Params
from ganmatrix.stages import digest, engines, news
from ganmatrix.stages.layout import Layout


def run(path: Path, params: Params, document: dict[str, Any]) -> str:
    """Commit all finished stages; returns a line that says how many. UserError if an engine fails."""
    if not engines.recorded(path):
        return f"not recorded in DVC: dvc.yaml describes {engines.RECORDED}, these results come from {path}"
    stages = engines.up_to_date(engines.snakemake("--summary"))
    # What is good to Snakemake was made of code and values as they stand; to DVC those are stages as well.
    for what in digest.known(params):
        digest.run(what, params, document, Layout())
        stages[engines.digest_name(what)] = True
    seen = not news.unseen()
    try:
        with Repo() as repo:
            finished = engines.closed({name for name, good in stages.items() if good}, engines.reads(repo))
            commit(repo, finished)
    except engines.DVC_ERRORS as error:
        raise UserError(f"DVC cannot record: {engines.explain(error)}") from None
    if seen:
        news.see()
    pending = len(stages) - len(finished)
    left_out = f"; {pending} are unfinished or out of date and were left out" if pending else ""
    return f"recorded {len(finished)} stages in DVC{left_out}"


def commit(repo: Repo, names: set[str]) -> None:
    """Commit those of the named stages that DVC does not hold yet.

    As `dvc commit --force NAMES` does, but reading and writing dvc.lock once instead of once a stage.
    """
    logging.getLogger("dvc").setLevel(logging.WARNING)
    with lock_repo(repo), engines.params_read_once():
        stages = [stage for stage in repo.index.stages if stage.addressing in names]
        changed = [stage for stage in stages if stage.status()]
        for stage in changed:
            stage.save()
            stage.commit()
        if changed:
            changed[0].dvcfile.dump_stages(changed, update_pipeline=False)
