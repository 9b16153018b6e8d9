"""Optimisers and learning-rate schedules of a recipe."""

from collections.abc import Iterable

from torch import Tensor, optim

from ganmatrix.params.recipes import Adam, LinearDecay, Recipe, RmsProp, StepDecay


def build(params: Adam | RmsProp, weights: Iterable[Tensor], rate: float) -> optim.Optimizer:
    """The recipe's optimiser with that learning rate. Adam is fused; RMSprop works on lists of tensors."""
    if isinstance(params, Adam):
        return optim.Adam(weights, rate, betas=(params.beta1, params.beta2), fused=True)
    return optim.RMSprop(weights, rate, alpha=params.alpha, foreach=True)


def rate_factor(recipe: Recipe, step: int) -> float:
    """The factor of the learning rates in generator step `step`, counted from 0."""
    decay = recipe.decay
    if isinstance(decay, LinearDecay):
        length = max(recipe.generator_steps - decay.start, 1)
        return 1.0 - max(step - decay.start, 0) / length
    if isinstance(decay, StepDecay):
        return float(decay.factor ** (step // decay.every))
    return 1.0
