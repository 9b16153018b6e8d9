"""The classifier of digits, and what is counted with it."""

import numpy as np
import pytest
import torch
from safetensors.numpy import load, save
from torch import Tensor, nn

from ganmatrix.datasets import digits as digits_dataset
from ganmatrix.datasets.digits import prepare_stacked
from ganmatrix.datasets.source import Prepared
from ganmatrix.entry import Scores
from ganmatrix.evaluation import digits_cnn
from ganmatrix.evaluation.digits_cnn import Reader, distinct_scans, pack, read, unpack
from ganmatrix.evaluation.modes import score_classes
from ganmatrix.params.datasets import DigitsParams, StackedDigitsParams


@pytest.fixture(scope="module")
def stacks() -> Prepared:
    return prepare_stacked(
        StackedDigitsParams(kind="stacked_digits", resolution=16, train=2000, held_out=800)
    )


def _train(stacks: Prepared) -> Reader:
    return digits_cnn.train(stacks.train, stacks.train_labels, stacks.held_out, stacks.held_out_labels)


@pytest.fixture(scope="module")
def reader(stacks: Prepared) -> Reader:
    return _train(stacks)


class Emitter(nn.Module):
    """Latents (n, 1) that number the stacks of a table."""

    def __init__(self, table: np.ndarray) -> None:
        super().__init__()
        self.table = torch.from_numpy(table).float() / 127.5 - 1

    def forward(self, z: Tensor) -> Tensor:
        return self.table[z[:, 0].long()]


def _by_metric(scores: Scores):
    return {name.key: entry for name, entry in scores.items()}


def _score(table: np.ndarray, numbers: np.ndarray, reader: Reader):
    return _by_metric(score_classes(Emitter(table), torch.from_numpy(numbers)[:, None], reader.extractor(3)))


@pytest.fixture(scope="module")
def alphabet(stacks: Prepared, reader: Reader) -> np.ndarray:
    """One scan a digit (10, S, S) that is read correctly."""
    scans, digits = distinct_scans(stacks.train, stacks.train_labels)
    right = read(reader.network, torch.from_numpy(scans)).numpy() == digits
    return np.stack([scans[right & (digits == digit)][0] for digit in range(10)])


def test_it_reads_the_digits_that_it_has_not_seen(stacks: Prepared, reader: Reader) -> None:
    scans, digits = distinct_scans(stacks.held_out, stacks.held_out_labels)
    right = read(reader.network, torch.from_numpy(scans)).numpy() == digits
    assert reader.held_out_accuracy == pytest.approx(right.mean(), abs=1e-12)
    assert reader.held_out_accuracy >= digits_cnn.LEAST_ACCURACY
    # Whole stacks are right where all three digits are.
    _, probabilities = reader.extractor(3)(torch.from_numpy(stacks.held_out))
    assert (probabilities.argmax(dim=1).numpy() == stacks.held_out_labels).mean() > 0.9


def test_the_probability_of_a_stack_is_the_product_of_its_digits(stacks: Prepared, reader: Reader) -> None:
    images = torch.from_numpy(stacks.held_out[:20])
    features, joint = reader.extractor(3)(images)
    each = [reader.extractor(1)(images[:, [channel]]) for channel in range(3)]
    torch.testing.assert_close(features, torch.cat([f for f, _ in each], dim=1))
    a, b, c = (p for _, p in each)
    torch.testing.assert_close(joint, torch.einsum("na,nb,nc->nabc", a, b, c).flatten(start_dim=1))
    torch.testing.assert_close(joint.sum(dim=1), torch.ones(20))


def test_single_digits_are_read_too() -> None:
    data = digits_dataset.prepare(DigitsParams(kind="digits", resolution=16, held_out=360))
    single = _train(data)
    assert single.held_out_accuracy >= digits_cnn.LEAST_ACCURACY
    extractor = single.extractor(1)
    features, probabilities = extractor(torch.from_numpy(data.held_out))
    assert (features.shape[1], probabilities.shape[1]) == (extractor.feature_dimension, extractor.class_count)
    assert (probabilities.argmax(dim=1).numpy() == data.held_out_labels).mean() == pytest.approx(
        single.held_out_accuracy, abs=0.01
    )


def test_the_same_bytes_on_any_number_of_threads(stacks: Prepared, reader: Reader) -> None:
    torch.set_num_threads(2)
    try:
        again = _train(stacks)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(1)
    assert again.extractor(3).protocol == reader.extractor(3).protocol
    assert {k: v.tobytes() for k, v in pack(again).items()} == {
        k: v.tobytes() for k, v in pack(reader).items()
    }


def test_distinct_scans_are_each_there_once_in_whatever_order(stacks: Prepared) -> None:
    scans, digits = distinct_scans(stacks.train, stacks.train_labels)
    channels = stacks.train.reshape(-1, 16, 16)
    assert {scan.tobytes() for scan in scans} == {channel.tobytes() for channel in channels}
    assert len({scan.tobytes() for scan in scans}) == len(scans)
    order = np.random.default_rng(0).permutation(len(stacks.train))
    again, digits_again = distinct_scans(stacks.train[order], stacks.train_labels[order])
    assert again.tobytes() == scans.tobytes()
    assert digits_again.tobytes() == digits.tobytes()


def test_larger_images_are_resized(stacks: Prepared, reader: Reader) -> None:
    small = torch.from_numpy(stacks.held_out)
    large = small.repeat_interleave(2, dim=2).repeat_interleave(2, dim=3)
    found, expected = (reader.extractor(3)(images)[1].argmax(dim=1) for images in (large, small))
    assert (found == expected).double().mean() > 0.97


def test_packed_and_unpacked_it_is_the_same(reader: Reader) -> None:
    arrays = load(save(pack(reader)))
    again = unpack(arrays)
    assert again is not None
    assert again.extractor(3).protocol == reader.extractor(3).protocol
    assert unpack({"features": np.zeros(2)}) is None
    for damage in (
        {"digits_cnn.weights.out.bias": np.zeros(3, np.float32)},
        {"digits_cnn.weights.more": np.zeros(1)},
    ):
        with pytest.raises(ValueError, match="differ in name or shape"):
            unpack(arrays | damage)


@pytest.mark.parametrize("k", [1, 7, 250])
def test_a_generator_of_k_triples_has_k_modes(k: int, alphabet: np.ndarray, reader: Reader) -> None:
    triples = np.random.default_rng(0).choice(1000, k, replace=False)
    table = alphabet[np.stack([triples // 100, triples // 10 % 10, triples % 10], axis=1)]
    entries = _score(table, np.arange(4 * k) % k, reader)
    assert entries["modes"]["value"] == k
    assert entries["reverse_kl"]["value"] == pytest.approx(np.log(1000 / k), abs=1e-9)


def test_an_even_generator_of_all_triples_has_no_divergence(alphabet: np.ndarray, reader: Reader) -> None:
    table = alphabet[np.stack(np.unravel_index(np.arange(1000), (10, 10, 10)), axis=1)]
    entries = _score(table, np.arange(1000), reader)
    assert entries["modes"]["value"] == 1000
    assert entries["reverse_kl"]["value"] == pytest.approx(0, abs=1e-9)
    assert entries["modes"]["protocol"] == reader.extractor(3).protocol | {
        "modes": 1000,
        "fake_samples": 1000,
        "dtype": "float32",
    }


def test_uneven_shares_have_their_divergence(alphabet: np.ndarray, reader: Reader) -> None:
    table = alphabet[np.array([[1, 2, 3], [4, 5, 6]])]
    entries = _score(table, np.array([0, 0, 0, 1]), reader)
    expected = 0.75 * np.log(750) + 0.25 * np.log(250)
    assert entries["reverse_kl"]["value"] == pytest.approx(expected, rel=1e-9)


def test_non_finite_images_are_a_result(alphabet: np.ndarray, reader: Reader) -> None:
    generator = Emitter(alphabet[np.array([[1, 2, 3], [4, 5, 6]])])
    generator.table[1, 0, 0, 0] = torch.nan
    # The bad image is in the second batch.
    latents = torch.arange(400)[:, None] // 300
    entries = _by_metric(score_classes(generator, latents, reader.extractor(3)))
    assert set(entries) == {"modes", "reverse_kl"}
    assert all(entry["value"] is None and "not finite" in entry["reason"] for entry in entries.values())
