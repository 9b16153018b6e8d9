"""Every member of the catalogue trains, saves itself, and can be read back as what it was."""

import copy

import pytest
import torch

from ganmatrix.params.kinds import adapter
from ganmatrix.params.methods import Method
from ganmatrix.training.weights import Header, pack, unpack
from helpers.members import MEMBERS, PLACES
from helpers.trainers import RUN, finish, trainer


@pytest.mark.parametrize(("name", "modality"), PLACES)
@pytest.mark.parametrize("family", ["conventional", "resnet_sn"])
def test_one_real_step_moves_both_players(name, modality, family):
    made = trainer(MEMBERS[name], family, modality, generator_steps=1, discriminator_steps=4)
    before = {
        player.name: copy.deepcopy(dict(player.network.named_parameters()))
        for player in (made.generator, made.discriminator)
    }
    reals = []
    original = made.data.batch

    def batch(*arguments):
        reals.append(original(*arguments))
        reals.append(reals[-1].clone())
        return reals[-2]

    made.data.batch = batch
    finish(made)
    assert made.divergence is None
    assert all(torch.equal(a, b) for a, b in zip(reals[::2], reals[1::2], strict=True)), "reals were changed"
    for player in (made.generator, made.discriminator):
        moved = {
            key: not torch.equal(before[player.name][key], w) for key, w in player.network.named_parameters()
        }
        assert sum(moved.values()) >= 0.7 * len(moved), [key for key, did in moved.items() if not did]
    row = made.history[-1]
    assert row["gradient_norm_generator"] > 0
    assert row["gradient_norm_discriminator"] > 0
    assert {"loss_discriminator", "loss_generator", "score_real", "score_fake"} <= set(row)
    assert all(torch.tensor(value).isfinite() for value in row.values())


@pytest.mark.parametrize(("name", "modality"), PLACES)
def test_saved_players_are_the_trained_ones(name, modality):
    made = finish(trainer(MEMBERS[name], "conventional", modality, generator_steps=2))
    shape = (1, 16, 16) if modality == "images" else (2,)
    architecture = {
        "kind": "conventional",
        "points": {"latent": 2, "width": 6, "depth": 1},
        "images": {"latent": 4, "generator_width": 4, "discriminator_width": 8},
    }
    method = adapter(Method).validate_python(MEMBERS[name]).model_dump()
    header = Header(RUN, architecture, method, shape, "0" * 64, 2, (), None)
    networks = {
        "generator": made.generator.network,
        "generator_ema": made.average.network,
        "discriminator": made.discriminator.network,
    }
    trained = unpack(pack(header, networks))
    assert trained.header == header
    z = torch.randn(8, trained.latent)
    with torch.no_grad():
        samples = trained.generator("last")(z)
        torch.testing.assert_close(samples, made.generator.network.eval()(z))
        torch.testing.assert_close(trained.generator("ema")(z), made.average.network.eval()(z))
        logits = trained.discriminator()(samples)
    assert samples.shape == (8, *shape)
    assert logits.shape == (8,)
    assert logits.isfinite().all()


@pytest.mark.parametrize(("name", "modality"), PLACES)
def test_bfloat16_and_micro_batches(name, modality):
    made = finish(
        trainer(
            MEMBERS[name],
            "conventional",
            modality,
            batch_size=16,
            generator_steps=2,
            precision="bfloat16",
            accumulate=2,
            generator_batch_multiple=2,
        )
    )
    assert made.divergence is None
    weights = made.generator.network.state_dict() | made.discriminator.network.state_dict()
    assert {value.dtype for value in weights.values() if value.is_floating_point()} == {torch.float32}
