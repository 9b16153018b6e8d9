"""What params ask of the data and only the data can tell: checked as soon as there are data."""

from collections.abc import Iterator

from ganmatrix.cell import Cell, expand
from ganmatrix.errors import UserError
from ganmatrix.params import Params
from ganmatrix.store.dataset import Card


def check(params: Params, card: Card) -> None:
    """UserError for the first key of params.yaml that asks more than a dataset of the grid has."""
    _refuse(problems(params, card))


def problems(params: Params, card: Card) -> Iterator[str]:
    """All keys of params.yaml that ask more than a dataset of the grid has; some stand twice."""
    for cell in expand(params):
        if cell.dataset == card.dataset:
            yield from _of_cell(params, cell, card)


def check_cell(params: Params, cell: Cell, card: Card) -> None:
    """UserError if one cell cannot be trained, scored or probed on its data."""
    _refuse(_of_cell(params, cell, card))


def check_probes(params: Params, card: Card) -> None:
    """UserError if there are fewer held-out samples than are to be probed."""
    _refuse(_of_probes(params, card))


def _refuse(found: Iterator[str]) -> None:
    if problem := next(found, None):
        raise UserError(problem)


def _of_cell(params: Params, cell: Cell, card: Card) -> Iterator[str]:
    recipe, train = params.recipe(cell.dataset, cell.architecture, cell.variant), card.counts["train"]
    if recipe.batch_size > train:
        yield (
            f"recipes.{cell.dataset}.batch_size is {recipe.batch_size}, but {cell.dataset} has {train} "
            f"training samples; expected <= {train}"
        )
    elif problem := params.method(cell.method, cell.variant).idle(train // recipe.batch_size):
        yield f"methods.{cell.method} on {cell.dataset}: {problem}"
    neighbours = params.evaluation.images.neighbours
    if card.modality == "images" and neighbours >= train:
        yield (
            f"evaluation.images.neighbours is {neighbours}, but {card.dataset} has {train} training samples; "
            f"expected < {train}"
        )
    yield from _of_probes(params, card)


def _of_probes(params: Params, card: Card) -> Iterator[str]:
    wanted, count = params.probes.samples, card.counts["held_out"]
    if wanted > count:
        fewer = (
            f", for {card.copies.left_out} were copies of training images"
            if card.copies and card.copies.left_out
            else ""
        )
        yield (
            f"probes.samples is {wanted}, but {card.dataset} has {count} held-out samples{fewer}; "
            f"expected <= {count}"
        )
