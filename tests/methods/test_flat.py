"""Where D is flat its gradient is zero, and a direction that is normalised from it must not be 0/0."""

import pytest
import torch
from trainers import finish, trainer

from ganmatrix.methods.techniques.directions import along


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
