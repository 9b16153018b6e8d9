"""Files and folders that cannot be read: which one, why and what to do, and never that they are damaged."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ganmatrix.datasets import raw
from ganmatrix.datasets.source import BadSample, BadSource, open_source
from ganmatrix.params.datasets import Dataset
from ganmatrix.params.kinds import adapter
from helpers import archives
from helpers.archives import copy_of, encoded, picture, write_parquet

NOBODY = 65534


def _read(params: dict[str, Any], root: Path) -> str:
    """The line of a source that cannot be read, or of its first bad sample, or how many samples it has."""
    try:
        source = open_source(adapter(Dataset).validate_python(params), root)
        samples = list(source.samples(0))
        assert source.identity
    except BadSource as error:
        return str(error).replace(str(root), "ROOT")
    bad = [sample.image for sample in samples if isinstance(sample.image, BadSample)]
    return str(bad[0]) if bad else f"{len(samples)} samples"


def _read_as_nobody(params: dict[str, Any], root: Path) -> str:
    """The same, by a user who may not read everything, as root may."""
    os.seteuid(NOBODY)
    try:
        return _read(params, root)
    finally:
        os.seteuid(0)


def _made(kind: str, root: Path) -> tuple[dict[str, Any], dict[str, Path]]:
    """A dataset of that kind that can be read; its params, and its parts by name."""
    params: dict[str, Any] = {"kind": kind, "resolution": 32}
    if kind in ("cifar10", "cifar100", "stl10"):
        make = {"cifar10": archives.cifar10, "cifar100": archives.cifar100, "stl10": archives.stl10}[kind]
        archive = make(root / "a.tar.gz")
        return params | {"archive": copy_of(archive)}, {"archive": archive}
    if kind == "celeba":
        archive, listed = archives.celeba(root)
        copies = {"archive": copy_of(archive), "partition": copy_of(listed)}
        return params | copies, {"archive": archive, "partition": listed}
    if kind == "lsun_bedroom":
        folder = archives.lsun(root / "lmdb", [encoded(picture(n)) for n in range(4)])
        return params | {"folder": str(folder)}, {"file": folder / "data.mdb", "folder": folder}
    if kind == "image_folder":
        for number in range(4):
            path = root / "images/deep/cats" / f"{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(encoded(picture(number)))
        return params | {"train": "images"}, {"folder": root / "images", "below": root / "images/deep"}
    (root / "p/q").mkdir(parents=True)
    file = write_parquet(root / "p/q/0.parquet", 4)
    return params | {"train": "p/*/*.parquet"}, {"file": file, "folder": root / "p", "below": root / "p/q"}


PARTS = [
    *((kind, "archive") for kind in ("cifar10", "cifar100", "stl10", "celeba")),
    *(("celeba", "partition"), ("lsun_bedroom", "file"), ("lsun_bedroom", "folder")),
    *(("image_folder", "folder"), ("image_folder", "below")),
    *(("image_parquet", "file"), ("image_parquet", "folder"), ("image_parquet", "below")),
]
FILES = [(kind, part) for kind, part in PARTS if part in ("archive", "partition", "file")]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder that everybody may reach."""
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_mode & 0o055 != 0o055:
            folder.chmod(folder.stat().st_mode | 0o055)
    return tmp_path


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


@needs_root
@pytest.mark.parametrize(("kind", "part"), PARTS)
def test_permissions(kind: str, part: str, root: Path) -> None:
    params, parts = _made(kind, root)
    assert _read(params, root).endswith(" samples")  # and imports what is needed
    assert _read_as_nobody(params, root).endswith(" samples")
    parts[part].chmod(0)
    line = _read_as_nobody(params, root)
    assert line.endswith(" cannot be read: Permission denied; mend its permissions")
    assert line.startswith(("ROOT", str(root)))
    assert parts[part].name in line


@needs_root
@pytest.mark.parametrize(
    "pattern", ["p", "p/*", "p/*/*.parquet", "p/q/0.parquet", "p/**/*.parquet", "{root}/p/**/*"]
)
def test_a_pattern_skips_no_folder_that_may_not_be_listed(pattern: str, root: Path) -> None:
    params, parts = _made("image_parquet", root)
    assert _read(params, root) == "4 samples"
    parts["folder"].chmod(0)
    line = _read_as_nobody(params | {"train": pattern.format(root=root)}, root)
    assert line.endswith(" cannot be read: Permission denied; mend its permissions")


@needs_root
def test_an_image_that_may_not_be_read_is_a_bad_sample(root: Path) -> None:
    from ganmatrix.datasets.images import frame_chunk

    params, _ = _made("image_folder", root)
    source = open_source(adapter(Dataset).validate_python(params), root)
    samples = list(source.samples(0))
    Path(samples[0].name).unlink()
    Path(samples[0].name).symlink_to("/proc/self/mem")
    (bad,) = frame_chunk(samples, source.frame).bad
    assert bad.reason == "it cannot be read (Input/output error)"


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _device(path: Path) -> None:
    path.unlink()
    path.symlink_to("/dev/zero")


def _loop(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.name)


def _nowhere(path: Path) -> None:
    path.unlink()
    path.symlink_to("nowhere")


def _memory(path: Path) -> None:
    """A file that gives an error when it is read."""
    path.unlink()
    path.symlink_to("/proc/self/mem")


KINDS_OF_PATHS: list[tuple[Callable[[Path], None], str]] = [
    (Path.unlink, "is missing"),
    (_nowhere, "is missing"),
    (_folder, "is a folder; expected a file"),
    (_pipe, "is a pipe or device; expected a file"),
    (_device, "is a pipe or device; expected a file"),
    (_loop, "cannot be read: Too many levels of symbolic links; mend the link, which leads back to itself"),
    (_memory, "cannot be read: Input/output error; mend the file or its disk"),
]


@pytest.mark.parametrize(("kind", "part"), FILES)
@pytest.mark.parametrize(("change", "problem"), KINDS_OF_PATHS)
def test_what_stands_in_the_place_of_a_file(
    kind: str, part: str, change: Callable[[Path], None], problem: str, tmp_path: Path
) -> None:
    params, parts = _made(kind, tmp_path)
    if kind == "image_parquet":
        params["train"] = "p/q/0.parquet"
    change(parts[part])
    line = _read(params, tmp_path)
    if kind == "image_parquet" and problem.startswith("is "):
        problem = "matches no Parquet file; expected a file, a folder of them or a pattern"
    if kind == "image_parquet" and change is _memory:
        problem = "is no whole Parquet file (Parquet file size is 0 bytes); give a whole one"
    assert f"{parts[part].name} {problem}" in line
    assert "damaged" not in line
    assert "sound" not in line
    assert "; " in line


@pytest.mark.parametrize(
    "kind", ["cifar10", "stl10", "celeba", "lsun_bedroom", "image_folder", "image_parquet"]
)
@pytest.mark.parametrize(
    ("place", "problem"),
    [
        ("n" * 300, "cannot be read: File name too long; give a shorter path"),
        ("file/below", "cannot be read: Not a directory; mend the path"),
        ("", None),
        (".", None),
        ("..", None),
        ("/proc/self/mem", None),
        ("/dev/null", None),
        ("a\nb", None),
        ("*", None),
        ("**", None),
        ("**x", None),
        ("[", None),
    ],
)
def test_any_path(kind: str, place: str, problem: str | None, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    key = {"lsun_bedroom": "folder", "image_folder": "train", "image_parquet": "train"}.get(kind, "archive")
    value = {"path": place, "md5": "0" * 32} if key == "archive" else place
    params = _unchecked({"kind": kind, "resolution": 32, key: value})
    try:
        line = f"{len(open_source(params, tmp_path))} images"
    except BadSource as error:
        line = str(error)
    assert problem is None or problem in line
    assert "; " in line or (place in ("", ".", "..") and line.endswith(" images"))


def _unchecked(values: dict[str, Any]) -> Any:
    """Params as if they had been read, whatever the checks of params say of a path."""
    usual = {"train": "x", "folder": "x", "archive": {"path": "x", "md5": "0" * 32}}
    keys = {key: usual[key] for key in values if key in usual}
    params = adapter(Dataset).validate_python(values | keys)
    changes = {
        key: type(getattr(params, key)).model_construct(**values[key]) if key == "archive" else values[key]
        for key in keys
    }
    return params.model_copy(update=changes)


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        (OSError(5, "Input/output error"), "cannot be read: Input/output error; mend the file or its disk"),
        (PermissionError(13, "x"), "cannot be read: Permission denied; mend its permissions"),
        (OSError("Invalid data stream"), "is a damaged archive (Invalid data stream); fetch it again"),
        (TypeError("ord() expected"), "is a damaged archive (ord() expected); fetch it again"),
        (EOFError(), "is a damaged archive (EOFError); fetch it again"),
    ],
)
def test_an_archive_whose_disk_fails_is_not_called_damaged(error: Exception, problem: str) -> None:
    with pytest.raises(BadSource) as raised, raw.readable(Path("a.zip")):
        raise error
    assert str(raised.value) == f"a.zip {problem}"


def test_what_was_already_said_of_an_archive_stays() -> None:
    with pytest.raises(BadSource, match=r"^it holds a link$"), raw.readable(Path("a.zip")):
        raise BadSource("it holds a link")
