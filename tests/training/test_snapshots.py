"""Generators kept on the way."""

import torch

from ganmatrix.runtime import checkpoints
from helpers.trainers import finish, packed, trainer, weights


def test_a_snapshot_is_the_average_at_its_step() -> None:
    short = finish(trainer(generator_steps=3, log_every=1))
    long = finish(trainer(generator_steps=6, log_every=1, snapshots=[3, 6]))
    average = short.average.network.state_dict()
    assert set(long.snapshots) == {3, 6}
    assert all(torch.equal(average[name], value) for name, value in long.snapshots[3].items())
    assert any(not torch.equal(long.snapshots[3][name], long.snapshots[6][name]) for name in average)


def test_snapshots_survive_a_restart() -> None:
    whole = finish(trainer(snapshots=[2, 5]))
    first = trainer(snapshots=[2, 5])
    for _ in range(3):
        first.take_step()
    state = checkpoints.unpack(packed(first.state_dict()))["state"]
    second = trainer(snapshots=[2, 5])
    second.load_state_dict(state)
    finish(second)
    assert set(second.snapshots) == {2, 5}
    for step, tensors in whole.snapshots.items():
        assert all(torch.equal(value, second.snapshots[step][name]) for name, value in tensors.items())
    expected, found = weights(whole), weights(second)
    assert all(torch.equal(expected[name], found[name]) for name in expected)
