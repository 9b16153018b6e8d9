"""A small convolutional network that reads scanned digits, trained by the pipeline itself.

It reads images of one digit, and the channels of stacked digits one by one. It learns from the
channels of the training images, each of which shows one scan with a known digit, and is examined on
those of the held-out images, which show other scans. Every distinct scan counts once, however many
images show it.

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

from ganmatrix.evaluation.extractor import Extractor, bicubic

NAME = "digits_cnn"

SIDE = 16
"""Pixels that the network sees; the scans themselves have 8."""

HIDDEN, DIGITS = 64, 10

SEED = 0
EPOCHS = 20
BATCH_SIZE = 64
LEARNING_RATE = 3e-3
BATCH_READ = 1024

PREFIX, ACCURACY = f"{NAME}.weights.", f"{NAME}.held_out_accuracy"
"""Names of the reader's arrays among the reference's."""

LEAST_ACCURACY = 0.97
"""Share of held-out digits that must be read correctly: below it, counted modes mean little."""


class DigitsCnn(nn.Module):
    """Pixels (n, 1, SIDE, SIDE) in [0, 255] to hidden activations (n, HIDDEN) and logits (n, DIGITS)."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, padding=1)
        self.conv2 = nn.Conv2d(16, 32, 3, padding=1)
        self.hidden = nn.Linear(32 * (SIDE // 4) ** 2, HIDDEN)
        self.out = nn.Linear(HIDDEN, DIGITS)

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        maps = F.max_pool2d(self.conv1(pixels / 127.5 - 1).relu(), 2)
        maps = F.max_pool2d(self.conv2(maps).relu(), 2)
        features = self.hidden(maps.flatten(start_dim=1)).relu()
        return features, self.out(features)


class ChannelReader(nn.Module):
    """Pixels (n, C, SIDE, SIDE) to the activations of all channels (n, C * HIDDEN), and class probabilities.

    The channels are read independently: the probability of a stack's class is the product of its
    digits', with class 100 a + 10 b + c for the digits a, b, c.
    """

    def __init__(self, network: DigitsCnn) -> None:
        super().__init__()
        self.network = network

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        count, channels = pixels.shape[:2]
        features, logits = self.network(pixels.flatten(end_dim=1)[:, None])
        digits = logits.softmax(dim=1).view(count, channels, DIGITS)
        probabilities = digits[:, 0]
        for channel in range(1, channels):
            probabilities = (probabilities[:, :, None] * digits[:, channel, None]).flatten(start_dim=1)
        return features.view(count, -1), probabilities


@dataclass(frozen=True)
class Reader:
    """A trained network and the share of unseen digits that it reads correctly."""

    network: DigitsCnn
    held_out_accuracy: float

    def extractor(self, channels: int) -> Extractor:
        """The network as an extractor for images of that many digits."""
        hasher = hashlib.sha256()
        for name, array in sorted(pack(self).items()):
            hasher.update(name.encode() + array.tobytes())
        return Extractor(
            name=NAME,
            weights_sha256=hasher.hexdigest(),
            input_size=SIDE,
            feature_dimension=channels * HIDDEN,
            class_count=DIGITS**channels,
            network=ChannelReader(self.network).eval(),
            repeats_grey=False,
            held_out_accuracy=self.held_out_accuracy,
            batch_size=BATCH_READ,
        )


def distinct_scans(
    images: NDArray[np.uint8], labels: NDArray[np.int64]
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """The scans (k, S, S) that images (n, C, S, S) show, each once, by their bytes, and their digits (k,).

    `labels` are the digit, or 100 a + 10 b + c for three.
    """
    side = images.shape[-1]
    places = 10 ** np.arange(images.shape[1])[::-1]
    digits = (labels[:, None] // places % 10).reshape(-1)
    channels = np.ascontiguousarray(images).reshape(-1, side * side)
    # As one opaque item a row is compared byte by byte, many times faster than along an axis.
    keys = channels.view(np.dtype((np.void, side * side)))[:, 0]
    _, first = np.unique(keys, return_index=True)
    return channels[first].reshape(-1, side, side), digits[first]


def train(
    images: NDArray[np.uint8],
    labels: NDArray[np.int64],
    held_out: NDArray[np.uint8],
    held_out_labels: NDArray[np.int64],
) -> Reader:
    """Train on the scans that images (n, C, S, S) show and examine on those of the held-out images."""
    scans, digits = distinct_scans(images, labels)
    unseen, unseen_digits = distinct_scans(held_out, held_out_labels)
    with _one_thread():
        network = fit(torch.from_numpy(scans), torch.from_numpy(digits))
        right = read(network, torch.from_numpy(unseen)) == torch.from_numpy(unseen_digits)
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
    pixels = bicubic(scans[:, None], SIDE)
    for _ in range(EPOCHS):
        for batch in torch.randperm(len(scans), generator=stream).split(BATCH_SIZE):
            optimizer.zero_grad()
            F.cross_entropy(network(pixels[batch])[1], digits[batch]).backward()
            optimizer.step()
            schedule.step()
    return network.eval()


@torch.inference_mode()
def read(network: DigitsCnn, scans: Tensor) -> Tensor:
    """The digits (n,) int64 that uint8 scans (n, S, S) show."""
    batches = bicubic(scans[:, None], SIDE).split(BATCH_READ)
    return torch.cat([network(batch)[1].argmax(dim=1) for batch in batches])


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
