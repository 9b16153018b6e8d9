"""`ganmatrix new`: a folder for a study of the user's own, which works with the installed package."""

import json
import re
import shutil
import subprocess
from pathlib import Path

from ganmatrix import imports, params
from ganmatrix.errors import UserError
from ganmatrix.params.messages import unknown_name
from ganmatrix.plan import TEMPLATES, Plan
from ganmatrix.stages import digest
from ganmatrix.store.files import as_json, blamed, write_text
from ganmatrix.store.layout import FOR_DVC, Layout

COPIED = (
    *("Snakefile", "dvc.yaml", ".gitignore", ".dvcignore"),
    *(".dvc/.gitignore", ".dvc/config", ".dvc/plots/*.json"),
    *("pipeline/cluster/*", "pipeline/rules/*.smk", "profiles/*/config.yaml"),
    *("data/raw/.gitignore", "data/raw/.dvc/.gitignore", "data/raw/.dvc/config", "data/raw/*.dvc"),
    *("examples/*.py", "examples/*.yaml", "examples/*.csv"),
    *("imports/README.md", "plugins/README.md", "reports/templates/*.ipynb"),
)
"""The files of a project besides its params."""

SCHEMA = "params.schema.json"
OF_CODE, ALWAYS = "      - src/ganmatrix\n", "    always_changed: true\n"

README = """# A study with ganmatrix

`params.yaml` states the study: datasets, architectures, methods, seeds, and the claims under test.

    ganmatrix check       # names all that is wrong with params.yaml
    snakemake --cores all # trains, scores and probes every cell, and renders reports/
    ganmatrix status      # says what is done
    ganmatrix show        # prints the scores and the verdicts

Read `reports/index.html`. After a change, run `snakemake --cores all` again: it recomputes only the results
that depend on the change.

`dvc repro` does the same work on the nodes of a cluster. DVC cannot see the code of an installed package.
So its first stage, `digest`, runs every time. It takes a second, and finds what a new version changed.

`reports/templates/` has the notebooks of the reports. `imports/` is for tables of results from elsewhere,
and `plugins/` for your own methods; `examples/` has one of each. `profiles/slurm` runs the jobs under SLURM.
"""


def run(folder: Path, start: str, images: Path | None) -> str:
    """Make the folder from `start`, a params file of pipeline/scales; a line that says what to do next.

    `images` is where the user's own images are, for the start `images`. UserError if the folder has
    files already, and then nothing was changed.
    """
    text = _params(start, images)
    if {"{", "}"} & {*str(folder.resolve())}:
        raise UserError(
            f"FOLDER is {folder}: DVC does not work below a folder with braces; choose another name"
        )
    if shutil.which("git") is None:
        raise UserError("git was not found, and DVC needs it; install git and run this again")
    is_new = not folder.exists()
    with blamed(folder):
        if not is_new and (not folder.is_dir() or any(folder.iterdir())):
            raise UserError(f"FOLDER is {folder}, which is not an empty folder; choose a new name")
        folder.mkdir(parents=True, exist_ok=True)
    try:
        with blamed(folder):
            _fill(folder, text)
    except BaseException:
        _empty(folder, is_new)
        raise
    return f"{folder}: made from `{start}`; next: cd {folder}, read params.yaml, then snakemake --cores all"


def shipped() -> Path:
    """Where a project's files lie: in the installed package, or in the clone that this code runs from."""
    packed = imports.PACKAGE / "project"
    return packed if packed.is_dir() else imports.PACKAGE.parents[1]


def _params(start: str, images: Path | None) -> str:
    """The text of the new params.yaml."""
    scales = {path.stem: path for path in sorted((shipped() / "pipeline/scales").glob("*.yaml"))}
    if start not in scales:
        raise UserError(unknown_name("--from", start, scales, "pipeline/scales"))
    if (start == "images") != (images is not None):
        needed = "is missing: where your images are" if images is None else "is only for --from images"
        raise UserError(f"IMAGES {needed}; the command is `ganmatrix new FOLDER --from images IMAGES`")
    text = re.sub(r"\$schema=\S+", f"$schema={SCHEMA}", scales[start].read_text(encoding="utf-8"), count=1)
    return text if images is None else _with_images(text, images)


def _with_images(text: str, images: Path) -> str:
    """The params with the user's folder of images, or of Parquet files."""
    if not images.exists():
        raise UserError(f"IMAGES is {images}, which does not exist; mend the path")
    files = [images] if images.is_file() else list(images.glob("*.parquet"))
    kind = "image_parquet" if files and files[0].suffix == ".parquet" else "image_folder"
    text = text.replace("kind: image_folder     # or image_parquet", f"kind: {kind}")
    return text.replace("train: data/raw/mine ", f"train: {json.dumps(str(images.resolve()))} ")


def _fill(folder: Path, text: str) -> None:
    home = shipped()
    for pattern in COPIED:
        for file in filter(Path.is_file, home.glob(pattern)):
            copy = folder / file.relative_to(home)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, copy)
    stages = (folder / "dvc.yaml").read_text(encoding="utf-8")
    command = "    cmd: ganmatrix digest\n"
    write_text(folder / "dvc.yaml", stages.replace(OF_CODE, "").replace(command, command + ALWAYS))
    write_text(folder / "README.md", README)
    write_text(folder / SCHEMA, params.schema())
    write_text(folder / "params.yaml", text)
    document, _ = params.load(folder / "params.yaml")
    plan = Plan(document, Layout(), folder / TEMPLATES)
    write_text(folder / FOR_DVC, as_json(digest.for_dvc(plan)))
    _repository(folder)


def _repository(folder: Path) -> None:
    """A git repository, unless the folder lies in one."""
    inside = ["git", "-C", str(folder), "rev-parse", "--is-inside-work-tree"]
    if subprocess.run(inside, capture_output=True, check=False).returncode == 0:
        return
    done = subprocess.run(
        ["git", "init", "--quiet", str(folder)], capture_output=True, check=False, text=True
    )
    if done.returncode:
        raise UserError(f"git cannot make a repository in {folder}: {' '.join(done.stderr.split())}")


def _empty(folder: Path, is_new: bool) -> None:
    """Remove what was written into a folder that had nothing."""
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    if is_new:
        folder.rmdir()
