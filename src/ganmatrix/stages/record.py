"""`record`: what Snakemake has made, committed to DVC's cache and dvc.lock.

Only outputs that Snakemake holds to be up to date are: `dvc commit` believes whatever it finds, and would
vouch for results of older params. `adopt` is the other direction.
"""

import hashlib
import logging
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from dvc.repo import Repo, lock_repo
from dvc.rwlock import rwlock

from ganmatrix.cell import Cell
from ganmatrix.errors import UserError
from ganmatrix.params import Params
from ganmatrix.stages import checksums, digest, engines, news
from ganmatrix.stages.layout import Layout


def run(path: Path, params: Params, document: dict[str, Any]) -> str:
    """Commit all finished stages; returns a line that says how many. UserError if an engine fails."""
    if not engines.recorded(path):
        return f"not recorded in DVC: dvc.yaml describes {engines.RECORDED}, these results come from {path}"
    stages = engines.up_to_date(engines.snakemake("--summary"))
    good = {name for name, good in stages.items() if good}
    edited = [name for name in good if not _genuine(name)]
    # What is good to Snakemake was made of code and values as they stand; to DVC those are stages as well.
    digested = digest.known(params)
    good |= {engines.digest_name(what) for what in digested}
    seen = not news.unseen()
    try:
        with Repo() as repo, lock_repo(repo):
            with _held(repo, Layout().digests):
                for what in digested:
                    digest.run(what, params, document, Layout())
            finished = engines.closed(good - set(edited), engines.reads(repo))
            commit(repo, finished)
    except engines.DVC_ERRORS as error:
        raise UserError(f"DVC cannot record: {engines.explain(error)}") from None
    if seen:
        news.see()
    pending = len(stages) + len(digested) - len(finished)
    line = f"recorded {len(finished)} stages in DVC"
    if pending:
        line += f"; {pending} are unfinished or out of date and were left out"
    if edited:
        line += f"; weights are not those that were trained: {', '.join(sorted(edited))}"
    return line


def _genuine(name: str) -> bool:
    """Whether a stage's weights, if it has any, are those that its checksum vouches for."""
    verb, _, cell_id = name.partition("@")
    if verb != "train":
        return True
    try:
        cell = Cell.parse(cell_id)
        weights = Layout().cell(cell_id).weights.read_bytes()
        checksums.verify(cell, hashlib.sha256(weights).hexdigest(), Layout())
    except (UserError, OSError):
        return False
    return True


def _held(repo: Repo, folder: Path) -> AbstractContextManager[None]:
    """Have the folder to oneself; LockError if a stage that runs has read it, or writes it."""
    hardlink = repo.config["core"].get("hardlink_lock", False)
    return rwlock(repo.tmp_dir, repo.fs, "ganmatrix record", [], [str(folder.resolve())], hardlink)


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
