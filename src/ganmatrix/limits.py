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
            check_training(params, cell, card)
    check_probes(params, card)
    neighbours, train = params.evaluation.images.neighbours, card.counts["train"]
    if card.modality == "images" and neighbours >= train:
        raise UserError(
            f"evaluation.images.neighbours is {neighbours}, but {card.dataset} has {train} training samples; "
            f"expected < {train}"
        )


def check_training(params: Params, cell: Cell, card: Card) -> None:
    """UserError if the training set cannot fill a batch, or has too few of them for a part of the method."""
    recipe, count = params.recipe(cell.dataset, cell.architecture), card.counts["train"]
    if recipe.batch_size > count:
        raise UserError(
            f"recipes.{cell.dataset}.batch_size is {recipe.batch_size}, but {cell.dataset} has {count} "
            f"training samples; expected <= {count}"
        )
    if problem := params.methods[cell.method].idle(count // recipe.batch_size):
        raise UserError(f"methods.{cell.method} on {cell.dataset}: {problem}")


def check_probes(params: Params, card: Card) -> None:
    """UserError if there are fewer held-out samples than are to be probed."""
    wanted, count = params.probes.samples, card.counts["held_out"]
    if wanted > count:
        raise UserError(
            f"probes.samples is {wanted}, but {card.dataset} has {count} held-out samples; "
            f"expected <= {count}"
        )
