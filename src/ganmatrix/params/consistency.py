"""Contradictions between sections of params.yaml that are valid one by one."""

import itertools
from collections.abc import Iterable, Iterator
from typing import Any

from ganmatrix.params.claim_consistency import claim_problems
from ganmatrix.params.datasets import Points
from ganmatrix.params.messages import unknown_name
from ganmatrix.params.params import Params
from ganmatrix.params.recipes import Recipe
from ganmatrix.params.variant_consistency import variant_problems
from ganmatrix.params.variants import listed

MOST_RUNS = 10_000_000
"""The most cells of a grid. Even listing more would take over a minute."""

GridRecipes = dict[tuple[str, str], tuple[str, Recipe]]
"""A dataset and an architecture of the grid -> the key of their recipe, and the recipe."""


def inconsistencies(params: Params) -> Iterator[str]:
    """Every unknown name, and every value that contradicts another. Some are repeated.

    If names are wrong, values are not checked. If other values are wrong, those of variants are not checked.
    """
    problems = list(_names(params)) or list(_of_sections(params))
    yield from problems or [*variant_problems(params)] or _varied(params)
    yield from claim_problems(params)


def _names(params: Params) -> Iterator[str]:
    """Unknown, missing or repeated names of the grid and of recipes, and a grid that is too large."""
    grid = params.grid
    for key, known in (
        ("datasets", params.datasets),
        ("architectures", params.architectures),
        ("methods", params.methods),
    ):
        names = getattr(grid, key)
        for name in names:
            if name not in known:
                yield unknown_name(f"grid.{key}", name, known, key)
        if repeated := _repeated(names):
            yield f"grid.{key}: {repeated} stands twice; name it once"
    if (seed := _repeated(grid.seeds)) is not None:
        yield f"grid.seeds: {seed} stands twice; name it once"
    cells = len(grid.datasets) * len(grid.architectures) * len(grid.methods) * (1 + len(listed(grid)))
    runs = cells * len(grid.seeds)
    if runs > MOST_RUNS:
        yield f"grid holds {runs:,} runs, each with each; expected at most {MOST_RUNS:,}, so name fewer"
    for name, recipe in params.recipes.items():
        if name not in params.datasets:
            yield unknown_name("recipes", name, params.datasets, "datasets")
        for architecture in recipe.by_architecture:
            if architecture not in params.architectures:
                key = f"recipes.{name}.by_architecture"
                yield unknown_name(key, architecture, params.architectures, "architectures")
    for name in grid.datasets:
        if name not in params.recipes:
            yield f"recipes.{name} is missing; every dataset of the grid needs a recipe of its name"


def _of_sections(params: Params) -> Iterator[str]:
    """Contradictions between values of the sections, if all names are known."""
    recipes = _grid_recipes(params)
    yield from _dataset_problems(params)
    yield from _architecture_problems(params)
    yield from _recipe_problems(params, recipes)
    yield from _method_problems(params, recipes)
    yield from _normalisation_problems(params, recipes)
    yield from _share_problems(params, recipes)
    yield from _evaluation_problems(params)


def _dataset_problems(params: Params) -> Iterator[str]:
    """Datasets with a reserved name, and photographs with a part that is too narrow for a crop."""
    if "raw" in params.datasets:
        yield "datasets.raw has the name of the folder of raw archives, data/raw; choose another name"
    for name, dataset in params.datasets.items():
        if dataset.kind != "photos":
            continue
        side, crop = dataset.short_side, dataset.resolution
        border = round(side * (1 - dataset.held_out_share))  # A square photograph is the narrowest.
        if min(border, side - border) < crop:
            least, most = crop / side, 1 - crop / side
            yield (
                f"datasets.{name}.held_out_share is {dataset.held_out_share}; expected {least:.3g} to "
                f"{most:.3g}, so that with short_side {side} both parts hold a crop of {crop} pixels"
            )


def _architecture_problems(params: Params) -> Iterator[str]:
    """Architectures of the grid that have no network for images of the grid."""
    found = ((name, params.datasets[name]) for name in params.grid.datasets)
    sides = {name: dataset.resolution for name, dataset in found if not isinstance(dataset, Points)}
    for key, (name, side) in itertools.product(params.grid.architectures, sides.items()):
        images, family = params.architectures[key].images, params.architectures[key].kind
        if side not in images.maps:
            yield (
                f"datasets.{name}.resolution is {side}; architectures.{key}, {family}, has networks for "
                f"{', '.join(map(str, images.maps))}: choose one of these, or take either out of the grid"
            )
        elif images.attention not in ("none", *images.maps[side]):
            yield (
                f"architectures.{key}.images.attention is {images.attention}; for the {side} pixels of "
                f"datasets.{name} choose from none, {', '.join(map(str, images.maps[side]))}"
            )


def _method_problems(params: Params, recipes: GridRecipes) -> Iterator[str]:
    """Methods with a loss or technique that they cannot use, alone or in the grid."""
    points = [name for name in params.grid.datasets if params.datasets[name].is_points]
    in_grid = set(params.grid.methods)
    for key, method in params.methods.items():
        if method.separable_loss and not method.loss.is_separable:
            yield (
                f"methods.{key}.loss is {method.loss.kind}, which compares reals with fakes, but "
                f"{method.kind} treats them apart; choose another loss"
            )
        if method.loss.kind == "energy_margin" and not method.has_energy:
            yield (
                f"methods.{key}.loss is energy_margin, which is for a D whose logit is minus an energy "
                f"(ebgan, "
                f"cegan), and {method.kind} has another; choose another loss"
            )
        if method.techniques and not method.takes_techniques:
            yield f"methods.{key}.techniques is not empty, but {method.kind} takes none; leave them out"
        for i, technique in enumerate(method.techniques):
            where = f"methods.{key}.techniques[{i}].kind is {technique.kind}"
            if technique.kind != "zero_gp" and technique.kind in [t.kind for t in method.techniques[:i]]:
                yield f"{where}, which stands twice; name it once"
            if technique.replaces_adversary and method.looks_ahead:
                yield (
                    f"{where}, which takes the place of all that {method.kind} changes; leave one of them out"
                )
            if technique.needs_critic and not method.has_critic:
                yield f"{where}, which reads the family's D, but {method.kind} has another; leave it out"
            if technique.images_only and key in in_grid and points:
                yield f"{where}, which needs images, but {points[0]} holds points; leave one of them out"
        related = [t.kind for t in method.techniques if t.relates_samples]
        for name, recipe in recipes.values() if key in in_grid else ():
            if recipe.batch_size % (method.group * recipe.accumulate) and method.group > 1:
                yield (
                    f"{name}.batch_size is {recipe.batch_size}; methods.{key} needs a multiple of "
                    f"{method.group * recipe.accumulate} (its packs, in every micro-batch)"
                )
            if related and _smallest_piece(recipe) < 2:
                yield (
                    f"{name}.accumulate is {recipe.accumulate}, which leaves a micro-batch of one, but "
                    f"{related[0]} of methods.{key} compares samples; lower it"
                )
        if key in in_grid and params.probes.samples % method.group:
            yield (
                f"probes.samples is {params.probes.samples}; methods.{key} needs a multiple of "
                f"{method.group} (its packs)"
            )


def _smallest_piece(recipe: Recipe) -> int:
    """Samples in the smallest micro-batch."""
    size = -(-recipe.batch_size // recipe.accumulate)
    return recipe.batch_size % size or size


def _normalisation_problems(params: Params, recipes: GridRecipes) -> Iterator[str]:
    """Pairs of the grid that normalise over batches, but have no batches or batches of one sample."""
    points = [name for name in params.grid.datasets if params.datasets[name].is_points]
    virtual = [
        method
        for method in params.grid.methods
        if any(technique.kind == "virtual_batch_norm" for technique in params.methods[method].techniques)
    ]
    for key, name in itertools.product(params.grid.architectures, points):
        normed = getattr(params.architectures[key].points, "batch_norm", False)
        recipe_key, recipe = recipes[name, key]
        if normed and _smallest_piece(recipe) < 2:
            yield (
                f"architectures.{key}.points.batch_norm is true, but {recipe_key}.accumulate, "
                f"{recipe.accumulate}, leaves a micro-batch of one; lower it"
            )
        if virtual and not normed:
            yield (
                f"methods.{virtual[0]} has virtual_batch_norm, which takes the place of G's batch "
                f"normalisation, but architectures.{key} has none on points ({name}); leave one of them out"
            )


def _share_problems(params: Params, recipes: GridRecipes) -> Iterator[str]:
    """FARGAN's shares that leave no fake, or no real, on the real side of a batch of the grid."""
    for key in params.grid.methods:
        method = params.methods[key]
        if method.kind != "fargan":
            continue
        for name, recipe in recipes.values():
            size = recipe.batch_size
            count = round(method.fake_as_real_share * size)
            if count == 0 and method.fake_as_real_share > 0:
                yield (
                    f"methods.{key}.fake_as_real_share is {method.fake_as_real_share}, which is less than "
                    f"one sample of {name}.batch_size, {size}; raise the share, or say 0"
                )
            if count >= size:
                yield (
                    f"methods.{key}.fake_as_real_share is {method.fake_as_real_share}, which leaves no real "
                    f"sample of {name}.batch_size, {size}; lower the share or enlarge the batch"
                )


def _evaluation_problems(params: Params) -> Iterator[str]:
    """Parts of the scores' protocol that are repeated, or need more samples than there are."""
    if repeated := _repeated(params.evaluation.checkpoints):
        yield f"evaluation.checkpoints: {repeated} stands twice; name it once"
    kinds = [extractor.kind for extractor in params.evaluation.extractors]
    if repeated := _repeated(kinds):
        yield f"evaluation.extractors: {repeated} stands twice; name it once"
    if all(extractor.digits_only for extractor in params.evaluation.extractors):
        for name in params.grid.datasets:
            if not (params.datasets[name].is_points or params.datasets[name].shows_digits):
                yield (
                    f"evaluation.extractors: {kinds[0]} reads digits only, but {name} of the grid shows "
                    f"others; add efficientnet_lite0 or inception"
                )
    images = params.evaluation.images
    for key in ("kid_subset_size", "inception_score_splits"):
        if (value := getattr(images, key)) > images.samples:
            yield f"evaluation.images.{key} is {value}; expected <= samples, {images.samples}"
    if images.neighbours >= images.samples:
        yield f"evaluation.images.neighbours is {images.neighbours}; expected < samples, {images.samples}"


def _varied(params: Params) -> Iterator[str]:
    """Contradictions between values of variants, or between them and the rest."""
    for name, variant in params.variants.items():
        recipes = _grid_recipes(params, name)
        methods = {method: params.method(method, name) for method in params.grid.methods}
        varied = params.model_copy(update={"methods": params.methods | methods})
        for problem in (
            *itertools.chain.from_iterable(_contradictions(*each) for each in recipes.values()),
            *_recipe_problems(varied, recipes),
            *_method_problems(varied, recipes),
            *_normalisation_problems(varied, recipes),
            *_share_problems(varied, recipes),
            *_followed_problems(params, recipes),
        ):
            yield f"{variant.where}: with {name}, {problem}"


def _followed_problems(params: Params, recipes: GridRecipes) -> Iterator[str]:
    """Recipes of a variant whose scores over training would use other steps in the same column."""
    for pair, (key, recipe) in recipes.items():
        plain, varied = (
            {*each.snapshots, each.generator_steps} if each.snapshots else None
            for each in (params.recipe(*pair), recipe)
        )
        if plain and varied and plain != varied:
            yield (
                f"{key} follows scores at steps {', '.join(map(str, sorted(varied)))}, and without it at "
                f"{', '.join(map(str, sorted(plain)))}; leave the steps as they are, or name no snapshots"
            )


def _grid_recipes(params: Params, variant: str = "") -> GridRecipes:
    pairs = itertools.product(params.grid.datasets, params.grid.architectures)
    return {pair: (_recipe_key(params, *pair), params.recipe(*pair, variant)) for pair in pairs}


def _recipe_key(params: Params, dataset: str, architecture: str) -> str:
    own = architecture in params.recipes[dataset].by_architecture
    return f"recipes.{dataset}" + (f".by_architecture.{architecture}" if own else "")


def _recipe_problems(params: Params, recipes: GridRecipes) -> Iterator[str]:
    """Recipes that contradict themselves, the points, or methods of the grid."""
    for (name, _), (recipe_key, recipe) in recipes.items():
        dataset, size = params.datasets[name], recipe.batch_size
        if isinstance(dataset, Points) and size > dataset.train:
            yield f"{recipe_key}.batch_size is {size}; expected <= datasets.{name}.train, {dataset.train}"
    for name, dataset_recipe in params.recipes.items():
        for recipe_key, recipe in (
            (f"recipes.{name}", dataset_recipe),
            *(
                (_recipe_key(params, name, each), dataset_recipe.of(each))
                for each in dataset_recipe.by_architecture
            ),
        ):
            yield from _contradictions(recipe_key, recipe)
    for key, recipe in recipes.values():
        for method in params.grid.methods if recipe.compile else ():
            mend = "set it to false or leave that method out"
            if params.methods[method].needs_second_derivatives:
                yield (
                    f"{key}.compile is true, but methods.{method} needs second derivatives, which "
                    f"compiled networks do not have; {mend}"
                )
            if any(technique.needs_critic for technique in params.methods[method].techniques):
                yield (
                    f"{key}.compile is true, but methods.{method} reads D's features, which compiled "
                    f"networks do not show; {mend}"
                )


def _contradictions(key: str, recipe: Recipe) -> Iterator[str]:
    """Values of a recipe that another value of it excludes."""
    steps = recipe.generator_steps
    if recipe.accumulate > recipe.batch_size:
        yield f"{key}.accumulate is {recipe.accumulate}; expected <= batch_size, {recipe.batch_size}"
    if late := [step for step in recipe.snapshots if step > steps]:
        yield f"{key}.snapshots names step {late[0]}; expected <= generator_steps, {steps}"
    if repeated := _repeated(recipe.snapshots):
        yield f"{key}.snapshots: {repeated} stands twice; name it once"
    if recipe.decay.kind == "linear" and recipe.decay.start >= steps:
        yield f"{key}.decay.start is {recipe.decay.start}; expected < generator_steps, {steps}"


def _repeated(values: Iterable[Any]) -> Any:
    """The first repeated value; None if all differ."""
    seen: set[Any] = set()
    for value in values:
        if value in seen:
            return value
        seen.add(value)
    return None
