"""The code of a stage is what it imports: all that its job loads, and no member that it does not use."""

import ast
from pathlib import Path

import pytest

from ganmatrix import imports
from ganmatrix.params import load
from ganmatrix.plan import Plan, Task
from ganmatrix.store.layout import Layout
from helpers.engines import HOME, Project, small_params

PACKAGE = HOME / "src" / "ganmatrix"

SHARED = {
    "columns": "names, and words about them",
    "errors": "two exceptions",
    "imports": "what this test is about",
    "limits": "refuses data that do not fit the params",
    "making": "asks, locks and publishes",
    "notebooks": "titles and imports of reports, which count themselves",
    "params": "values are compared themselves",
    "plan": "what depends on what",
    "runtime.checkpoints": "a run that goes on gives the same bytes",
    "runtime.devices": "which GPU is free",
    "runtime.granted": "cores and threads; the manifest names the threads",
    "runtime.progress": "lines on the terminal",
    "runtime.provenance": "times and hosts, which manifests leave out",
    "runtime.signals": "how a job is stopped",
    "store": "paths, reading and writing",
    "terminal": "printing",
}
"""What every stage may use and no number depends on."""

BESIDE = {"cell": "names, which `plan` and `limits` need in every stage"}
"""What shared modules load, and count only in the stages that import it themselves."""


@pytest.fixture
def small(tmp_path: Path) -> Plan:
    """The plan of the small params file."""
    path = tmp_path / "params.yaml"
    path.write_text(small_params())
    return Plan(load(path)[0], Layout(tmp_path), HOME / "reports" / "templates")


def sources(plan: Plan, stage: str, target: str = "") -> set[str]:
    return set(imports.sources(plan._roots(Task(stage, target))))


def test_what_counts_for_no_stage_is_listed_here() -> None:
    assert set(SHARED) == imports._SHARED
    for name in SHARED:
        path = PACKAGE / name.replace(".", "/")
        assert path.is_dir() or path.with_suffix(".py").is_file()


def test_only_the_params_name_code_in_a_text() -> None:
    """So that imports can be followed by reading the files; what the params choose, `plan` adds."""
    found = set()
    for path in PACKAGE.rglob("*.py"):
        names = {node.id for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Name)}
        if names & {"resolve_name", "import_module", "__import__", "exec", "eval"}:
            found.add(path.relative_to(PACKAGE).as_posix())
    assert found == {"params/kinds.py", "params/plugins.py"}


def test_packages_hold_names_only() -> None:
    """A package that is loaded on the way to a module is not followed."""
    for path in PACKAGE.glob("*/**/__init__.py"):
        name = path.parent.relative_to(PACKAGE).as_posix()
        body = [node for node in ast.parse(path.read_text()).body if not isinstance(node, ast.Expr)]
        assert not body or name.split("/")[0] in SHARED or name.startswith("reporting/"), name


@pytest.mark.parametrize(
    ("stage", "target", "used", "unused"),
    [
        (
            "prepare",
            "ring8",
            "datasets/points.py",
            "datasets/digits.py training/trainer.py",
        ),
        ("prepare", "digits", "datasets/digits.py", "datasets/points.py evaluation/kid.py"),
        (
            "train",
            "ring8-conventional-gan",
            "methods/gan.py methods/losses/logistic.py networks/mlp.py training/trainer.py cell.py "
            "runtime/compute.py",
            "methods/dat.py methods/losses/hinge.py networks/dcgan.py evaluation/kid.py probes/noise.py",
        ),
        (
            "train",
            "digits-resnet_sn-fargan",
            "methods/fargan.py methods/techniques/zero_gp.py networks/sngan_resnet.py",
            "methods/dat.py methods/techniques/r1.py networks/mlp.py networks/dcgan.py",
        ),
        ("evaluate", "digits-conventional-dat", "evaluation/kid.py networks/dcgan.py", "probes/noise.py"),
        ("probe", "digits-conventional-dat", "probes/noise.py methods/dat.py", "evaluation/kid.py"),
        ("transfer", "ring8", "probes/transfer.py methods/dat.py", "evaluation/kid.py networks/dcgan.py"),
        ("assemble", "", "results/claims.py", "training/trainer.py evaluation/kid.py reporting/page.py"),
        ("report", "claims", "reporting/page.py", "training/trainer.py stages/assemble.py"),
    ],
)
def test_members_count_where_they_are_used(
    stage: str, target: str, used: str, unused: str, small: Plan
) -> None:
    found = sources(small, stage, target)
    assert set(used.split()) - found == set()
    assert set(unused.split()) & found == set()
    assert f"stages/{stage}.py" in found
    for path in unused.split():
        assert (PACKAGE / path).is_file()


def test_a_digest_changes_with_a_file_s_bytes_and_name(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    digests = []
    for text in ("1\n", "2\n"):
        file.write_text(text)
        imports._file_digest.cache_clear()
        imports.digest.cache_clear()
        digests.append(imports.digest(frozenset(), (file,)))
    digests.append(imports.digest(frozenset(), (file.rename(tmp_path / "b.py"),)))
    assert len({*digests, imports.digest(frozenset())}) == 4


@pytest.mark.cluster
def test_all_that_a_job_loads_counts(smoke: Project) -> None:
    """Of reports the notebook runs in a process of its own; its imports stand in the template."""
    plan = Plan(load(smoke.root / "params.yaml")[0], smoke.layout, smoke.root / "reports" / "templates")
    for task in plan.tasks():
        for seed in plan.parts(task):
            name = smoke.layout.manifest(task.stage, task.target, seed)
            loaded = smoke.modules_of(name.relative_to(smoke.root).as_posix())
            followed = sources(plan, task.stage, task.target)
            assert loaded, task
            for module in loaded:
                parts = module.split(".")[1:]
                path = PACKAGE.joinpath(*parts)
                beside = {parts[0], ".".join(parts[:2])} & {*SHARED, *BESIDE, "cli"}
                if path.is_dir() or beside:
                    continue
                assert f"{'/'.join(parts)}.py" in followed, f"{task} loads {module}"
