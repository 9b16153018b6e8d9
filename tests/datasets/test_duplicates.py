"""Near-duplicates: planted ones are found, unrelated and blank images are none, work is bounded."""

import io
from collections.abc import Callable

import numpy as np
import pytest
import skimage.data
from numpy.typing import NDArray
from PIL import Image
from scipy.fft import dctn

from ganmatrix.datasets import duplicates
from ganmatrix.datasets.duplicates import (
    LEAST_CORRELATION,
    Hashed,
    NearDuplicates,
    content_hashes,
    correlations,
    first_equal,
    near_duplicates,
    perceptual_hashes,
)
from ganmatrix.datasets.photos import crops, photographs
from helpers.archives import encoded

Images = NDArray[np.uint8]


def near(train: Images, held_out: Images) -> NearDuplicates:
    splits = (
        Hashed(perceptual_hashes(each), lambda places, each=each: each[places]) for each in (train, held_out)
    )
    return near_duplicates(*splits, lambda: None)


@pytest.fixture(scope="module")
def photos() -> Images:
    """Crops of photographs that have no pixel in common."""
    shrunk = (
        np.asarray(Image.fromarray(each).resize((256, 256), Image.Resampling.BICUBIC))
        for each in photographs()
    )
    found = np.concatenate([crops(each, 64, 64) for each in shrunk])
    return found[found.std(axis=(1, 2, 3)) > 20]


def _each(change: Callable[[Images], Images]) -> Callable[[Images], Images]:
    def changed(images: Images) -> Images:
        return np.stack([change(image.transpose(1, 2, 0)).transpose(2, 0, 1) for image in images])

    return changed


def _jpeg(quality: int) -> Callable[[Images], Images]:
    def again(image: Images) -> Images:
        return np.asarray(Image.open(io.BytesIO(encoded(image, "JPEG", quality=quality))))

    return _each(again)


def _resized(image: Images) -> Images:
    side = image.shape[0]
    small = Image.fromarray(image).resize((side * 3 // 4,) * 2, Image.Resampling.BILINEAR)
    return np.asarray(small.resize((side, side), Image.Resampling.BICUBIC))


def _grey(image: Images) -> Images:
    return np.asarray(Image.fromarray(image).convert("L").convert("RGB"))


PLANTED: dict[str, Callable[[Images], Images]] = {
    "the same": lambda images: images,
    "JPEG 75": _jpeg(75),
    "JPEG 60": _jpeg(60),
    "brighter": lambda images: np.clip(images.astype(int) + 12, 0, 255).astype(np.uint8),
    "darker": lambda images: (images * 0.9).astype(np.uint8),
    "flatter": lambda images: (images * 0.8 + 25).astype(np.uint8),
    "noise": lambda images: np.clip(
        images + np.random.default_rng(0).normal(0, 4, images.shape), 0, 255
    ).astype(np.uint8),
    "right": lambda images: np.roll(images, 1, axis=3),
    "down": lambda images: np.concatenate([images[:, :, :1], images[:, :, :-1]], axis=2),
    "up and left": lambda images: np.roll(images, (-1, -1), axis=(2, 3)),
    "resized": _each(_resized),
    "grey": _each(_grey),
}


@pytest.mark.parametrize("name", PLANTED)
@pytest.mark.parametrize("side", [32, 48, 64])
def test_a_changed_copy_is_found(name: str, side: int, photos: Images) -> None:
    if side != 64:
        resized = _each(lambda image: np.asarray(Image.fromarray(image).resize((side, side))))
        photos = resized(photos)
    originals = photos[::4]
    found = near(photos, PLANTED[name](originals))
    assert found.compared == len(originals)
    pairs = dict(found.pairs)
    right = [pairs.get(place) == 4 * place for place in range(len(originals))]
    assert np.mean(right) >= 0.97


def test_different_crops_are_no_duplicates(photos: Images) -> None:
    found = near(photos[::2], photos[1::2])
    assert found.compared == len(photos[1::2]) > 60
    assert len(found.pairs) <= 1


def test_a_tenth_of_planted_pairs_is_counted_as_such(photos: Images) -> None:
    held_out, train = photos[1::2].copy(), photos[::2]
    held_out[::10] = _jpeg(75)(train[: len(held_out[::10])])
    assert {place for place, _ in near(train, held_out).pairs} >= set(range(0, len(held_out), 10))
    assert len(near(train, held_out).pairs) <= len(held_out[::10]) + 1


@pytest.mark.parametrize("noise", [0, 1])
def test_blank_images_are_alike_and_no_duplicates(noise: int) -> None:
    levels = np.arange(0, 240, 2, dtype=np.uint8)[:, None, None, None]
    drawn = np.random.default_rng(0).integers(0, noise + 1, (120, 3, 32, 32), dtype=np.uint8)
    blank = levels + drawn
    found = near(blank, blank[::-1])
    assert (found.compared, found.blank, found.pairs) == (0, 120, [])


def test_images_that_are_all_alike_make_one_pair_each() -> None:
    one = skimage.data.astronaut()[100:164, 200:264].transpose(2, 0, 1)
    images = np.clip(one + np.arange(100)[:, None, None, None] % 20, 0, 255).astype(np.uint8)
    found = near(images, images)
    assert [place for place, _ in found.pairs] == list(range(100))
    assert len(found.facts["examples"]) == 20
    assert found.facts["held_out"] == 100


def test_of_a_large_set_held_out_images_at_even_distances_are_compared(
    photos: Images, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(duplicates, "MOST_COMPARISONS", 11 * len(photos))
    found = near(photos, photos)
    expected = np.linspace(0, len(photos) - 1, 11).astype(int).tolist()
    assert (found.compared, found.facts["of"]) == (11, 11)
    assert found.pairs == [(place, place) for place in expected]


def test_blocks_and_batches_change_nothing(photos: Images, monkeypatch: pytest.MonkeyPatch) -> None:
    held_out = np.roll(photos, 1, axis=3)
    expected = near(photos, held_out)
    monkeypatch.setattr(duplicates, "BLOCK", 3 * len(photos))
    monkeypatch.setattr(duplicates, "PIXELS", 2 * 64 * 64)
    assert near(photos, held_out) == expected


@pytest.mark.parametrize("side", [16, 32, 128])
@pytest.mark.parametrize("channels", [1, 3])
def test_the_hash_is_of_the_discrete_cosine_transform(side: int, channels: int) -> None:
    images = np.random.default_rng(side).integers(0, 256, (40, channels, side, side), dtype=np.uint8)
    luma = images[:, 0] if channels == 1 else np.tensordot(images, [0.299, 0.587, 0.114], axes=(1, 0))
    low = dctn(luma, axes=(1, 2))[:, :8, :8].reshape(40, 64)
    bits = low > np.median(low[:, 1:], axis=1, keepdims=True)
    bits[:, 0] = False
    expected = [int("".join(map(str, row.astype(int))), 2) for row in bits]
    apart = np.bitwise_count(perceptual_hashes(images) ^ np.array(expected, np.uint64))
    assert np.mean(apart == 0) > 0.9  # whole cosines may exchange the two coefficients at the median
    assert apart.max() <= 2


def test_hashes_do_not_depend_on_the_batch(photos: Images) -> None:
    whole = perceptual_hashes(photos)
    assert whole.tolist() == [int(perceptual_hashes(image[None])[0]) for image in photos]
    assert (whole >> np.uint64(63) == 0).all()


def test_correlation_against_numpy(photos: Images) -> None:
    small = photos[:, :, ::2, ::2]
    left, right = small[:-1], small[1:]
    luma = np.tensordot(small, [0.299, 0.587, 0.114], axes=(1, 0))
    expected = [
        max(
            np.corrcoef(luma[n, i : i + 30, j : j + 30].ravel(), luma[n + 1, 1:31, 1:31].ravel())[0, 1]
            for i in range(3)
            for j in range(3)
        )
        for n in range(len(left))
    ]
    np.testing.assert_allclose(correlations(left, right), expected, atol=1e-4)
    assert (correlations(left, 255 - left) < LEAST_CORRELATION).all()


def test_first_equal_against_a_search() -> None:
    draw = np.random.default_rng(1)
    train, held_out = draw.integers(0, 60, 100, dtype=np.uint64), draw.integers(0, 90, 50, dtype=np.uint64)
    listed = train.tolist()
    expected = [listed.index(value) if value in listed else -1 for value in held_out.tolist()]
    assert first_equal(train, held_out).tolist() == expected
    assert -1 in expected


def test_content_differs_by_one_level() -> None:
    images = np.zeros((2, 3, 16, 16), np.uint8)
    assert len(set(content_hashes(images).tolist())) == 1
    images[1, 2, 5, 5] = 1
    assert len(set(content_hashes(images).tolist())) == 2
