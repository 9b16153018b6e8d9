"""What params ask of the data and only the data can tell: checked as soon as there are data."""

from ganmatrix.cell import Cell, expand
from ganmatrix.errors import UserError
from ganmatrix.params import Params
from ganmatrix.store.dataset import Card


def check(params: Params, card: Card) -> None:
    """UserError for the first key of params.yaml that asks more than a dataset of the grid has."""
    if card.dataset not in params.grid.datasets:
        return
    for cell in expand(params):
        if cell.dataset == card.dataset:
            check_cell(params, cell, card)


def check_cell(params: Params, cell: Cell, card: Card) -> None:
    """UserError if one cell cannot be trained, scored or probed on its data."""
    recipe, train = params.recipe(cell.dataset, cell.architecture, cell.variant), card.counts["train"]
    if recipe.batch_size > train:
        raise UserError(
            f"recipes.{cell.dataset}.batch_size is {recipe.batch_size}, but {cell.dataset} has {train} "
            f"training samples; expected <= {train}"
        )
    if problem := params.method(cell.method, cell.variant).idle(train // recipe.batch_size):
        raise UserError(f"methods.{cell.method} on {cell.dataset}: {problem}")
    neighbours = params.evaluation.images.neighbours
    if card.modality == "images" and neighbours >= train:
        raise UserError(
            f"evaluation.images.neighbours is {neighbours}, but {card.dataset} has {train} training samples; "
            f"expected < {train}"
        )
    check_probes(params, card)


def check_probes(params: Params, card: Card) -> None:
    """UserError if there are fewer held-out samples than are to be probed."""
    wanted, count = params.probes.samples, card.counts["held_out"]
    if wanted > count:
        raise UserError(
            f"probes.samples is {wanted}, but {card.dataset} has {count} held-out samples; "
            f"expected <= {count}"
        )
