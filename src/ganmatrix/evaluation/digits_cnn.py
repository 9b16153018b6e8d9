"""A small convolutional network that reads scanned digits, trained by the pipeline itself.

It reads the channels of stacked digits one by one. It learns from the channels of the training
stacks, each of which shows one scan with a known digit, and is examined on those of the held-out
stacks, which show other scans. Every distinct scan counts once, however many stacks show it.

Training is on one thread of the processor whatever the engine grants, from a fixed seed, over the
scans in the order of their bytes: the same data give the same weights on the same machine.
"""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

SIDE = 16
"""Pixels that the network sees; larger images are averaged down, the scans themselves having 8."""

SEED = 0
EPOCHS = 20
BATCH_SIZE = 64
LEARNING_RATE = 3e-3
READING_BATCH = 1024

PREFIX, ACCURACY = "digits_cnn.", "digits_cnn_held_out_accuracy"
"""Names of the reader's arrays among the reference's."""

LEAST_ACCURACY = 0.97
"""Share of held-out digits that must be read correctly: below it, counted modes mean little."""


class DigitsCnn(nn.Module):
    """Grey images (n, 1, S, S) in [0, 255], S a multiple of 16, to logits (n, 10)."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, padding=1)
        self.conv2 = nn.Conv2d(16, 32, 3, padding=1)
        self.hidden = nn.Linear(32 * (SIDE // 4) ** 2, 64)
        self.out = nn.Linear(64, 10)

    def forward(self, images: Tensor) -> Tensor:
        pixels = F.avg_pool2d(images, images.shape[-1] // SIDE) / 127.5 - 1
        maps = F.max_pool2d(self.conv1(pixels).relu(), 2)
        maps = F.max_pool2d(self.conv2(maps).relu(), 2)
        return self.out(self.hidden(maps.flatten(start_dim=1)).relu())


@dataclass(frozen=True)
class Reader:
    """A trained network and the share of unseen digits that it reads correctly."""

    network: DigitsCnn
    held_out_accuracy: float

    @property
    def protocol(self) -> dict[str, str | float]:
        """What two counts of stacked digits must share to be compared."""
        hasher = hashlib.sha256()
        for name, array in sorted(pack(self).items()):
            hasher.update(name.encode() + array.tobytes())
        return {
            "classifier": "digits_cnn",
            "classifier_sha256": hasher.hexdigest(),
            "classifier_held_out_accuracy": self.held_out_accuracy,
        }


def distinct_scans(
    stacks: NDArray[np.uint8], labels: NDArray[np.int64]
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """The scans (k, S, S) that stacks (n, 3, S, S) show, each once, by their bytes, and their digits (k,).

    `labels` are 100 a + 10 b + c.
    """
    side = stacks.shape[-1]
    digits = np.stack([labels // 100, labels // 10 % 10, labels % 10], axis=1).reshape(-1)
    channels = np.ascontiguousarray(stacks).reshape(-1, side * side)
    # As one opaque item a row is compared byte by byte, many times faster than along an axis.
    keys = channels.view(np.dtype((np.void, side * side)))[:, 0]
    _, first = np.unique(keys, return_index=True)
    return channels[first].reshape(-1, side, side), digits[first]


def train(
    stacks: NDArray[np.uint8],
    labels: NDArray[np.int64],
    held_out: NDArray[np.uint8],
    held_out_labels: NDArray[np.int64],
) -> Reader:
    """Train on the scans of the stacks (n, 3, S, S) and examine on those of the held-out stacks."""
    scans, digits = distinct_scans(stacks, labels)
    unseen, unseen_digits = distinct_scans(held_out, held_out_labels)
    with _one_thread():
        network = fit(torch.from_numpy(scans), torch.from_numpy(digits))
        right = read(network, torch.from_numpy(unseen)[:, None])[:, 0] == torch.from_numpy(unseen_digits)
    return Reader(network, right.double().mean().item())


def fit(scans: Tensor, digits: Tensor) -> DigitsCnn:
    """A network for uint8 scans (k, S, S) and their digits (k,): Adam, cross-entropy, cosine decay."""
    stream = torch.Generator().manual_seed(SEED)
    network = DigitsCnn()
    for weight in network.parameters():
        if weight.ndim > 1:
            nn.init.kaiming_normal_(weight, nonlinearity="relu", generator=stream)
        else:
            nn.init.zeros_(weight)
    steps = EPOCHS * -(-len(scans) // BATCH_SIZE)
    optimizer = torch.optim.Adam(network.parameters(), LEARNING_RATE, fused=True)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    images = scans[:, None].float()
    for _ in range(EPOCHS):
        for batch in torch.randperm(len(scans), generator=stream).split(BATCH_SIZE):
            optimizer.zero_grad()
            F.cross_entropy(network(images[batch]), digits[batch]).backward()
            optimizer.step()
            schedule.step()
    return network.eval()


@torch.inference_mode()
def read(network: DigitsCnn, images: Tensor) -> Tensor:
    """The digits (n, C) int64 that uint8 images (n, C, S, S) show, channel by channel, where they are."""
    network = network.to(images.device)
    flat = images.flatten(end_dim=1)[:, None]
    found = [network(batch.float()).argmax(dim=1) for batch in flat.split(READING_BATCH)]
    return torch.cat(found).view(images.shape[:2])


def pack(reader: Reader) -> dict[str, NDArray[np.floating]]:
    """The weights and the accuracy as arrays by name."""
    weights = reader.network.state_dict().items()
    arrays = {f"{PREFIX}{name}": weight.detach().cpu().numpy() for name, weight in weights}
    return arrays | {ACCURACY: np.array(reader.held_out_accuracy)}


def unpack(arrays: Mapping[str, NDArray[Any]]) -> Reader | None:
    """The reader among arrays by name; None if there is none. ValueError if it is not whole."""
    if ACCURACY not in arrays:
        return None
    weights = {
        name.removeprefix(PREFIX): torch.from_numpy(array.copy())
        for name, array in arrays.items()
        if name.startswith(PREFIX)
    }
    network = DigitsCnn()
    try:
        network.load_state_dict(weights)
    except RuntimeError:
        raise ValueError("its classifier's weights differ in name or shape") from None
    return Reader(network.eval(), float(arrays[ACCURACY]))


@contextmanager
def _one_thread() -> Iterator[None]:
    granted = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(granted)
