"""Each reader against a miniature archive in the true format: pixels, labels, names, splits, order."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ganmatrix.datasets.images import decode
from ganmatrix.datasets.source import Sample, Source, open_source
from ganmatrix.params.datasets import Dataset
from ganmatrix.params.kinds import adapter
from helpers import archives
from helpers.archives import copy_of, encoded, jpeg, picture, write_parquet


def opened(root: Path, **params: Any) -> Source:
    """The source that the params describe."""
    source = open_source(adapter(Dataset).validate_python(params), root)
    assert not hasattr(source, "train_labels")
    return source


def seen(sample: Sample) -> tuple[str, str, int, bytes]:
    """A sample, to compare."""
    image = sample.image
    shown = image.tobytes() if isinstance(image, np.ndarray) else image
    return sample.name, sample.split, sample.label, shown


def tails_agree(source: Source) -> list[Sample]:
    """All samples, having checked that a start anywhere gives the same tail."""
    whole = list(source.samples(0))
    assert len(whole) == len(source)
    for start in range(len(whole) + 2):
        assert [seen(s) for s in source.samples(start)] == [seen(s) for s in whole[start:]]
    return whole


def test_cifar10(tmp_path: Path) -> None:
    path = archives.cifar10(tmp_path / "cifar.tar.gz", per_batch=3)
    source = opened(tmp_path, kind="cifar10", archive=copy_of(path))
    assert source.class_names == tuple(archives.CIFAR10_NAMES)
    found = tails_agree(source)
    assert [s.split for s in found] == ["train"] * 15 + ["held_out"] * 3
    assert [s.label for s in found] == [n % 10 for n in range(18)]
    for number, sample in enumerate(found):
        assert np.array_equal(sample.image, picture(number))
    assert found[4].name == f"{path}, data_batch_2.bin, image 1"
    assert source.facts["archive_md5"] == archives.md5(path)


def test_cifar100_takes_the_fine_labels(tmp_path: Path) -> None:
    path = archives.cifar100(tmp_path / "cifar.tar.gz", train=25, test=3)
    source = opened(tmp_path, kind="cifar100", archive=copy_of(path))
    assert source.class_names == tuple(f"fine_{i}" for i in range(100))
    found = tails_agree(source)
    assert [s.split for s in found] == ["train"] * 25 + ["held_out"] * 3
    assert [s.label for s in found] == list(range(28))
    assert all(np.array_equal(s.image, picture(n)) for n, s in enumerate(found))


def test_stl10_without_labels(tmp_path: Path) -> None:
    path = archives.stl10(tmp_path / "stl.tar.gz")
    source = opened(tmp_path, kind="stl10", archive=copy_of(path))
    assert source.class_names == (*archives.STL10_NAMES, "unlabelled")
    found = tails_agree(source)
    assert [(s.split, s.label) for s in found] == [("held_out", 0), ("held_out", 1)] + [("train", 10)] * 4
    for number, sample in zip([10, 11, 20, 21, 22, 23], found, strict=True):
        assert np.array_equal(sample.image, picture(number, 96, 96))


def test_stl10_with_labels(tmp_path: Path) -> None:
    path = archives.stl10(tmp_path / "stl.tar.gz")
    source = opened(tmp_path, kind="stl10", train_on="labelled", archive=copy_of(path))
    assert source.class_names == tuple(archives.STL10_NAMES)
    found = tails_agree(source)
    assert [(s.split, s.label) for s in found if s.split == "train"] == [("train", n) for n in (8, 7, 6)]
    assert np.array_equal(found[2].image, picture(0, 96, 96))


def test_celeba(tmp_path: Path) -> None:
    archive, listed = archives.celeba(tmp_path)
    source = opened(
        tmp_path, kind="celeba", resolution=64, archive=copy_of(archive), partition=copy_of(listed)
    )
    assert source.frame.crop == 178
    assert source.class_names == ("face",)
    found = tails_agree(source)
    numbers = [1, 2, 4, 5, 6]  # the third is theirs for validation
    assert [s.split for s in found] == ["train", "train", "held_out", "train", "held_out"]
    assert [s.image for s in found] == [jpeg(number, 218, 178) for number in numbers]
    assert source.facts["passed_over"] == {
        "count": 1,
        "reasons": {"partition 1": 1},
        "first": [["000003.jpg", "of partition 1, the publishers' for validation"]],
    }


def test_lsun(tmp_path: Path) -> None:
    values = [jpeg(n) for n in range(20)]
    archives.lsun(tmp_path / "lmdb", values)
    source = opened(tmp_path, kind="lsun_bedroom", resolution=64, folder="lmdb", held_out_share=0.25)
    found = tails_agree(source)
    assert [s.image for s in found] == values
    assert [s.split for s in found].count("held_out") == 5
    assert found[7].name == f"{tmp_path}/lmdb/data.mdb, key {archives.lsun_keys(20)[7].decode()}"
    other = opened(tmp_path, kind="lsun_bedroom", resolution=64, folder="lmdb", held_out_share=0.25, seed=1)
    assert [s.split for s in other.samples(0)] != [s.split for s in found]


def _folder(root: Path, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)


def test_a_folder_that_is_split_at_random(tmp_path: Path) -> None:
    names = ["b/2.png", "a/deep/er/1.jpg", "a/0.png", "a b/3.bmp", "a/.hidden", ".git/x"]
    _folder(tmp_path / "images", {name: encoded(picture(i)) for i, name in enumerate(names)})
    params = {"kind": "image_folder", "resolution": 32, "train": "images", "held_out_share": 0.3}
    source = opened(tmp_path, **params)
    assert source.class_names == ("a", "a b", "b")
    found = tails_agree(source)
    assert [Path(s.name).relative_to(tmp_path / "images").as_posix() for s in found] == [
        "a/0.png",
        "a/deep/er/1.jpg",
        "a b/3.bmp",
        "b/2.png",
    ]
    assert [s.label for s in found] == [0, 0, 1, 2]
    assert [s.split for s in found].count("held_out") == 1
    before = source.identity
    (tmp_path / "images/a/0.png").write_bytes(encoded(picture(9, 33)))
    assert opened(tmp_path, **params).identity != before


def test_a_folder_a_split(tmp_path: Path) -> None:
    _folder(tmp_path, {f"{split}/{c}/{n}.png": b"x" for split in ("t", "h") for c in "xy" for n in "01"})
    source = opened(tmp_path, kind="image_folder", resolution=32, train="t", held_out="h")
    found = tails_agree(source)
    assert [(s.split, s.label) for s in found] == [
        (s, c) for s in ("train", "held_out") for c in (0, 0, 1, 1)
    ]


def test_a_folder_without_classes(tmp_path: Path) -> None:
    _folder(tmp_path, {f"images/{n}.png": b"x" for n in range(3)})
    source = opened(tmp_path, kind="image_folder", resolution=32, train=str(tmp_path / "images"))
    assert source.class_names == ("all",)
    assert [s.label for s in tails_agree(source)] == [0, 0, 0]


HUGGINGFACE = {"huggingface": '{"info": {"features": {"label": {"names": ["ant", "bee", "cow"]}}}}'}


@pytest.mark.parametrize("pattern", ["p", "p/*.parquet", "{root}/p", "{root}/p/*.parquet"])
def test_parquet_files_that_are_split_at_random(pattern: str, tmp_path: Path) -> None:
    (tmp_path / "p").mkdir()
    write_parquet(tmp_path / "p/1.parquet", 7, first=150, row_group_size=3)
    write_parquet(tmp_path / "p/0.parquet", 150, row_group_size=150)
    params = {"kind": "image_parquet", "resolution": 32, "train": pattern.format(root=tmp_path)}
    source = opened(tmp_path, **params)
    assert source.class_names == ("0", "1", "2")
    whole = list(source.samples(0))
    for start in (0, 1, 63, 64, 149, 150, 151, 153, 156, 157):
        assert [seen(s) for s in source.samples(start)] == [seen(s) for s in whole[start:]]
    assert [s.label for s in whole] == [n % 3 for n in range(157)]
    assert all(np.array_equal(decode(s.image), picture(n)) for n, s in enumerate(whole))
    assert whole[152].name == f"{tmp_path}/p/1.parquet, row 2"


def test_parquet_files_a_split_with_the_names_of_their_classes(tmp_path: Path) -> None:
    write_parquet(tmp_path / "train.parquet", 5, metadata=HUGGINGFACE)
    write_parquet(tmp_path / "test.parquet", 2, first=5, metadata=HUGGINGFACE)
    params = {"kind": "image_parquet", "resolution": 32, "train": "train.parquet", "held_out": "test.parquet"}
    source = opened(tmp_path, **params)
    assert source.class_names == ("ant", "bee", "cow")
    assert [s.split for s in tails_agree(source)] == ["train"] * 5 + ["held_out"] * 2
    assert opened(tmp_path, **params, class_names=["x", "y", "z"]).class_names == ("x", "y", "z")


@pytest.mark.parametrize(
    ("kind", "make"),
    [("cifar10", archives.cifar10), ("cifar100", archives.cifar100), ("stl10", archives.stl10)],
)
def test_the_published_checksum_is_asked_for(kind: str, make: Callable[[Path], Path], tmp_path: Path) -> None:
    """Without params for a copy only the published archive will do, and this is none."""
    from ganmatrix.datasets import raw

    (tmp_path / "data/raw").mkdir(parents=True)
    file = {"cifar10": raw.CIFAR10, "cifar100": raw.CIFAR100, "stl10": raw.STL10}[kind]
    make(tmp_path / "data/raw" / file.name)
    with pytest.raises(raw.BadSource, match=r"bytes; expected .*: fetch it again"):
        opened(tmp_path, kind=kind)
