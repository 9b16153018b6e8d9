"""The same run gives the same bytes, whether or not it was stopped on the way."""

import json
import shutil

import numpy as np
import pytest
import torch

from ganmatrix.cell import Run
from ganmatrix.runtime import checkpoints
from ganmatrix.training.data import Resident
from ganmatrix.training.outcome import Reason
from ganmatrix.training.seeding import Stream, generator, stream_seed
from helpers.members import MEMBERS, PLACES
from helpers.trainers import finish, packed, trainer, weights

STEPS = 7


def _make(name, modality="images", **changes):
    fields = {"generator_steps": STEPS, "log_every": 3, "discriminator_steps": 2} | changes
    return trainer(MEMBERS[name], "conventional", modality, **fields)


def _state(made):
    return packed(made.state_dict())


def _history(made):
    return json.dumps(made.history, sort_keys=True)


@pytest.mark.parametrize(("kind", "modality"), PLACES)
def test_a_run_that_is_stopped_and_resumed_is_the_same_bytes(kind, modality):
    """On images, which take longer, once, within a row. Random numbers of others change nothing."""
    torch.manual_seed(1)
    whole = finish(_make(kind, modality))
    torch.manual_seed(2)
    torch.rand(5)
    stopped = _make(kind, modality)
    for step in range(STEPS):
        if modality == "points" or step == 5:
            saved = checkpoints.unpack(_state(stopped))
            stopped = _make(kind, modality)
            stopped.load_state_dict(saved["state"])
        assert stopped.step == step
        stopped.take_step()
    assert stopped.finished
    assert [row["step"] for row in whole.history] == [3, 6, 7]
    expected, found = weights(whole), weights(stopped)
    assert expected.keys() == found.keys()
    assert all(expected[name].numpy().tobytes() == found[name].numpy().tobytes() for name in expected)
    assert _history(whole) == _history(stopped)


def test_a_divergence_survives_a_restart():
    bad = Resident(np.full((20, 2), np.nan, dtype=np.float32), torch.device("cpu"))
    made = _make("gan", "points", data=bad)
    for _ in range(3):
        made.take_step()
    assert made.finished
    saved = checkpoints.unpack(_state(made))["state"]
    again = _make("gan", "points", data=bad)
    again.load_state_dict(saved)
    assert again.finished
    assert again.divergence == made.divergence
    assert again.divergence.reason is Reason.LOSS


@pytest.mark.parametrize(
    "damage", [lambda d: b"", lambda d: d[:-100], lambda d: b"x" * 500, lambda d: d[100:]]
)
def test_damaged_checkpoints_are_value_errors(damage):
    data = packed({"step": 3})
    assert checkpoints.unpack(data)["state"] == {"step": 3}
    with pytest.raises(ValueError, match="no checkpoint"):
        checkpoints.unpack(damage(data))


def test_other_torch_files_are_no_checkpoints(tmp_path):
    torch.save({"weights": torch.zeros(2)}, tmp_path / "a")
    with pytest.raises(ValueError, match="no checkpoint"):
        checkpoints.unpack((tmp_path / "a").read_bytes())


class Malicious:
    def __reduce__(self):
        return print, ("executed",)


def test_a_checkpoint_executes_nothing(capsys):
    with pytest.raises(ValueError, match="no checkpoint"):
        checkpoints.unpack(packed({"state": Malicious()}))
    assert capsys.readouterr().out == ""


def test_streams_do_not_depend_on_the_method():
    runs = [Run("d", "a", method, 0) for method in ("gan", "dat")]
    for stream in Stream:
        assert stream_seed(runs[0], stream) == stream_seed(runs[1], stream)
        draws = [torch.randn(4, generator=generator(run, stream)) for run in runs]
        assert torch.equal(*draws)


def test_streams_differ_in_everything_else():
    """A twin has streams of its own."""
    runs = [Run("d", "a", "m", 0), Run("e", "a", "m", 0), Run("d", "b", "m", 0), Run("d", "a", "m", 1)]
    runs.append(Run("d", "a", "twin", 0, streams="/twin"))
    seeds = [stream_seed(run, stream) for run in runs for stream in Stream]
    assert len(set(seeds)) == len(runs) * len(Stream)
    assert all(0 <= seed < 2**63 for seed in seeds)


def test_methods_start_alike_and_see_the_same_reals(monkeypatch):
    """Also those that add to the family's networks: what is the family's own starts the same."""
    seen = {}
    for name, modality in PLACES:
        if modality == "images":
            continue
        made = _make(name, "points", run=Run("toy", "family", "method", 3))
        start = weights(made)
        batches = []
        original = made.data.batch

        def batch(*arguments, original=original, batches=batches):
            batches.append(original(*arguments))
            return batches[-1]

        monkeypatch.setattr(made.data, "batch", batch)
        finish(made)
        seen[name] = start, torch.stack(batches)
    reference, reals = seen["gan"]
    assert len(reals) == 2 * STEPS
    for name, (start, batches) in seen.items():
        assert torch.equal(reals, batches)
        for key in reference.keys() & start.keys():
            assert torch.equal(reference[key], start[key]), (name, key)
        assert {key for key in start if key.startswith("generator.")}, name


def test_global_random_state_is_left_alone():
    torch.manual_seed(0)
    expected = torch.rand(3)
    torch.manual_seed(0)
    finish(_make("fargan", "points"))
    assert torch.equal(torch.rand(3), expected)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("g++") is None, reason="torch.compile needs a C++ compiler on the CPU")
@pytest.mark.filterwarnings("ignore")  # torch's compiler warns of its own code
@pytest.mark.parametrize("kind", ["gan", "as_gan", "dat"])
def test_compiled_networks_resume_exactly(kind):
    def make():
        return _make(kind, compile=True)

    whole, stopped = finish(make()), make()
    for _ in range(STEPS):
        saved = checkpoints.unpack(_state(stopped))
        stopped = make()
        stopped.load_state_dict(saved["state"])
        stopped.take_step()
    expected, found = weights(whole), weights(stopped)
    assert all(torch.equal(expected[name], found[name]) for name in expected)
    eager = weights(finish(_make(kind)))
    assert all(torch.allclose(expected[name], eager[name], rtol=1e-2, atol=1e-3) for name in expected)
