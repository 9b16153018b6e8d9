"""One change at a time: what must be made again, in both engines, no more and no fewer.

Snakemake is asked with `snakemake -n`. DVC is asked with `dvc repro --dry --force-downstream`: `dvc status`
names only what changed itself, and a plain dry run stops there too, since nothing has been made anew.
Both answers are upper bounds in the same sense: a stage that comes out the same saves DVC what follows.
"""

import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass

import pytest
from engines import Project

pytestmark = pytest.mark.cluster

DATASETS, METHODS = ("ring8", "digits"), ("gan", "as_gan")
PAGES = ("index", "claims", "results_matrix", "robustness", "stability")
CELLS = [f"{data}-conventional-{method}-0" for data in DATASETS for method in METHODS]
CODE = "src/ganmatrix/"


@dataclass(frozen=True)
class Change:
    """An edit of one file, the jobs that it changes themselves, and the verbs whose code it is.

    `digest` is what it changes of what DVC has digests of besides code: `methods as_gan`.

    With another grid what follows cannot be told from the smoke grid's jobs: `gathers` lists all of it.
    """

    file: str
    old: str
    new: str
    jobs: frozenset[str] = frozenset()
    verbs: tuple[str, ...] = ()
    digest: str = ""
    gathers: bool = False

    def outdates(self) -> set[str]:
        """All jobs that must run again."""
        if self.gathers:
            return self.jobs | of("assemble") | of("report")
        return closure(self.jobs.union(*(of(verb) for verb in self.verbs)))


def of(verb: str, dataset: str = "", method: str = "") -> set[str]:
    """All jobs of the verb in the smoke grid, or those of one dataset or method."""
    if verb in ("prepare", "reference", "transfer"):
        return {f"{verb} {name}" for name in DATASETS if dataset in ("", name)}
    if verb == "report":
        return {f"report {page}" for page in PAGES}
    if verb == "assemble":
        return {verb}
    return {
        f"{verb} {cell}"
        for cell in CELLS
        if cell.startswith(dataset) and (not method or f"-{method}-" in cell)
    }


def what_follows(job: str) -> set[str]:
    """The jobs that read what this one makes, in one step."""
    verb, _, name = job.partition(" ")
    dataset = name.partition("-")[0]
    if verb == "prepare":
        return of("reference", name) | of("train", name)
    if verb == "reference":
        return of("evaluate", name)
    if verb == "train":
        return {f"evaluate {name}", f"probe {name}", f"transfer {dataset}"}
    return {"evaluate": of("assemble"), "probe": of("assemble"), "transfer": of("assemble")}.get(
        verb, of("report") if verb == "assemble" else set()
    )


def closure(jobs: Iterable[str]) -> set[str]:
    """These jobs and all that follows from them."""
    found: set[str] = set()
    waiting = set(jobs)
    while waiting:
        job = waiting.pop()
        if job not in found:
            found.add(job)
            waiting |= what_follows(job)
    return found


def params(old: str, new: str, *jobs: set[str], digest: str = "") -> Change:
    return Change("params.yaml", old, new, frozenset().union(*jobs), digest=digest)


def grid(old: str, new: str, *jobs: set[str]) -> Change:
    return Change("params.yaml", old, new, frozenset().union(*jobs), gathers=True)


def code(file: str, *verbs: str) -> Change:
    """A line at the end of a source file that these verbs reach."""
    return Change(CODE + file, "", "# changed\n", verbs=verbs)


def nothing(file: str, text: str = "\n# changed\n") -> Change:
    return Change(file, "", text)


def seed(number: int) -> set[str]:
    """The stages of the cells of another seed."""
    return {f"{verb} {cell[:-1]}{number}" for verb in ("train", "evaluate", "probe") for cell in CELLS}


CELL_VERBS = ("train", "evaluate", "probe", "transfer")
CHANGES = {
    "a method's hyperparameter": params(
        "epsilon: 1/255", "epsilon: 2/255", of("train", method="as_gan"), digest="methods as_gan"
    ),
    "a recipe": params(
        "digits: *short",
        "digits: {<<: *short, generator_steps: 11}",
        of("train", "digits"),
        digest="recipes digits",
    ),
    "a dataset's value": params("radius: 0.8", "radius: 0.7", of("prepare", "ring8")),
    "an evaluation of images": params(
        "kid_subsets: 4", "kid_subsets: 3", of("evaluate"), digest="evaluation"
    ),
    "an evaluation of points": params(
        "points: {samples: 500}", "points: {samples: 400}", of("evaluate"), digest="evaluation"
    ),
    "what the reference holds too": params(
        "neighbours: 5", "neighbours: 4", of("reference"), of("evaluate"), digest="evaluation"
    ),
    "a probe": params("  samples: 32", "  samples: 31", of("probe"), of("transfer"), digest="probes"),
    "a claim": params("smallest_effect: 0.1", "smallest_effect: 0.2", of("assemble")),
    "an architecture": params("width: 16", "width: 17", of("train"), digest="architectures conventional"),
    "a method that no cell uses": params("methods:\n  gan:", "methods:\n  other: {kind: gan}\n  gan:"),
    "a comment": params("grid:", "# changed\ngrid:"),
    "the order of keys": params(
        "{kind: as_gan, epsilon: 1/255, warm_up: 0}", "{warm_up: 0, epsilon: 1/255, kind: as_gan}"
    ),
    "one more seed": grid("seeds: [0]", "seeds: [0, 1]", seed(1), of("transfer")),
    "one method less": grid("methods: [gan, as_gan]", "methods: [gan]", of("transfer")),
    "one dataset less": grid("datasets: [ring8, digits]", "datasets: [ring8]"),
    "params/claims.py": code("params/claims.py", "assemble", "report"),
    "params/evaluation.py": code("params/evaluation.py", "reference", "evaluate"),
    "params/recipes.py": code("params/recipes.py", "train"),
    "params/consistency.py": nothing(CODE + "params/consistency.py"),
    "cell.py": code("cell.py", *CELL_VERBS, "assemble", "report"),
    "datasets/digits.py": code("datasets/digits.py", "prepare"),
    "networks/dcgan.py": code("networks/dcgan.py", *CELL_VERBS),
    "methods/as_gan.py": code("methods/as_gan.py", *CELL_VERBS),
    "training/trainer.py": code("training/trainer.py", "train"),
    "training/seeding.py": code("training/seeding.py", *CELL_VERBS),
    "evaluation/kid.py": code("evaluation/kid.py", "reference", "evaluate"),
    "probes/noise.py": code("probes/noise.py", "probe", "transfer"),
    "results/claims.py": code("results/claims.py", "assemble", "report"),
    "reporting/drawing.py": code("reporting/drawing.py", "report"),
    "reporting/assets/page.css": Change(
        CODE + "reporting/assets/page.css", "", "/* changed */\n", verbs=("report",)
    ),
    "stages/prepare.py": code("stages/prepare.py", "prepare"),
    "stages/transfer.py": code("stages/transfer.py", "transfer"),
    "stages/pictures.py": code("stages/pictures.py", "train", "evaluate", "probe"),
    "stages/files.py": nothing(CODE + "stages/files.py"),
    "cli.py": nothing(CODE + "cli.py"),
    "a template": Change("reports/templates/claims.ipynb", "", "\n", frozenset({"report claims"})),
    "a profile": nothing("profiles/default/config.yaml"),
    "another scale": nothing("pipeline/scales/small.yaml"),
    "a comment in a rule's file": nothing("pipeline/rules/training.smk"),
    "the Makefile": nothing("Makefile"),
    "the README": nothing("README.md"),
}


@pytest.fixture(scope="module")
def project(smoke: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    return smoke.copy(tmp_path_factory.mktemp("invalidation") / "project")


def outdated_in_dvc(project: Project) -> set[str]:
    """What `dvc repro` would run if every stage that runs came out differently."""
    listed = project.succeed(sys.executable, "-m", "dvc", "repro", "--dry", "--force-downstream")
    return {name.replace("@", " ") for name in re.findall(r"(?m)^Running stage '(.+)':$", listed)}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_outdates_what_it_touches(name: str, project: Project) -> None:
    change = CHANGES[name]
    expected = change.outdates()
    path = project.root / change.file
    before = path.read_text()
    if change.old:
        project.replace(change.file, change.old, change.new)
    else:
        path.write_text(before + change.new)
    try:
        in_dvc = outdated_in_dvc(project)
        digests = {job for job in in_dvc if job.startswith("digest-")}
        assert project.outdated_in_snakemake() == expected
        assert in_dvc - digests == expected
        assert digests == {f"digest-{what}" for what in (*change.verbs, change.digest) if what}
    finally:
        path.write_text(before)


def test_once_undone_nothing_is_left_to_do(project: Project) -> None:
    assert project.snakemake_has_nothing_to_do()
    assert outdated_in_dvc(project) == set()
    assert project.dvc_is_clean()


def test_an_edit_that_was_digested_and_undone_costs_nothing(project: Project) -> None:
    source = project.root / CODE / "training" / "trainer.py"
    before = source.read_text()
    source.write_text(before + "# changed\n")
    project.dvc("repro", "digest-train")
    assert {job for job in outdated_in_dvc(project) if job.startswith("train ")} == of("train")
    assert of("train") <= project.outdated_in_snakemake()
    source.write_text(before)
    assert project.snakemake_has_nothing_to_do()
    project.dvc("repro", "digest-train")
    assert outdated_in_dvc(project) == set()
