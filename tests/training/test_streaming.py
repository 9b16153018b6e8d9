"""Data read ahead from the memory map train exactly like resident data."""

from pathlib import Path

import numpy as np
import torch

from ganmatrix.training.data import Resident, Streamed, open_data
from helpers.trainers import finish, images, trainer, weights

CPU = torch.device("cpu")


def test_streamed_training_gives_the_same_weights(tmp_path: Path) -> None:
    path = tmp_path / "train.npy"
    np.save(path, images())
    resident = finish(trainer(data=Resident(images(), CPU), generator_steps=12))
    streamed = finish(trainer(data=Streamed(np.load(path, mmap_mode="r"), CPU), generator_steps=12))
    expected, found = weights(resident), weights(streamed)
    assert all(torch.equal(expected[name], found[name]) for name in expected)
    assert resident.history == streamed.history


def test_batches_come_in_the_order_asked_for_and_scaled() -> None:
    array = images()
    data = Streamed(array, CPU)
    indices = torch.tensor([5, 0, 39, 5])
    for upcoming in (torch.tensor([1, 2]), None):
        batch = data.batch(indices, upcoming)
        expected = torch.from_numpy(array[indices.numpy()].astype(np.float32)) / 127.5 - 1
        torch.testing.assert_close(batch, expected, rtol=0, atol=1e-6)


def test_a_wrong_guess_of_the_next_batch_does_no_harm() -> None:
    array = images()
    data = Streamed(array, CPU)
    data.batch(torch.tensor([0, 1]), upcoming=torch.tensor([2, 3]))
    found = data.batch(torch.tensor([4, 5]))
    torch.testing.assert_close(found, torch.from_numpy(array[4:6].astype(np.float32)) / 127.5 - 1)


def test_what_takes_over_half_of_the_free_memory_is_streamed() -> None:
    array = images()
    assert isinstance(open_data(array, CPU, 2 * array.nbytes), Resident)
    assert isinstance(open_data(array, CPU, 2 * array.nbytes - 1), Streamed)
