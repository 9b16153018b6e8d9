"""Resizing, batching and input checks that every extractor shares, and which of them look at which images."""

import dataclasses

import numpy as np
import pytest
import torch

from ganmatrix.evaluation.digits_cnn import DigitsCnn, Reader
from ganmatrix.evaluation.extractor import build_all
from ganmatrix.params.evaluation import DigitsCnnParams, EfficientNetLite0Params


@pytest.mark.parametrize(("side", "size"), [(8, 32), (64, 64), (75, 32), (33, 75)])
def test_resizes_as_clean_fid_does(cleanfid_fid, toy_extractor, side: int, size: int) -> None:
    images = torch.randint(0, 256, (2, 3, side, side), generator=torch.Generator().manual_seed(0))
    images = images.to(torch.uint8)
    resize = cleanfid_fid.make_resizer("PIL", False, "bicubic", (size, size))
    expected = np.stack([resize(image.numpy().transpose(1, 2, 0)).transpose(2, 0, 1) for image in images])
    seen = []
    toy_extractor.network.register_forward_pre_hook(lambda _, arguments: seen.append(arguments[0]))
    dataclasses.replace(toy_extractor, input_size=size)(images)
    assert np.abs(seen[0].numpy() - expected).max() < 0.01


def test_batches_do_not_change_the_result(toy_extractor) -> None:
    images = torch.randint(0, 256, (70, 1, 8, 8), generator=torch.Generator().manual_seed(0)).to(torch.uint8)
    features, probabilities = toy_extractor(images)
    assert features.shape == (70, toy_extractor.feature_dimension)
    assert probabilities.shape == (70, toy_extractor.class_count)
    torch.testing.assert_close(features, images.flatten(start_dim=1) / 255)


@pytest.mark.parametrize(
    ("shape", "dtype"), [((2, 3, 8, 8), torch.float32), ((2, 4, 8, 8), torch.uint8), ((8, 8), torch.uint8)]
)
def test_refuses_other_input(toy_extractor, shape: tuple[int, ...], dtype: torch.dtype) -> None:
    with pytest.raises(ValueError, match="expected uint8 images"):
        toy_extractor(torch.zeros(shape, dtype=dtype))


EXTRACTORS = [
    EfficientNetLite0Params(kind="efficientnet_lite0", input_size=32),
    DigitsCnnParams(kind="digits_cnn"),
]


def test_the_reader_of_digits_looks_at_digits_only() -> None:
    assert [each.name for each in build_all(EXTRACTORS, None, (3, 32, 32))] == ["efficientnet_lite0"]
    both = build_all(EXTRACTORS, Reader(DigitsCnn().eval(), 1.0), (3, 32, 32))
    assert [each.name for each in both] == ["efficientnet_lite0", "digits_cnn"]
    assert (both[1].feature_dimension, both[1].class_count) == (192, 1000)


def test_every_extractor_states_what_a_score_of_it_depends_on() -> None:
    for extractor in build_all(EXTRACTORS, Reader(DigitsCnn().eval(), 0.99), (1, 16, 16)):
        protocol = extractor.protocol
        assert protocol.keys() >= {
            "extractor",
            "weights_sha256",
            "input_size",
            "resizer",
            "feature_dimension",
            "class_count",
        }
    assert protocol["held_out_accuracy"] == 0.99
