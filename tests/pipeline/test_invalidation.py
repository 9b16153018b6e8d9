"""One change at a time: what is no longer current, no more and no fewer.

Every row is asked of the plan, which verbs, readers and `ganmatrix status` ask, over a made-up grid. Some are
asked of both engines too, over the smoke matrix. What a change touches itself is written down by hand here;
what follows from that is found by this file's own rules, not by the plan's.
"""

import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from ganmatrix import imports
from ganmatrix.cell import Cell
from ganmatrix.params import load
from ganmatrix.plan import Plan
from ganmatrix.store.layout import Layout
from helpers.engines import HOME, REPORTS, Project, small_params
from helpers.fakes import publish_all

PARAMS = (
    (
        small_params()
        .replace("dat, fargan]", "dat, fargan, wide]")
        .replace("\n  dat: {", "\n  wide: {kind: as_gan, epsilon: 8/255, warm_up: 0}\n  dat: {")
        .replace("claims: {}\n", "")
    )
    + """
claims:
  as_gan_fid:
    paper: as_gan
    sentence: Adversarial training on reals lowers FID.
    quote: '[...] 10%-50% [...] additional 25% computation cost'
    source: arXiv 1912.09670v1
    where: abstract; later versions name no figures
    setting: {datasets: [cifar10, cifar100, celeba, lsun_bedroom], baseline: a GAN of the same networks}
    metric: fid_efficientnet_lite0_ema
    method: as_gan
    baseline: gan
    direction: lower
    effect: relative
    smallest_effect: 0.1
"""
)
CODE, TEMPLATES = "src/ganmatrix/", "reports/templates/"
PAGES = tuple(REPORTS)
SCORES = ("evaluate", "probe")


@dataclass(frozen=True)
class Grid:
    """The names of a grid, and all that is made of it, in Snakemake's words."""

    datasets: tuple[str, ...]
    architectures: tuple[str, ...]
    methods: tuple[str, ...]

    @property
    def cells(self) -> list[Cell]:
        return [Cell(d, a, m) for d in self.datasets for a in self.architectures for m in self.methods]

    def of(self, verb: str, dataset: str = "", architecture: str = "", method: str = "") -> set[str]:
        """What the verb makes, or its part of a dataset, an architecture, a method."""
        if verb in ("prepare", "reference", "transfer"):
            return {f"{verb} {name}" for name in self.datasets if dataset in ("", name)}
        if verb == "report":
            return {f"report {page}" for page in PAGES}
        if verb == "assemble":
            return {verb}
        return {
            f"{verb} {cell.id}"
            for cell in self.cells
            if dataset in ("", cell.dataset)
            and architecture in ("", cell.architecture)
            and method in ("", cell.method)
        }

    def follows(self, job: str) -> set[str]:
        """What reads what this makes, in one step."""
        verb, _, name = job.partition(" ")
        dataset = name.partition("-")[0]
        if verb == "prepare":
            cells = set().union(*(self.of(each, name) for each in ("train", *SCORES)))
            return cells | {f"reference {name}", f"transfer {name}"}
        if verb == "reference":
            return self.of("evaluate", name)
        if verb == "train":
            return {f"evaluate {name}", f"probe {name}", f"transfer {dataset}"} | self.of("assemble")
        if verb in (*SCORES, "transfer"):
            return self.of("assemble")
        return self.of("report") if verb == "assemble" else set()

    def closure(self, jobs: Iterable[str]) -> set[str]:
        """These and all that follows from them."""
        found: set[str] = set()
        waiting = set(jobs)
        while waiting:
            job = waiting.pop()
            if job not in found:
                found.add(job)
                waiting |= self.follows(job)
        return found


SMALL = Grid(("ring8", "digits"), ("conventional", "resnet_sn"), ("gan", "as_gan", "dat", "fargan", "wide"))
SMOKE = Grid(("ring8", "digits"), ("conventional",), ("gan", "as_gan"))


@dataclass(frozen=True)
class Change:
    """An edit of a file, and what it touches itself. Without `old` the text comes to the file's end."""

    file: str
    old: str
    new: str
    touches: Callable[[Grid], set[str]]

    def applied(self, text: str) -> str:
        assert self.old in text, self.old
        return text.replace(self.old, self.new, 1) if self.old else text + self.new


def params(old: str, new: str, *verbs: str, **names: str) -> Change:
    return Change("params.yaml", old, new, _all(verbs, names))


def code(file: str, *verbs: str, **names: str) -> Change:
    """A line at the end of a source file."""
    return Change(CODE + file, "", "# changed\n", _all(verbs, names))


def grid(old: str, new: str, touches: Callable[[Grid], set[str]]) -> Change:
    return Change("params.yaml", old, new, touches)


def _all(verbs: Iterable[str], names: dict[str, str]) -> Callable[[Grid], set[str]]:
    return lambda grid: set().union(*(grid.of(verb, **names) for verb in verbs))


OF_WEIGHTS = ("train", *SCORES, "transfer")

CHANGES = {
    "a method": params("threshold: 1.0", "threshold: 2.0", "train", method="dat"),
    "a method's technique": params("weight: 1.0", "weight: 2.0", "train", method="fargan"),
    "a recipe": params(
        "digits: *short", "digits: {<<: *short, generator_steps: 30}", "train", dataset="digits"
    ),
    "an architecture": params(
        "points: {latent: 4, width: 8, depth: 1}",
        "points: {latent: 4, width: 9, depth: 1}",
        "train",
        architecture="resnet_sn",
    ),
    "a dataset": params("radius: 0.8", "radius: 0.7", "prepare", "assemble", dataset="ring8"),
    "scores of points": params("{samples: 200", "{samples: 201", "reference", dataset="ring8"),
    "scores of images": params("kid_subsets: 2", "kid_subsets: 3", "reference", dataset="digits"),
    "neighbours": params("neighbours: 5", "neighbours: 4", "reference", dataset="digits"),
    "an extractor": params("input_size: 32", "input_size: 64", "reference", "evaluate", dataset="digits"),
    "checkpoints": params("[init, ema]", "[ema]", "evaluate"),
    "curves": params("curves: {samples: 100}", "curves: {samples: 101}", "evaluate"),
    "probes' samples": params("  samples: 16", "  samples: 17", "probe", "transfer"),
    "probes' strengths": params("0.02, 0.1]", "0.02, 0.2]", "probe", "transfer"),
    "a claim": params("smallest_effect: 0.1", "smallest_effect: 0.2", "assemble"),
    "a study's title": params("grid:", "study: {title: Another}\ngrid:", "report"),
    "a comment": params("grid:", "# changed\ngrid:"),
    "the order of keys": params(
        "{kind: dat, threshold: 1.0, reduction: mean}", "{reduction: mean, threshold: 1.0, kind: dat}"
    ),
    "a default written out": params("{kind: gan, loss: non_saturating}", "{kind: gan}"),
    "a method that no cell uses": params("\nmethods:\n", "\nmethods:\n  another: {kind: gan}\n"),
    "a dataset that no cell uses": params("resolution: 32, short_side: 64", "resolution: 32, short_side: 96"),
    "another seed": grid(
        "seeds: [0, 1]",
        "seeds: [0, 1, 2]",
        lambda grid: set().union(*(grid.of(verb) for verb in OF_WEIGHTS)),
    ),
    "a seed less": grid("seeds: [0, 1]", "seeds: [0]", lambda grid: grid.of("assemble")),
    "a method less": grid("fargan, wide]", "fargan]", lambda grid: grid.of("transfer") | grid.of("assemble")),
    "a dataset less": grid("[ring8, digits]", "[ring8]", lambda grid: grid.of("assemble")),
    "datasets/points.py": code("datasets/points.py", "prepare", dataset="ring8"),
    "datasets/digits.py": code("datasets/digits.py", "prepare", dataset="digits"),
    "datasets/cifar.py": code("datasets/cifar.py"),
    "methods/dat.py": code("methods/dat.py", *OF_WEIGHTS, method="dat"),
    "methods/gman.py, which probes ask about": code("methods/gman.py", "probe"),
    "methods/method.py": code("methods/method.py", *OF_WEIGHTS),
    "methods/losses/hinge.py": code("methods/losses/hinge.py", *OF_WEIGHTS, method="dat"),
    "methods/losses/wasserstein.py": code("methods/losses/wasserstein.py"),
    "methods/techniques/zero_gp.py": code("methods/techniques/zero_gp.py", *OF_WEIGHTS, method="fargan"),
    "methods/techniques/vat.py": code("methods/techniques/vat.py"),
    "networks/dcgan.py": code(
        "networks/dcgan.py", *OF_WEIGHTS, dataset="digits", architecture="conventional"
    ),
    "networks/as_gan_resnet.py": code("networks/as_gan_resnet.py"),
    "training/trainer.py": code("training/trainer.py", "train"),
    "training/seeding.py": code("training/seeding.py", *OF_WEIGHTS),
    "evaluation/kid.py": code("evaluation/kid.py", "reference", "evaluate"),
    "evaluation/floors.py": code("evaluation/floors.py", "reference"),
    "evaluation/neighbours.py": code("evaluation/neighbours.py", "reference", "evaluate"),
    "evaluation/efficientnet_lite0.py": code(
        "evaluation/efficientnet_lite0.py", "reference", "evaluate", dataset="digits"
    ),
    "evaluation/inception.py": code("evaluation/inception.py"),
    "probes/corruptions.py": code("probes/corruptions.py", "probe"),
    "probes/pgd.py": code("probes/pgd.py", "probe", "transfer"),
    "results/comparisons.py": code("results/comparisons.py", "assemble"),
    "results/statistics.py": code("results/statistics.py", "assemble", "report"),
    "reporting/page.py": code("reporting/page.py", "report"),
    "reporting/training_curves.py": Change(
        CODE + "reporting/training_curves.py", "", "# changed\n", lambda grid: {"report stability"}
    ),
    "reporting/assets/page.css": Change(
        CODE + "reporting/assets/page.css", "", "/* changed */\n", lambda grid: grid.of("report")
    ),
    "a template": Change(TEMPLATES + "claims.ipynb", "", "\n", lambda grid: {"report claims"}),
    "a report's title": Change(
        TEMPLATES + "claims.ipynb", '"title": "', '"title": "All ', lambda grid: grid.of("report")
    ),
    "stages/prepare.py": code("stages/prepare.py", "prepare"),
    "stages/transfer.py": code("stages/transfer.py", "transfer"),
    "a method joins": code("params/methods.py"),
    "a loss joins": code("params/losses.py"),
    "a technique joins": code("params/techniques.py"),
    "a dataset kind joins": code("params/datasets.py"),
    "an architecture joins": code("params/architectures.py"),
    "an extractor joins": code("params/evaluation.py"),
    "cli.py": code("cli.py"),
    "plan.py": code("plan.py"),
    "store/files.py": code("store/files.py"),
    "runtime/progress.py": code("runtime/progress.py"),
    "stages/status.py": code("stages/status.py"),
    "terminal/tables.py": code("terminal/tables.py"),
}


def plan_of(root: Path) -> Plan:
    return Plan(load(root / "params.yaml")[0], Layout(root), root / TEMPLATES)


@pytest.fixture(scope="module")
def made_up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with a whole grid, and with the code and the templates that it is made from."""
    root = tmp_path_factory.mktemp("made_up")
    shutil.copytree(HOME / CODE, root / CODE, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(HOME / TEMPLATES, root / TEMPLATES)
    (root / "params.yaml").write_text(PARAMS)
    cached = (imports._imported, imports._file, imports._file_digest, imports.digest)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(imports, "PACKAGE", root / CODE)
        for function in cached:
            function.cache_clear()
        publish_all(plan_of(root))
        assert not_current(root) == {}
        yield root
        assert not_current(root) == {}
    for function in cached:
        function.cache_clear()


@contextmanager
def changed(root: Path, change: Change) -> Iterator[None]:
    path = root / change.file
    before = path.read_text()
    path.write_text(change.applied(before))
    try:
        yield
    finally:
        path.write_text(before)


def not_current(root: Path) -> dict[str, set[int | None]]:
    """The tasks that are not current, and of which seeds."""
    imports._file_digest.cache_clear()
    imports.digest.cache_clear()
    plan = plan_of(root)
    found: dict[str, set[int | None]] = {}
    for task in plan.tasks():
        for part in plan.parts(task):
            if not plan.state(task, part).is_current:
                found.setdefault(str(task), set()).add(part)
    return found


def digests(root: Path) -> dict[str, object]:
    """What `ganmatrix digest` writes of each task."""
    imports._file_digest.cache_clear()
    imports.digest.cache_clear()
    plan = plan_of(root)
    return {str(task): plan.digest(task) for task in plan.tasks()}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_outdates_what_it_touches_and_what_follows(name: str, made_up: Path) -> None:
    change = CHANGES[name]
    with changed(made_up, change):
        expected = SMALL.closure(change.touches(SMALL))
        assert set(not_current(made_up)) == expected
        now = digests(made_up)
    before = digests(made_up)
    asked = SMALL.closure(task for task, digest in now.items() if digest != before[task])
    # Of a seed less the engines ask all verbs, which are up to date.
    assert asked == expected or (name == "a seed less" and asked > expected)


def test_of_a_new_seed_the_others_stay(made_up: Path) -> None:
    with changed(made_up, CHANGES["another seed"]):
        seeds = {task: seeds for task, seeds in not_current(made_up).items() if seeds != {None}}
    assert set(map(frozenset, seeds.values())) == {frozenset({2})}
    assert set(seeds) == set().union(*(SMALL.of(verb) for verb in OF_WEIGHTS))


def test_a_new_method_in_a_file_of_its_own_outdates_nothing(made_up: Path) -> None:
    """File, section of params and use, as CONTRIBUTING.md says: its own cells are missing, no others."""
    new = made_up / CODE / "methods" / "another.py"
    new.write_text("from ganmatrix.methods.gan import Gan\n")
    joins = Change(
        "params.yaml",
        "\nmethods:\n",
        "\nmethods:\n  another: {kind: gan, loss: saturating}\n",
        lambda _: set(),
    )
    used = Change("params.yaml", "wide]", "wide, another]", lambda _: set())
    try:
        with (
            changed(made_up, CHANGES["a method joins"]),
            changed(made_up, joins),
        ):
            assert not_current(made_up) == {}
            with changed(made_up, used):
                found = set(not_current(made_up))
    finally:
        new.unlink()
    cells = {task for task in found if task.endswith("-another")}
    assert len(cells) == 3 * 4
    assert found - cells == SMALL.of("transfer") | SMALL.of("assemble") | SMALL.of("report")


@pytest.fixture(scope="module")
def project(smoke: Project, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """The smoke matrix; with all changes taken back, neither engine has anything to do."""
    project = smoke.copy(tmp_path_factory.mktemp("invalidation") / "project")
    yield project
    assert project.snakemake_has_nothing_to_do()
    assert project.dvc_is_clean()


ASKED = {
    "a method": params("epsilon: 1/255", "epsilon: 2/255", "train", method="as_gan"),
    "scores of points": params("{samples: 500", "{samples: 400", "reference", dataset="ring8"),
    "probes' samples": params("  samples: 32", "  samples: 16", "probe", "transfer"),
    "a dataset": params("radius: 0.8", "radius: 0.7", "prepare", "assemble", dataset="ring8"),
    "a method less": grid(
        "methods: [gan, as_gan]", "methods: [gan]", lambda grid: grid.of("transfer") | grid.of("assemble")
    ),
    **{
        name: CHANGES[name]
        for name in (
            "a claim",
            "another seed",
            "training/trainer.py",
            "evaluation/neighbours.py",
            "results/statistics.py",
            "a template",
            "a method joins",
        )
    },
}
COUNTS_FOR_NOTHING = [
    CHANGES["a comment"],
    CHANGES["cli.py"],
    Change("pipeline/rules/cells.smk", "", "# changed\n", lambda grid: set()),
    Change("profiles/default/config.yaml", "", "# changed\n", lambda grid: set()),
]


@pytest.mark.cluster
@pytest.mark.parametrize("name", ASKED)
def test_both_engines_ask_for_it(name: str, project: Project) -> None:
    """Snakemake names all that follows. DVC names what was touched, and the rest once that came out anew."""
    change = ASKED[name]
    touched = change.touches(SMOKE)
    with changed(project.root, change):
        assert project.states() == SMOKE.closure(touched)
        assert project.outdated_in_snakemake() == SMOKE.closure(touched)
        project.succeed("ganmatrix", "digest")
        in_dvc = project.outdated_in_dvc() - {"digest"}
        assert in_dvc <= SMOKE.closure(touched)
        assert SMOKE.closure(in_dvc) == SMOKE.closure(touched)
    project.succeed("ganmatrix", "digest")


@pytest.mark.cluster
def test_neither_engine_asks_for_what_counts_for_nothing(project: Project) -> None:
    with ExitStack() as changes:
        for change in COUNTS_FOR_NOTHING:
            assert change.touches(SMOKE) == set()
            changes.enter_context(changed(project.root, change))
        assert project.states() == set()
        assert project.snakemake_has_nothing_to_do()
        project.succeed("ganmatrix", "digest")
        assert project.outdated_in_dvc() <= {"digest"}
    project.succeed("ganmatrix", "digest")
