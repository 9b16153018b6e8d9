"""Order of the data, schedules, averages, and the file of weights."""

import copy
import dataclasses
import json
import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import save
from torch import nn

from ganmatrix.cell import Run
from ganmatrix.methods.gan import Gan
from ganmatrix.methods.gman import Gman
from ganmatrix.params.architectures import Architecture
from ganmatrix.params.kinds import adapter
from ganmatrix.params.methods import GanParams, GmanParams
from ganmatrix.training import averaging, optimisers
from ganmatrix.training.sampling import EpochSampler
from ganmatrix.training.weights import Header, initialise, pack, unpack
from helpers.trainers import finish, recipe, trainer


@given(st.integers(1, 60), st.integers(1, 60), st.integers(0, 5))
def test_every_epoch_sees_each_index_at_most_once_in_full_batches(count, batch_size, seed):
    if batch_size > count:
        with pytest.raises(ValueError, match=f"batch_size is {batch_size}; expected 1 to {count}"):
            EpochSampler(count, batch_size, torch.Generator())
        return
    sampler = EpochSampler(count, batch_size, torch.Generator().manual_seed(seed))
    for _ in range(3):
        seen = []
        for position in range(count // batch_size):
            batch = sampler.next()
            assert len(batch) == batch_size
            assert sampler.batch_in_epoch == position
            seen += batch.tolist()
        assert len(set(seen)) == len(seen) == count - count % batch_size
        assert set(seen) <= set(range(count))
        if count % batch_size == 0:
            assert set(seen) == set(range(count))


def test_epochs_differ_and_every_index_is_equally_likely_to_be_dropped():
    sampler = EpochSampler(5, 2, torch.Generator().manual_seed(0))
    epochs = [tuple(torch.cat([sampler.next(), sampler.next()]).tolist()) for _ in range(2000)]
    assert len(set(epochs)) == 120
    dropped = [({0, 1, 2, 3, 4} - set(epoch)).pop() for epoch in epochs]
    # Five standard deviations of a binomial with 2,000 draws at 1/5.
    assert all(abs(dropped.count(i) - 400) < 5 * math.sqrt(2000 * 4 / 25) for i in range(5))


def test_rate_schedules():
    factors = lambda **decay: [  # noqa: E731
        optimisers.rate_factor(recipe(generator_steps=10, decay=decay), step) for step in range(10)
    ]
    assert factors(kind="constant") == [1.0] * 10
    assert factors(kind="linear") == pytest.approx([1 - step / 10 for step in range(10)])
    assert factors(kind="linear", start=5) == pytest.approx([1.0] * 6 + [0.8, 0.6, 0.4, 0.2])
    assert factors(kind="linear", start=50) == [1.0] * 10
    assert factors(kind="step", every=4, factor=0.5) == [1.0] * 4 + [0.5] * 4 + [0.25] * 2


def test_the_rates_reach_the_optimisers():
    adam = {"kind": "adam", "generator_lr": 0.01, "discriminator_lr": 0.04}
    made = trainer(optimizer=adam, decay={"kind": "step", "every": 2, "factor": 0.5}, generator_steps=3)
    rates = []
    while not made.finished:
        made.take_step()
        rates.append(tuple(p.optimiser.param_groups[0]["lr"] for p in (made.generator, made.discriminator)))
    assert rates == [(0.01, 0.04), (0.01, 0.04), (0.005, 0.02)]


def test_the_average_is_exponential_with_its_half_life():
    network = nn.Linear(1, 1, bias=False).double()
    average = averaging.RunningAverage(network, half_life=3.0)
    values = [4.0, -1.0, 2.5, 8.0, 0.0]
    for value in values:
        nn.init.constant_(network.weight, value)
        average.update(network)
    decay = 0.5 ** (1 / 3)
    expected = values[0]
    for value in values[1:]:
        expected = decay * expected + (1 - decay) * value
    assert average.network.weight.item() == pytest.approx(expected, rel=1e-9)
    # After three more updates, half of the difference to a constant is left.
    for _ in range(3):
        average.update(network)
    assert average.network.weight.item() == pytest.approx(expected / 2, rel=1e-9)


def test_batch_statistics_are_those_of_the_latents():
    torch.manual_seed(0)
    generator = nn.Sequential(
        nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 2), nn.BatchNorm1d(2)
    )
    generator = generator.double()
    with torch.no_grad():
        for _ in range(5):
            generator(torch.randn(50, 3, dtype=torch.float64) * 7 + 3)
    latents = torch.randn(averaging.BATCHES * 10, 3, dtype=torch.float64)

    # By hand: batch by batch, the second layer sees the first normalised by its own batch.
    means, variances = [], []
    for z in latents.view(averaging.BATCHES, 10, 3):
        h = z @ generator[0].weight.T + generator[0].bias
        normal = (h - h.mean(0)) / (h.var(0, unbiased=False) + 1e-5).sqrt()
        h = normal.clamp(min=0) @ generator[3].weight.T + generator[3].bias
        means.append(h.mean(0))
        variances.append(h.var(0, unbiased=True))
    found = averaging.with_batch_statistics(copy.deepcopy(generator), latents)
    assert not found.training
    assert torch.allclose(found[4].running_mean, torch.stack(means).mean(0), rtol=1e-12)
    assert torch.allclose(found[4].running_var, torch.stack(variances).mean(0), rtol=1e-12)
    first = latents @ generator[0].weight.T + generator[0].bias
    assert torch.allclose(found[1].running_mean, first.mean(0), rtol=1e-10)


def test_history_rows_are_means_over_their_interval():
    fine, coarse = (finish(trainer(generator_steps=6, log_every=n)).history for n in (1, 4))
    assert [row["step"] for row in coarse] == [4, 6]
    for name in fine[0].keys() - {"step"}:
        assert coarse[0][name] == pytest.approx(sum(row[name] for row in fine[:4]) / 4, rel=1e-5)
        assert coarse[1][name] == pytest.approx(sum(row[name] for row in fine[4:]) / 2, rel=1e-5)


def _header(shape=(1, 16, 16)):
    architecture = {
        "kind": "conventional",
        "points": {"latent": 2, "width": 4, "depth": 1},
        "images": {"latent": 4, "generator_width": 4, "discriminator_width": 4},
    }
    return Header(Run("d", "a", "m", 7), architecture, {"kind": "gan"}, shape, "0" * 64, 12, (), None)


def _networks(header):
    architecture = adapter(Architecture).validate_python(header.architecture)
    pair = initialise(header.run, architecture, Gan(GanParams(kind="gan")), header.shape)
    average = copy.deepcopy(pair.generator)
    with torch.no_grad():
        for i, network in enumerate((pair.generator, pair.discriminator, average)):
            for weight in network.parameters():
                weight.add_(i + 1)
    return {"generator": pair.generator, "generator_ema": average, "discriminator": pair.discriminator}


@pytest.mark.parametrize("shape", [(2,), (1, 16, 16), (3, 32, 32)])
def test_weights_come_back_as_they_were(shape):
    header = _header(shape)
    networks = _networks(header)
    data = pack(header, networks)
    assert data == pack(header, networks)
    trained = unpack(data)
    assert trained.header == header
    assert trained.latent == (2 if len(shape) == 1 else 4)
    found = {
        "generator": trained.generator("last"),
        "generator_ema": trained.generator("ema"),
        "discriminator": trained.discriminator(),
    }
    for name, network in networks.items():
        expected = network.state_dict()
        assert not found[name].training
        assert all(torch.equal(expected[key], value) for key, value in found[name].state_dict().items())
    initial = trained.generator("init").state_dict()
    moved = networks["generator"].state_dict()
    name = next(iter(dict(networks["generator"].named_parameters())))
    assert torch.allclose(initial[name] + 1, moved[name])


def test_several_discriminators_come_back_one_by_one():
    header = dataclasses.replace(_header((2,)), method={"kind": "gman", "discriminators": 3})
    architecture = adapter(Architecture).validate_python(header.architecture)
    rule = Gman(GmanParams(kind="gman", discriminators=3))
    pair = initialise(header.run, architecture, rule, header.shape)
    average = copy.deepcopy(pair.generator)
    parts = {"generator": pair.generator, "generator_ema": average, "discriminator": pair.discriminator}
    trained = unpack(pack(header, parts))
    x = torch.randn(5, 2)
    members = trained.members()
    assert [member.training for member in members] == [False] * 3
    torch.testing.assert_close(torch.stack([member(x) for member in members]), pair.discriminator.each(x))
    assert unpack(pack(_header(), _networks(_header()))).members() == ()


def test_channels_last_weights_come_back_unscrambled():
    header = _header()
    networks = _networks(header)
    expected = {k: v.clone() for k, v in networks["generator"].state_dict().items()}
    networks["generator"].to(memory_format=torch.channels_last)
    found = unpack(pack(header, networks)).generator("last").state_dict()
    assert all(torch.equal(expected[key], value) for key, value in found.items())


def test_the_file_describes_itself():
    data = pack(_header(), _networks(_header()))
    size = int.from_bytes(data[:8], "little")
    header = json.loads(json.loads(data[8 : 8 + size])["__metadata__"]["ganmatrix"])
    assert header["run"] == {
        "dataset": "d",
        "architecture": "a",
        "method": "m",
        "seed": 7,
        "streams": "",
    }
    assert header["shape"] == [1, 16, 16]
    assert header["generator_steps"] == 12
    assert header["diverged"] is None


@pytest.mark.parametrize("kept", [0, 7, 8, 100, -1, -1000])
def test_truncated_weights_are_value_errors(kept):
    data = pack(_header(), _networks(_header()))
    with pytest.raises(ValueError, match="damaged or no ganmatrix weights"):
        unpack(data[:kept])


@pytest.mark.parametrize("data", [b"PK\x03\x04" + bytes(90), b"\xff" * 200, b"\x02" + bytes(7) + b"{}"])
def test_other_files_are_value_errors(data):
    with pytest.raises(ValueError, match="damaged or no ganmatrix weights"):
        unpack(data)


def test_a_foreign_safetensors_file_is_a_value_error():
    with pytest.raises(ValueError, match="damaged or no ganmatrix weights"):
        unpack(save({"a": torch.zeros(2)}, {"format": "pt"}))
