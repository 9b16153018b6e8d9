"""The operations of a step are those of a count by hand, whatever the seed, the threads and the load."""

import subprocess
import sys

import pytest
import torch

from ganmatrix.cell import Run
from ganmatrix.training import operations
from helpers.members import MEMBERS, PLACES
from helpers.trainers import RUN, trainer

BATCH = 8
GENERATOR = {"points": (2 * 6, 6 * 2), "images": (4 * 8 * 4**2, 8 * 4 * 4**2 * 4**2, 4 * 4**2 * 8**2)}
"""Multiply-adds of a sample's forward pass, layer by layer: an MLP 2-6-2; a DCGAN of 4, 8 and 4 channels.

A transposed convolution of 4x4 kernels counts inputs x outputs x 16 at every place of its input, another at
every place of its output.
"""
DISCRIMINATOR = {"points": (2 * 6, 6), "images": (8 * 4**2 * 8**2, 8 * 16 * 4**2 * 4**2, 16 * 4**2)}
AS_GAN = {"kind": "as_gan", "epsilon": 0.1, "warm_up": 0}
R1 = {"kind": "gan", "techniques": [{"kind": "r1"}]}


def _count(method, modality="points", family="conventional", **changes):
    """Multiply-adds of the first step."""
    return operations.per_step(trainer(method, family, modality, **changes)) * 1e6


def _plain(modality):
    """A plain GAN's iteration.

    D's step: fakes (g), a forward pass over both sides (2d), gradients of the weights (2d) and of the layers'
    inputs (2d), but for the first layer's. G's: a pass of both networks (g + d), back through all of D to its
    input (d) and through G (2g), but for the first layer's input.
    """
    g, d = sum(GENERATOR[modality]), sum(DISCRIMINATOR[modality])
    return BATCH * (4 * g - GENERATOR[modality][0] + 8 * d - 2 * DISCRIMINATOR[modality][0])


@pytest.mark.parametrize("modality", ["points", "images"])
def test_a_plain_iteration_is_counted_as_by_hand(modality):
    assert _count({"kind": "gan"}, modality) == pytest.approx(_plain(modality), abs=0.5)


def test_steps_of_d_and_larger_batches_of_g_are_counted():
    g, d = sum(GENERATOR["points"]), sum(DISCRIMINATOR["points"])
    step = BATCH * (g + 6 * d - 2 * DISCRIMINATOR["points"][0])
    found = _count({"kind": "gan"}, discriminator_steps=3, generator_batch_multiple=2)
    assert found == pytest.approx(3 * step + 2 * (_plain("points") - step), abs=0.5)


def test_micro_batches_change_no_count():
    assert _count({"kind": "gan"}, accumulate=2) == _count({"kind": "gan"})


@pytest.mark.parametrize("modality", ["points", "images"])
def test_as_gan_takes_the_gradient_at_its_reals_and_a_second_step_more(modality):
    """The MLP sees both sides in one pass, so that its first layer's input gradient is of both."""
    first = DISCRIMINATOR[modality][0]
    gradient = BATCH * first * (2 if modality == "points" else 1)
    second = BATCH * (3 * sum(DISCRIMINATOR[modality]) - first)
    found = _count(AS_GAN, modality) - _count({"kind": "gan"}, modality)
    assert found == pytest.approx(gradient + second, abs=0.5)


@pytest.mark.parametrize("modality", ["points", "images"])
def test_the_control_of_as_gan_computes_as_much(modality):
    """It takes the gradient, too, and moves the reals by 0 times its sign."""
    assert _count(AS_GAN | {"epsilon": 0}, modality) == _count(AS_GAN, modality)
    chance = _count(AS_GAN | {"direction": "random"}, modality)
    gradient = BATCH * DISCRIMINATOR[modality][0] * (2 if modality == "points" else 1)
    assert _count(AS_GAN, modality) - chance == pytest.approx(gradient, abs=0.5)


def test_a_gradient_penalty_is_counted_with_its_second_derivatives():
    """Of both sides, in one pass: D's gradient at its input; of that, by the weights and by what came back.

    What comes back to the last layer is 1.
    """
    layers = DISCRIMINATOR["points"]
    extra = 2 * BATCH * (3 * sum(layers) - layers[-1])
    assert _count(R1) - _count({"kind": "gan"}) == pytest.approx(extra, abs=0.5)


def test_spectral_norm_is_counted():
    """Three products of each matrix of D with a vector, in each of D's two passes."""
    matrices = 2 * 6 + 2 * 6 * 6 + 6
    found = _count({"kind": "gan"}, family="resnet_sn") - _count({"kind": "gan"}, family="as_gan_resnet")
    assert found == pytest.approx(2 * 3 * matrices, abs=0.5)


@pytest.mark.parametrize(("name", "modality"), PLACES)
def test_every_step_computes_as_much(name, modality):
    """One step is counted for all. A technique at every k-th step alone would need k steps."""
    made = trainer(MEMBERS[name], "conventional", modality)
    counts = [operations.per_step(made) for _ in range(3)]
    assert counts[0] > 0
    assert set(counts) == {counts[0]}


@pytest.mark.parametrize("modality", ["points", "images"])
def test_neither_seed_nor_threads_nor_load_move_the_count(modality):
    expected = _count(AS_GAN, modality, run=RUN)
    assert _count(AS_GAN, modality, run=Run("toy", "family", "method", 4)) == expected
    threads = torch.get_num_threads()
    try:
        for number in (1, 2):
            torch.set_num_threads(number)
            assert _count(AS_GAN, modality) == expected
    finally:
        torch.set_num_threads(threads)
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(4)]
    try:
        assert _count(AS_GAN, modality) == expected
    finally:
        for process in busy:
            process.kill()
            process.wait()
