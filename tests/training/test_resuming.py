"""The same cell gives the same bytes, whether or not it was stopped on the way."""

import json

import pytest
import torch
from pydantic import TypeAdapter
from trainers import CELL, finish, recipe, trainer, weights

from ganmatrix.cell import Cell
from ganmatrix.methods import catalogue
from ganmatrix.methods.catalogue import METHODS
from ganmatrix.params.architectures import Architecture
from ganmatrix.training import checkpoint
from ganmatrix.training.data import Resident
from ganmatrix.training.outcome import Reason
from ganmatrix.training.seeding import Stream, generator, stream_seed
from ganmatrix.training.trainer import Trainer
from ganmatrix.training.weights import initialise

KINDS = {
    "gan": {"kind": "gan"},
    "as_gan": {"kind": "as_gan", "epsilon": 0.1, "warm_up": 2},
    "dat": {"kind": "dat"},
    "fargan": {"kind": "fargan", "selection": "random"},
}
STEPS = 7


def _points(kind, cell=CELL, samples=None, **changes):
    """A trainer on 2-D points."""
    architecture = TypeAdapter(Architecture).validate_python(
        {
            "kind": "conventional",
            "points": {"latent": 2, "width": 6, "depth": 1},
            "images": {"latent": 4, "generator_width": 4, "discriminator_width": 4},
        }
    )
    if samples is None:
        samples = torch.randn(20, 2, generator=torch.Generator().manual_seed(0)).numpy()
    method = catalogue.build(TypeAdapter(catalogue.MethodParams).validate_python(KINDS[kind]))
    pair = initialise(cell, architecture, (2,))
    fields = {"generator_steps": STEPS, "log_every": 3, "discriminator_steps": 2} | changes
    return Trainer(cell, pair, method, recipe(**fields), Resident(samples, torch.device("cpu")))


def _make(kind, modality):
    if modality == "points":
        return _points(kind)
    return trainer(KINDS[kind], "conventional", generator_steps=STEPS, log_every=3)


def _state(made):
    return checkpoint.pack("cell", "fingerprint", made.state_dict())


def _history(made):
    return json.dumps(made.history, sort_keys=True)


@pytest.mark.parametrize("modality", ["points", "images"])
@pytest.mark.parametrize("kind", METHODS)
def test_the_same_cell_twice_is_the_same_bytes(kind, modality):
    torch.manual_seed(1)
    first = finish(_make(kind, modality))
    torch.manual_seed(2)
    torch.rand(5)
    again = finish(_make(kind, modality))
    assert _state(first) == _state(again)
    assert [row["step"] for row in first.history] == [3, 6, 7]


@pytest.mark.parametrize("modality", ["points", "images"])
@pytest.mark.parametrize("kind", METHODS)
def test_stopping_at_every_step_changes_nothing(kind, modality):
    whole = finish(_make(kind, modality))
    stopped = _make(kind, modality)
    for step in range(STEPS):
        saved = checkpoint.unpack(_state(stopped))
        stopped = _make(kind, modality)
        stopped.load_state_dict(saved["state"])
        assert stopped.step == step
        stopped.take_step()
    assert stopped.finished
    expected, found = weights(whole), weights(stopped)
    assert expected.keys() == found.keys()
    assert all(expected[name].numpy().tobytes() == found[name].numpy().tobytes() for name in expected)
    assert _history(whole) == _history(stopped)


def test_a_divergence_survives_a_restart():
    bad = torch.full((20, 2), float("nan")).numpy()
    made = _points("gan", samples=bad)
    for _ in range(3):
        made.take_step()
    assert made.finished
    saved = checkpoint.unpack(_state(made))["state"]
    again = _points("gan", samples=bad)
    again.load_state_dict(saved)
    assert again.finished
    assert again.divergence == made.divergence
    assert again.divergence.reason is Reason.LOSS


@pytest.mark.parametrize(
    "damage", [lambda d: b"", lambda d: d[:-100], lambda d: b"x" * 500, lambda d: d[100:]]
)
def test_damaged_checkpoints_are_value_errors(damage):
    data = checkpoint.pack("cell", "fingerprint", {"step": 3})
    assert checkpoint.unpack(data) == {"cell": "cell", "fingerprint": "fingerprint", "state": {"step": 3}}
    with pytest.raises(ValueError, match="no checkpoint"):
        checkpoint.unpack(damage(data))


def test_other_torch_files_are_no_checkpoints(tmp_path):
    torch.save({"weights": torch.zeros(2)}, tmp_path / "a")
    with pytest.raises(ValueError, match="no checkpoint"):
        checkpoint.unpack((tmp_path / "a").read_bytes())


class Malicious:
    def __reduce__(self):
        return print, ("executed",)


def test_a_checkpoint_executes_nothing(capsys):
    with pytest.raises(ValueError, match="no checkpoint"):
        checkpoint.unpack(checkpoint.pack("cell", "fingerprint", {"state": Malicious()}))
    assert capsys.readouterr().out == ""


def test_streams_do_not_depend_on_the_method():
    cells = [Cell("d", "a", method, 0) for method in ("gan", "dat")]
    for stream in Stream:
        assert stream_seed(cells[0], stream) == stream_seed(cells[1], stream)
        draws = [torch.randn(4, generator=generator(cell, stream)) for cell in cells]
        assert torch.equal(*draws)


def test_streams_differ_in_everything_else():
    cells = [Cell("d", "a", "m", 0), Cell("e", "a", "m", 0), Cell("d", "b", "m", 0), Cell("d", "a", "m", 1)]
    seeds = [stream_seed(cell, stream) for cell in cells for stream in Stream]
    assert len(set(seeds)) == len(cells) * len(Stream)
    assert all(0 <= seed < 2**63 for seed in seeds)


def test_methods_start_alike_and_see_the_same_reals(monkeypatch):
    seen = {}
    for kind in METHODS:
        cell = Cell("toy", "family", kind, 3)
        made = _points(kind, cell)
        start = weights(made)
        batches = []
        original = made.data.batch

        def batch(*arguments, original=original, batches=batches):
            batches.append(original(*arguments))
            return batches[-1]

        monkeypatch.setattr(made.data, "batch", batch)
        finish(made)
        seen[kind] = start, torch.stack(batches)
    reference, reals = seen["gan"]
    assert len(reals) == 2 * STEPS
    for start, batches in seen.values():
        assert all(torch.equal(reference[name], start[name]) for name in reference)
        assert torch.equal(reals, batches)


def test_global_random_state_is_left_alone():
    torch.manual_seed(0)
    expected = torch.rand(3)
    torch.manual_seed(0)
    finish(_points("fargan"))
    assert torch.equal(torch.rand(3), expected)
