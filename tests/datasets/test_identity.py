"""A file counts once, whatever names and links lead to it, and no file is in both splits."""

import os
from pathlib import Path
from typing import Any

import pytest

from ganmatrix.datasets.source import BadSource, Source, open_source
from ganmatrix.params.datasets import Dataset
from ganmatrix.params.kinds import adapter
from helpers.archives import encoded, picture, write_parquet


def opened(root: Path, kind: str, **params: Any) -> Source:
    stated = {"kind": kind, "resolution": 32, "train": "p", **params}
    source = open_source(adapter(Dataset).validate_python(stated), root)
    assert not hasattr(source, "train_labels")
    return source


def images(folder: Path, count: int, first: int = 0) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(first, first + count):
        (folder / f"{number}.png").write_bytes(encoded(picture(number)))


def passed_over(source: Source) -> dict[str, Any]:
    return source.facts["passed_over"]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "p").mkdir()
    return tmp_path


def test_a_hidden_table_is_passed_over(root: Path) -> None:
    write_parquet(root / "p/a.parquet", 20)
    write_parquet(root / "p/.a.parquet", 20)
    (root / "p/._a.parquet").write_bytes(b"what macOS leaves beside a file")
    for train in ("p", "p/*.parquet", "p/*"):
        assert len(opened(root, "image_parquet", train=train)) == 20
    assert passed_over(opened(root, "image_parquet"))["count"] == 2
    assert len(opened(root, "image_parquet", train="p/.a.parquet")) == 20  # named, so meant


@pytest.mark.parametrize("link", [os.symlink, os.link])
def test_a_link_to_a_table_is_the_same_table(root: Path, link: Any) -> None:
    write_parquet(root / "p/a.parquet", 20)
    link(root / "p/a.parquet", root / "p/b.parquet")
    for train in ("p", "p/*.parquet"):
        source = opened(root, "image_parquet", train=train)
        assert len({sample.image for sample in source.samples(0)}) == len(source) == 20
        assert passed_over(source)["first"] == [
            [str(root / "p/b.parquet"), f"the same file as {root / 'p/a.parquet'}"]
        ]


def test_tables_in_capitals_and_in_folders_are_read(root: Path) -> None:
    write_parquet(root / "p/b.PARQUET", 4)
    write_parquet(root / "p/c.parquet", 4, first=4)
    (root / "p/x").mkdir()
    write_parquet(root / "p/x/a.parquet", 4, first=8)
    assert len(opened(root, "image_parquet")) == 12


@pytest.mark.parametrize(
    "names", [("train-0.parquet", "test-0.parquet"), ("train/0.parquet", "test/0.parquet")]
)
def test_the_splits_of_a_hub_folder_are_not_mixed(root: Path, names: tuple[str, str]) -> None:
    for number, name in enumerate(names):
        (root / "p" / name).parent.mkdir(exist_ok=True)
        write_parquet(root / "p" / name, 10, first=10 * number)
    with pytest.raises(BadSource, match=r"splits test and train.*held_out"):
        opened(root, "image_parquet")
    pattern = "p/{}*" if names[0].count("/") == 0 else "p/{}"
    apart = {"train": pattern.format("train"), "held_out": pattern.format("test")}
    source = opened(root, "image_parquet", **apart)
    assert [sample.split for sample in source.samples(0)] == ["train"] * 10 + ["held_out"] * 10


@pytest.mark.parametrize("link", [os.symlink, os.link])
@pytest.mark.parametrize("kind", ["image_parquet", "image_folder"])
def test_a_file_of_both_splits_is_refused_by_whatever_name(root: Path, kind: str, link: Any) -> None:
    (root / "q").mkdir()
    if kind == "image_parquet":
        write_parquet(root / "p/a.parquet", 20)
        link(root / "p/a.parquet", root / "q/other.parquet")
    else:
        images(root / "p", 20)
        images(root / "q", 3, first=30)
        link(root / "p/7.png", root / "q/99.png")
    with pytest.raises(BadSource, match=r"the same file as .* in both splits"):
        opened(root, kind, held_out="q")


def test_class_folders_of_both_splits_that_are_one_folder_are_refused(root: Path) -> None:
    for name in ("cat", "dog"):
        images(root / "p" / name, 4, first=len(name) + (name == "dog") * 4)
    (root / "q").mkdir()
    for name in ("cat", "dog"):
        (root / "q" / name).symlink_to(root / "p" / name)
    with pytest.raises(BadSource, match=r"in both splits"):
        opened(root, "image_folder", held_out="q")


@pytest.mark.parametrize("link", [os.symlink, os.link])
def test_a_second_name_of_each_image_counts_for_nothing(root: Path, link: Any) -> None:
    images(root / "p", 20)
    for number in range(20):
        link(root / f"p/{number}.png", root / f"p/again_{number}.png")
    source = opened(root, "image_folder", held_out_share=0.25)
    splits = [sample.split for sample in source.samples(0)]
    assert (splits.count("train"), splits.count("held_out")) == (15, 5)
    assert passed_over(source)["count"] == 20


def test_one_image_in_two_classes_is_refused(root: Path) -> None:
    images(root / "p/cat", 3)
    images(root / "p/dog", 3, first=3)
    (root / "p/dog/stray.png").symlink_to(root / "p/cat/1.png")
    with pytest.raises(BadSource, match=r"another class; remove one of them"):
        opened(root, "image_folder")


def test_split_folders_are_no_classes(root: Path) -> None:
    for number, name in enumerate(("train", "val")):
        images(root / "p" / name, 3, first=3 * number)
    with pytest.raises(BadSource, match=r"splits train and val.*`held_out`"):
        opened(root, "image_folder")


def test_names_that_only_begin_like_a_split_are_classes(root: Path) -> None:
    for number, name in enumerate(("trainers", "testaments", "train")):
        images(root / "p" / name, 3, first=3 * number)
    assert opened(root, "image_folder").class_names == ("testaments", "train", "trainers")


def test_what_a_pattern_does_not_mean_is_on_the_card(root: Path) -> None:
    write_parquet(root / "p/a.parquet", 4)
    for place in (".cache/b.parquet", "x/.c.parquet", ".d.parquet"):
        (root / "p" / place).parent.mkdir(exist_ok=True)
        write_parquet(root / "p" / place, 4, first=4)
    for train, hidden in (
        ("p/*.parquet", [".d.parquet"]),
        ("p/*/*.parquet", [".cache", "x/.c.parquet"]),
        ("p/**/*.parquet", [".cache", ".d.parquet", "x/.c.parquet"]),
    ):
        if train == "p/*/*.parquet":
            write_parquet(root / "p/x/e.parquet", 4, first=8)
        source = opened(root, "image_parquet", train=train)
        assert len(source) == (8 if "**" in train else 4)
        assert passed_over(source)["first"] == [[str(root / "p" / name), "hidden"] for name in hidden]


def test_files_that_are_no_tables_are_on_the_card(root: Path) -> None:
    write_parquet(root / "p/a.parquet", 4)
    for name in ("README.md", ".gitattributes", "dataset_infos.json"):
        (root / "p" / name).write_text("x")
    (root / "p/again.md").symlink_to("README.md")
    found = passed_over(opened(root, "image_parquet"))
    assert found["reasons"] == {"another format": 3, "hidden": 1}
    assert found["count"] == 4
    assert [str(root / "p/README.md"), "of another format"] in found["first"]


def test_each_reason_is_counted_and_named(root: Path) -> None:
    images(root / "p", 30)
    for number in range(30):
        os.link(root / f"p/{number}.png", root / f"p/z{number}.png")
        (root / f"p/.{number}.png").write_text("x")
    found = passed_over(opened(root, "image_folder"))
    assert (found["count"], found["reasons"]) == (60, {"hidden": 30, "same file": 30})
    whys = [why.split(" as ")[0] for _, why in found["first"]]
    assert (whys.count("hidden"), whys.count("the same file")) == (20, 20)
