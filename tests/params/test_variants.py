"""Variants and the lattice: the cells that they add, their names and values, and what is refused."""

import itertools
import json
from pathlib import Path

import pytest

from ganmatrix.cell import Cell, expand, find, resolved, stand_ins
from ganmatrix.errors import UserError
from ganmatrix.params import load
from ganmatrix.params.claims import Claim
from ganmatrix.plan import Plan, Task
from ganmatrix.store.layout import Layout
from helpers.stated import STATED

SEEDS = "seeds: [0, 1]"
ONE = ("architectures: [conventional, resnet_sn]", "architectures: [conventional]")
RING = ("datasets: [ring8, digits]", "datasets: [ring8]")
TWO = "variants: {slow: {recipe.optimizer.lr: 2e-4}, e4: {methods.as_gan.epsilon: 4/255}}"
LATTICE = """lattice:
    recipe.optimizer.beta1: [0.5, 0]
    recipe.discriminator_steps: [1, 5]
    methods.as_gan.epsilon: [1/255, 4/255]"""


def stated(project, text: str, *edits: tuple[str, str]):
    """The params of the small file with this below `grid`."""
    return load(project((SEEDS, f"{SEEDS}\n  {text}"), *edits))[0]


def ids(params) -> list[str]:
    return [cell.id for cell in expand(params)]


def test_variants_follow_the_cell_that_they_change(project):
    params = stated(project, TWO, ONE, RING)
    assert ids(params) == [
        "ring8-conventional-gan",
        "ring8-conventional-gan-slow",
        "ring8-conventional-as_gan",
        "ring8-conventional-as_gan-slow",
        "ring8-conventional-as_gan-e4",
        "ring8-conventional-dat",
        "ring8-conventional-dat-slow",
        "ring8-conventional-fargan",
        "ring8-conventional-fargan-slow",
    ]
    for cell in expand(params):
        assert find(params, cell.id, "ganmatrix cells") == Cell.of(cell.id) == cell == cell.run(1).cell
        assert cell.run(1).id == f"{cell.id}-1"


def test_a_variant_changes_what_it_states_and_nothing_else(project):
    params = stated(project, TWO)
    plain = resolved(params, Cell("ring8", "resnet_sn", "as_gan"))
    slow = resolved(params, Cell("ring8", "resnet_sn", "as_gan", "slow"))
    assert slow["recipe"]["optimizer"] == plain["recipe"]["optimizer"] | {
        "generator_lr": 2e-4,
        "discriminator_lr": 2e-4,
    }
    assert slow["method"] == plain["method"]
    assert {k: v for k, v in slow["recipe"].items() if k != "optimizer"} == {
        k: v for k, v in plain["recipe"].items() if k != "optimizer"
    }
    strong = resolved(params, Cell("ring8", "resnet_sn", "as_gan", "e4"))
    assert strong == plain | {"method": plain["method"] | {"epsilon": 4 / 255}}


def test_a_lattice_multiplies_out_and_is_named_after_what_a_method_sees(project):
    params = stated(project, LATTICE, ONE, RING)
    cells = expand(params)
    assert [cell.variant for cell in cells if cell.method == "gan"] == [
        "",
        "beta1_0_5_discriminator_steps_5",
        "beta1_0_discriminator_steps_1",
        "beta1_0_discriminator_steps_5",
    ]
    of_as_gan = [cell for cell in cells if cell.method == "as_gan"]
    assert len(of_as_gan) == 8
    assert of_as_gan[-1].variant == "beta1_0_discriminator_steps_5_epsilon_4_255"
    points = set()
    for cell in of_as_gan:
        of = resolved(params, cell)
        points.add(
            (of["recipe"]["optimizer"]["beta1"], of["recipe"]["discriminator_steps"], of["method"]["epsilon"])
        )
    assert points == set(itertools.product([0.5, 0], [1, 5], [1 / 255, 4 / 255]))


def test_no_two_cells_are_trained_alike(project):
    text = f"variants: {{all: {{recipe.optimizer.beta1: 0, methods.dat.threshold: 2.0}}}}\n  {LATTICE}"
    params = stated(project, text)
    seen = [json.dumps([c.dataset, c.architecture, c.method, resolved(params, c)]) for c in expand(params)]
    assert len(seen) == len(set(seen))
    names = {cell.id for cell in expand(params)}
    assert "ring8-conventional-dat-all" in names
    # `all` is the first to give the GAN these values, so that the lattice's point adds no cell.
    assert "ring8-conventional-gan-all" in names
    assert "ring8-conventional-gan-beta1_0_discriminator_steps_1" not in names
    assert "ring8-conventional-dat-beta1_0_discriminator_steps_1" in names


def test_stand_ins_have_the_values_of_the_variant(project):
    params = stated(project, f"{TWO}\n  {LATTICE}")
    found = stand_ins(params)
    assert found["ring8", "conventional", "e4", "gan"] == ""
    name = "beta1_0_discriminator_steps_5_epsilon_4_255"
    assert found["ring8", "conventional", name, "gan"] == "beta1_0_discriminator_steps_5"
    assert ("ring8", "conventional", name, "as_gan") not in found
    cells = {cell.id for cell in expand(params)}
    for (dataset, architecture, variant, method), standing in found.items():
        assert Cell(dataset, architecture, method, standing).id in cells
        assert Cell(dataset, architecture, method, variant).id not in cells


def test_an_architectures_own_recipe_gives_way_too(project):
    params = stated(
        project,
        "variants: {v: {recipe.generator_steps: 30, recipe.snapshots: []}}",
        (
            "snapshots: [10]",
            "snapshots: [10]\n    by_architecture: {resnet_sn: {generator_steps: 15, batch_size: 8}}",
        ),
    )
    plain, varied = (params.recipe("ring8", "resnet_sn", variant) for variant in ("", "v"))
    assert (plain.generator_steps, plain.batch_size) == (15, 8)
    assert (varied.generator_steps, varied.batch_size) == (30, 8)


def test_places_in_lists_are_numbers(project):
    params = stated(project, "lattice: {methods.fargan.techniques.0.weight: [1.0, 20.0]}", ONE, RING)
    [cell] = [cell for cell in expand(params) if cell.variant]
    assert cell.id == "ring8-conventional-fargan-weight_20"
    assert resolved(params, cell)["method"]["techniques"][0]["weight"] == 20


REFUSED = [
    (
        "variants: {slow: {recipe.optimiser.beta1: 0}}",
        "grid.variants.slow.recipe.optimiser: unknown key; did you mean optimizer?",
    ),
    (
        "variants: {slow: {recipe.optimizer.beta1: 1.5}}",
        "grid.variants.slow.recipe.optimizer.beta1 is 1.5; expected < 1",
    ),
    (
        "variants: {slow: {recipe.optimizer.lr: 2}}",
        "grid.variants.slow.recipe.optimizer.lr is 2; expected <= 1",
    ),
    ("variants: {slow: {recipe.optimizer.lr: fast}}", "grid.variants.slow.recipe.optimizer.lr is 'fast'"),
    ("variants: {e: {methods.as_gan.epsilon: -1}}", "grid.variants.e.methods.as_gan.epsilon is -1"),
    (
        "variants: {e: {methods.as_gan.epsilom: 1}}",
        "grid.variants.e.methods.as_gan.epsilom: unknown key; did you mean epsilon?",
    ),
    (
        "variants: {e: {methods.as_gam.epsilon: 1}}",
        "grid.variants.e.methods.as_gam.epsilon: as_gam is not among `methods` (choose from as_gan, dat, "
        "fargan, gan); did you mean as_gan?",
    ),
    (
        "variants: {e: {optimizer.beta1: 0}}",
        "grid.variants.e: optimizer.beta1 is no key of a recipe or a method; expected recipe.<key> or "
        "methods.<name>.<key>, such as recipe.optimizer.beta1",
    ),
    (
        "variants: {e: {recipe.optimizer.lr: 0.1, recipe.optimizer.generator_lr: 0.2}}",
        "grid.variants.e: recipe.optimizer.lr and recipe.optimizer.generator_lr set the same value",
    ),
    (
        "lattice: {recipe.optimizer.discriminator_lr: [0.1, 0.2], recipe.optimizer.lr: [0.3, 0.4]}",
        "grid.lattice: recipe.optimizer.discriminator_lr and recipe.optimizer.lr set the same value",
    ),
    (
        "variants: {e: {recipe.optimizer: {kind: sgd}, recipe.optimizer.lr: 0.2}}",
        "grid.variants.e: recipe.optimizer and recipe.optimizer.lr set the same value",
    ),
    ("variants: {e: {recipe: 0}}", "grid.variants.e: recipe is no key of a recipe or a method"),
    ("variants: {e: {methods.gan: 0}}", "grid.variants.e: methods.gan is no key of a recipe or a method"),
    ("variants: {e: {}}", "grid.variants.e is empty; expected at least 1 entry"),
    ("variants: {'4': {recipe.batch_size: 8}}", "grid.variants: the name 4 is a number, as seeds are"),
    ("variants: {A-b: {recipe.batch_size: 8}}", "grid.variants: the name 'A-b' is ill-formed"),
    ("variants: {e: {recipe.batch_size: 16}}", "grid.variants.e adds no cell"),
    (
        "variants: {e: {recipe.batch_size: 8}, f: {recipe.batch_size: 8}}",
        "grid.variants.f adds no cell",
    ),
    ("lattice: {recipe.batch_size: 8}", "grid.lattice.recipe.batch_size is 8; expected a list"),
    ("lattice: {recipe.batch_size: []}", "grid.lattice.recipe.batch_size is empty"),
    ("lattice: {recipe.batch_size: [8, 8]}", "grid.lattice: two variants would be called batch_size_8"),
    ("lattice: {recipe.batch_size: [8, 1]}", "grid.lattice.recipe.batch_size is 1; expected >= 2"),
    ("lattice: {recipe.decay: [{kind: constant}]}", "grid.lattice.recipe.decay is [{'kind': 'constant'}]"),
    (
        f"lattice: {{recipe.batch_size: {list(range(2, 60))}, recipe.ema_half_life: {list(range(1, 60))}}}",
        "it has 3,422 points; expected at most 1,000",
    ),
    (
        "variants: {e: {recipe.generator_steps: 5}}",
        "grid.variants.e: with e, recipes.ring8.snapshots names step 10; expected <= generator_steps, 5",
    ),
    (
        "variants: {e: {methods.fargan.fake_as_real_share: 0.01}}",
        "grid.variants.e: with e, methods.fargan.fake_as_real_share is 0.01, which is less than one sample",
    ),
    (
        "variants: {e: {recipe.generator_steps: 30}}",
        "with e, recipes.ring8 follows scores at steps 10, 30, and without it at 10, 20; leave the steps",
    ),
    ("trains_within: 2.0", "grid.trains_within is given, but the grid has neither variants nor a lattice"),
    (f"{TWO}\n  trains_within: 1.0", "grid.trains_within is 1.0; expected > 1"),
]


@pytest.mark.parametrize(("text", "line"), REFUSED)
def test_what_does_not_fit_is_one_line_that_names_the_key(text, line, project):
    path = project((SEEDS, f"{SEEDS}\n  {text}"))
    with pytest.raises(UserError) as error:
        load(path)
    assert str(error.value).startswith(f"{path}: ")
    assert line in str(error.value)
    assert "\n" not in str(error.value)


def test_a_method_outside_the_grid_has_no_variants(project):
    with pytest.raises(UserError, match=r"e\.methods\.dat\.threshold: dat is not in grid\.methods; add it"):
        stated(
            project,
            "variants: {e: {methods.dat.threshold: 2.0}}",
            ("[gan, as_gan, dat, fargan]", "[gan, as_gan, fargan]"),
        )


def test_an_id_that_no_folder_could_carry_is_refused(project):
    long = "v" * 60
    with pytest.raises(UserError, match=r"has a name of \d+ characters; expected at most 200"):
        stated(
            project,
            f"variants: {{{long}: {{recipe.batch_size: 8}}}}",
            ("[ring8, digits]", f"[{'d' * 60}]"),
            ("datasets:\n  ring8", f"datasets:\n  {'d' * 60}"),
            ("recipes:\n  ring8", f"recipes:\n  {'d' * 60}"),
            ("  digits: *short", ""),
            ("[conventional, resnet_sn]", f"[{'c' * 60}]"),
            ("architectures:\n  conventional", f"architectures:\n  {'c' * 60}"),
            ("[gan, as_gan, dat, fargan]", f"[{'m' * 60}]"),
            ("methods:\n  gan", f"methods:\n  {'m' * 60}"),
        )


def _digests(params) -> dict[Task, dict]:
    plan = Plan(params, Layout(), Path("nowhere"))
    return {task: plan.digest(task) for task in plan.tasks()}


def test_editing_a_variant_changes_the_digests_of_its_cells_alone(project):
    before = _digests(stated(project, TWO))
    after = _digests(stated(project, TWO.replace("4/255", "8/255")))
    assert before.keys() == after.keys()
    changed = {str(task) for task in before if before[task] != after[task]}
    cells = itertools.product(("ring8", "digits"), ("conventional", "resnet_sn"))
    assert changed == {f"train {d}-{a}-as_gan-e4" for d, a in cells} | {"assemble"}


def test_stating_variants_changes_no_digest_of_the_cells_without(project):
    before = _digests(load(project())[0])
    after = _digests(stated(project, TWO))
    assert {str(task) for task in before if before[task] != after[task]} == {"assemble"}
    added = {task for task in after if task not in before}
    assert {task.stage for task in added} == {"train", "evaluate", "probe"}
    assert all(Cell.of(task.target).variant for task in added)


def test_a_grid_that_states_none_is_written_as_before(project):
    """So its digests, and those of its claims, are what they were."""
    plain, *_ = load(project())
    assert list(plain.grid.model_dump()) == ["datasets", "architectures", "methods", "seeds"]
    claim = Claim(
        **STATED,
        metric="m",
        method="dat",
        baseline="gan",
        direction="lower",
        effect="difference",
        smallest_effect=0,
    )
    assert "variants" not in claim.model_dump()
    assert claim.model_copy(update={"variants": []}).model_dump()["variants"] == []
    assert {len(cell.id.split("-")) for cell in expand(plain)} == {3}
    assert stand_ins(plain) == {}
