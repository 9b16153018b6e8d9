"""What methods and techniques do to each other: flat D, clean samples for auxiliary tasks, no term lost."""

import pytest
import torch

from ganmatrix.methods.techniques.directions import along
from ganmatrix.methods.techniques.rotation import Rotation
from helpers.trainers import finish, trainer


def test_along_takes_the_other_where_there_is_no_direction():
    vectors = torch.tensor([[3.0, 4.0], [0.0, 0.0]])
    otherwise = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    assert along(vectors, otherwise).tolist() == [[pytest.approx(0.6), pytest.approx(0.8)], [0.0, 1.0]]


@pytest.mark.parametrize("kind", ["alp", "vat"])
def test_a_flat_discriminator_is_no_divergence(kind):
    made = trainer(
        {"kind": "gan", "techniques": [{"kind": kind}]}, "conventional", "points", generator_steps=3
    )
    with torch.no_grad():
        made.discriminator.network.logit.weight.zero_()
    finish(made)
    assert made.divergence is None
    assert all(torch.tensor(value).isfinite() for value in made.history[-1].values())


@pytest.mark.parametrize(
    "method",
    [
        {"kind": "fast_gan"},
        {"kind": "dat"},
        {"kind": "rob_gan"},
        {"kind": "as_gan", "epsilon": 0.1, "warm_up": 0},
    ],
)
def test_auxiliary_tasks_see_clean_reals(method, monkeypatch):
    seen = []
    task = Rotation.task

    def spied(self, images, update):
        seen.append(torch.equal(images, update.real))
        return task(self, images, update)

    monkeypatch.setattr(Rotation, "task", spied)
    made = trainer(
        method | {"techniques": [{"kind": "rotation"}]}, "conventional", "images", generator_steps=1
    )
    made.step = 1
    for _ in range(3):
        made.update_discriminator()
    assert len(seen) >= 3
    assert all(seen)


def test_calibrated_energies_have_the_techniques_of_g():
    techniques = [{"kind": "historical_averaging", "weight": 10.0}]
    plain, drawn = (
        finish(trainer({"kind": "cegan", "techniques": chosen}, "conventional", "points", generator_steps=4))
        for chosen in ([], techniques)
    )
    assert {"history_distance_generator", "entropy_bound"} <= set(drawn.history[-1])
    assert "entropy_bound" in plain.history[-1]
    pairs = zip(plain.generator.network.parameters(), drawn.generator.network.parameters(), strict=True)
    assert any(not torch.equal(a, b) for a, b in pairs)
