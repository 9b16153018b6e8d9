"""What a step does on a device other than the processor, tried without one.

torch's `meta` device stands for a GPU: its tensors have no values. Whatever would wait for a GPU to read a
value fails there, and so does whatever mixes tensors of two devices. torch takes its GPU branches on it.
"""

import contextlib

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from ganmatrix.training import optimisers
from ganmatrix.training import trainer as step_loop
from ganmatrix.training.data import Resident, Streamed
from ganmatrix.training.seeding import Stream
from helpers.members import MEMBERS
from helpers.trainers import images, points, trainer

GPU, META = torch.device("cuda", 1), torch.device("meta")

WITHOUT_DETERMINISM = {
    "_adaptive_avg_pool2d_backward",
    "_adaptive_avg_pool3d_backward",
    "_embedding_bag_backward",
    "adaptive_max_pool2d_backward",
    "avg_pool3d_backward",
    "bincount",
    "cumsum",
    "fractional_max_pool2d_backward",
    "fractional_max_pool3d_backward",
    "grid_sampler_2d_backward",
    "grid_sampler_3d_backward",
    "histc",
    "kthvalue",
    "max_unpool2d",
    "max_unpool3d",
    "median",
    "nll_loss2d_forward",
    "put",
    "put_",
    "reflection_pad1d_backward",
    "reflection_pad2d_backward",
    "reflection_pad3d_backward",
    "upsample_bicubic2d_backward",
    "upsample_bilinear2d_backward",
    "upsample_linear1d_backward",
    "upsample_trilinear3d_backward",
}
"""What torch refuses on a GPU in its deterministic mode, or may refuse: its list under
`use_deterministic_algorithms`. Of the NLL losses it refuses the one on maps."""


class Watched(TorchDispatchMode):
    """The names of the operations inside its block, and the shapes that came from the processor."""

    def __init__(self):
        super().__init__()
        self.names, self.copied = set(), []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        self.names.add(func.overloadpacket.__name__)
        if isinstance(out, torch.Tensor) and out.is_meta:
            self.copied += [a.shape for a in args if isinstance(a, torch.Tensor) and a.is_cpu and a.ndim]
        return out


@pytest.fixture
def on_meta(monkeypatch):
    """Trainers on the `meta` device, which has no random numbers and no fused Adam."""
    drawn = step_loop.generator
    monkeypatch.setattr(step_loop, "generator", lambda run, stream, device=None: drawn(run, stream))
    monkeypatch.setattr(
        step_loop.Trainer, "_latents", lambda self, count: torch.empty(count, self.latent, device=META)
    )
    monkeypatch.setattr(
        optimisers, "build", lambda params, weights, rate: torch.optim.SGD(weights, rate, foreach=True)
    )
    torch.set_deterministic_debug_mode("error")
    torch.utils.deterministic.fill_uninitialized_memory = False
    yield
    torch.set_deterministic_debug_mode("default")


def _on_meta(method, family, modality="images", side=16):
    data = Resident(points() if modality == "points" else images(side=side), META)
    return trainer(method, family, modality, data=data, side=side, generator_steps=9, log_every=9)


def _copied(made):
    """Shapes of what a step copies to the device; it may not wait, nor leave the device."""
    made.take_step()  # What a method keeps on the processor moves to the device in the first step.
    with Watched() as watched, pytest.MonkeyPatch.context() as patch:
        # They copy Python's numbers to the device, inside one operation.
        patch.setattr(torch, "tensor", None)
        patch.setattr(torch.Tensor, "new_tensor", None)
        made.take_step()
    assert not watched.names & WITHOUT_DETERMINISM
    assert made.history == []
    networks = (made.generator.network, made.discriminator.network, made.average.network)
    assert all(v.device == META for network in networks for v in network.state_dict().values())
    return watched.copied


@pytest.mark.parametrize("name", MEMBERS)
def test_a_step_neither_waits_for_the_device_nor_copies_more_than_indices(name, on_meta):
    made = _on_meta(MEMBERS[name], "conventional")
    assert _copied(made) == [(made.recipe.batch_size,)], "the indices of the batch"


@pytest.mark.parametrize(
    ("family", "modality", "side"),
    [("resnet_sn", "images", 16), ("as_gan_resnet", "images", 32), ("resnet_sn", "points", 16)],
)
def test_nor_do_the_other_networks(family, modality, side, on_meta):
    made = _on_meta({"kind": "gan", "techniques": [{"kind": "r1"}]}, family, modality, side)
    assert _copied(made) == [(made.recipe.batch_size,)]


def test_a_reading_of_the_ledger_does_wait(on_meta):
    """So the tests above would see it in a step."""
    made = _on_meta({"kind": "gan"}, "conventional", "points")
    made.take_step()
    with pytest.raises(NotImplementedError, match="meta tensor"):
        made.ledger.read()


def test_random_numbers_of_a_step_are_drawn_on_the_device_and_the_order_is_not(monkeypatch):
    devices = {}
    drawn = step_loop.generator

    def recorded(run, stream, device=None):
        devices[stream] = device
        return drawn(run, stream)

    monkeypatch.setattr(step_loop, "generator", recorded)
    monkeypatch.setattr(optimisers, "build", lambda params, weights, rate: torch.optim.SGD(weights, rate))
    made = _on_meta({"kind": "gan"}, "conventional", "points")
    assert devices == {Stream.DATA_ORDER: None, Stream.TRAINING_LATENTS: META, Stream.METHOD_NOISE: META}
    assert made.sampler.order.device == torch.device("cpu")


def test_resident_data_lie_on_the_device_as_they_are_stored():
    data = Resident(images(), META)
    assert data.samples.device == META
    assert data.samples.dtype == torch.uint8
    batch = data.batch(torch.tensor([3, 1]))
    assert batch.device == META
    assert batch.shape == (2, 1, 16, 16)


@pytest.mark.parametrize(("device", "expected"), [(GPU, 1), (torch.device("cpu"), 0)])
def test_what_goes_to_a_gpu_is_pinned_and_does_not_wait(device, expected, monkeypatch):
    """Indices of resident data and samples of streamed data. Without pinned memory the copy would wait."""
    pinned, copies = [], []

    def pin_memory(values):
        pinned.append(values)
        return values

    def to(values, *args, **kwargs):
        copies.append((values, args, kwargs))
        return values

    monkeypatch.setattr(torch.Tensor, "pin_memory", pin_memory)
    monkeypatch.setattr(torch.Tensor, "to", to)
    indices = torch.tensor([5, 0, 39])
    resident, streamed = Resident(points(), torch.device("cpu")), Streamed(points(), device)
    resident.device = device
    for data in (resident, streamed):
        pinned.clear()
        copies.clear()
        samples = data.raw(indices, None)
        assert len(pinned) == expected
        ((copied, args, kwargs),) = copies
        assert (args, kwargs) == ((device,), {"non_blocking": True})
        assert torch.equal(copied, indices if data is resident else samples)
        assert torch.equal(samples, torch.from_numpy(points()[indices.numpy()]))


@pytest.mark.parametrize(
    ("precision", "expected"), [("bfloat16", [("meta", torch.bfloat16)]), ("float32", [])]
)
def test_bfloat16_is_that_of_the_device(precision, expected, monkeypatch):
    asked = []
    monkeypatch.setattr(
        torch, "autocast", lambda device, dtype: asked.append((device, dtype)) or contextlib.nullcontext()
    )
    monkeypatch.setattr(optimisers, "build", lambda params, weights, rate: torch.optim.SGD(weights, rate))
    monkeypatch.setattr(step_loop, "generator", lambda *_: torch.Generator())
    made = trainer(data=Resident(points(), META), modality="points", precision=precision)
    assert made.discriminator(torch.empty(4, 2, device=META)).shape == (4,)
    assert asked == expected
