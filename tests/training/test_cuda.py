"""What holds on a real GPU. Skipped where there is none; `test_device.py` tries what it can without."""

import json

import pytest
import torch

from ganmatrix.runtime import checkpoints, compute
from ganmatrix.training.data import Resident, Streamed
from helpers.members import MEMBERS
from helpers.trainers import finish, images, packed, trainer, weights

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")

STEPS = 5
KINDS = ("gan", "as_gan", "dat", "fargan", "apa", "gan + rotation", "gan + r1")


@pytest.fixture(scope="module")
def gpu():
    """The GPU, leased and set up as every verb sets it up."""
    return compute.device("cuda:0")


@pytest.fixture
def strict():
    """Whatever waits for the GPU is an error from the first call on."""
    yield lambda: torch.cuda.set_sync_debug_mode("error")
    torch.cuda.set_sync_debug_mode("default")


def _make(gpu, kind, data=Resident, **changes):
    fields = {"generator_steps": STEPS, "log_every": 3, "discriminator_steps": 2} | changes
    return trainer(MEMBERS[kind], "conventional", data=data(images(), gpu), **fields)


def _same(one, other):
    expected, found = weights(one), weights(other)
    assert {value.device.type for value in expected.values()} == {"cuda"}
    assert all(torch.equal(expected[name], found[name]) for name in expected)
    assert json.dumps(one.history) == json.dumps(other.history)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("kind", KINDS)
def test_two_runs_and_a_resumed_one_are_the_same_bytes(kind, precision, gpu):
    whole = finish(_make(gpu, kind, precision=precision))
    assert whole.divergence is None
    _same(whole, finish(_make(gpu, kind, precision=precision)))
    stopped = _make(gpu, kind, precision=precision)
    for _ in range(STEPS):
        saved = checkpoints.unpack(packed(stopped.state_dict()))
        stopped = _make(gpu, kind, precision=precision)
        stopped.load_state_dict(saved["state"])
        stopped.take_step()
    _same(whole, stopped)


@pytest.mark.parametrize("data", [Resident, Streamed])
@pytest.mark.parametrize("kind", KINDS)
def test_steps_between_two_readings_do_not_wait_for_the_gpu(kind, data, gpu, strict):
    made = _make(gpu, kind, data, generator_steps=9, log_every=9)
    made.take_step()
    strict()
    for _ in range(4):
        made.take_step()
    with pytest.raises(RuntimeError, match="synchroniz"):
        made.ledger.read()


def test_resident_data_lie_on_the_gpu_and_train_like_streamed_data(gpu):
    resident = _make(gpu, "gan")
    assert resident.data.samples.device == gpu
    assert resident.data.samples.dtype == torch.uint8
    _same(finish(resident), finish(_make(gpu, "gan", Streamed)))


def test_float32_is_not_rounded_to_tf32(gpu):
    """TF32 keeps 10 bits of each input, an error of up to 2**-11 of it."""
    stream = torch.Generator(gpu).manual_seed(0)
    a, b = (torch.randn(512, 512, generator=stream, device=gpu) for _ in range(2))
    exact = a.double() @ b.double()
    assert ((a @ b - exact).norm() / exact.norm()).item() < 1e-5
    x = torch.randn(8, 64, 16, 16, generator=stream, device=gpu)
    kernel = torch.randn(64, 64, 3, 3, generator=stream, device=gpu)
    exact = torch.conv2d(x.double(), kernel.double())
    assert ((torch.conv2d(x, kernel) - exact).norm() / exact.norm()).item() < 1e-5


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # torch's compiler warns of its own code
@pytest.mark.parametrize("kind", ["gan", "as_gan", "dat"])
def test_compiled_networks_compute_what_eager_ones_do(kind, gpu):
    compiled, eager = (weights(finish(_make(gpu, kind, compile=each))) for each in (True, False))
    assert all(torch.allclose(compiled[name], eager[name], rtol=1e-2, atol=1e-3) for name in eager)
