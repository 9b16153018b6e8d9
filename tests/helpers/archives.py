"""Miniature archives in the formats that the publishers use, written byte by byte."""

import gzip
import hashlib
import io
import tarfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import lmdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from PIL import Image

CIFAR10_NAMES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
STL10_NAMES = ["airplane", "bird", "car", "cat", "deer", "dog", "horse", "monkey", "ship", "truck"]


def picture(number: int, height: int = 32, width: int = 32, channels: int = 3) -> NDArray[np.uint8]:
    """An image (height, width, channels) that no flip, turn or exchange of channels leaves as it is.

    Each number up to a million gives another one, also as JPEG up to 4,000.
    """
    down, right = np.mgrid[:height, :width]
    planes = [
        down * 97 // height + number,
        right * 53 // width + 100 + 2 * number + number // 256 * 16,
        (down >= height // 2) * 40 + (right >= width // 3) * 80 + 3 * number + number // 4096,
    ]
    return np.stack(planes[:channels], axis=2).astype(np.uint8)


def encoded(pixels: NDArray[Any], kind: str = "PNG", **options: Any) -> bytes:
    """The pixels as an image file; PNG keeps them exactly."""
    stream = io.BytesIO()
    shown = pixels[..., 0] if pixels.ndim == 3 and pixels.shape[2] == 1 else pixels
    Image.fromarray(shown).save(stream, kind, **options)
    return stream.getvalue()


def jpeg(number: int, height: int = 40, width: int = 48) -> bytes:
    return encoded(picture(number, height, width), "JPEG", quality=90)


def md5(path: Path) -> str:
    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()


def copy_of(path: Path) -> dict[str, str]:
    """What params.yaml says of one's own copy of an archive."""
    return {"path": str(path), "md5": md5(path)}


def tar_gz(path: Path, members: Mapping[str, bytes] | Sequence[tuple[tarfile.TarInfo, bytes]]) -> Path:
    """A gzipped tar archive of files by name, or of members as they are given."""
    if isinstance(members, Mapping):
        members = [(_member(name, content), content) for name, content in members.items()]
    with gzip.open(path, "wb", compresslevel=1) as stream, tarfile.open(fileobj=stream, mode="w") as archive:
        for member, content in members:
            archive.addfile(member, io.BytesIO(content))
    return path


def _member(name: str, content: bytes) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    return member


def cifar_record(image: NDArray[np.uint8], *labels: int) -> bytes:
    """Label bytes, then 1,024 bytes each of red, green and blue, row by row."""
    return bytes(labels) + b"".join(image[:, :, channel].tobytes() for channel in range(3))


def cifar10(path: Path, per_batch: int = 2, **replaced: bytes | None) -> Path:
    """CIFAR-10's binary version: image n has label n % 10. Files can be replaced by name, or left out."""
    folder, batches = "cifar-10-batches-bin", [f"data_batch_{i}" for i in range(1, 6)] + ["test_batch"]
    files = {"batches.meta.txt": ("\n".join(CIFAR10_NAMES) + "\n\n").encode()}
    for i, batch in enumerate(batches):
        numbers = range(i * per_batch, (i + 1) * per_batch)
        files[f"{batch}.bin"] = b"".join(cifar_record(picture(n), n % 10) for n in numbers)
    files["readme.html"] = b"<html></html>"
    return tar_gz(path, _replaced(folder, files, replaced))


def cifar100(path: Path, train: int = 6, test: int = 3, **replaced: bytes | None) -> Path:
    """CIFAR-100's binary version: coarse label n % 20, fine label n % 100."""
    files = {
        "coarse_label_names.txt": "".join(f"coarse_{i}\n" for i in range(20)).encode(),
        "fine_label_names.txt": "".join(f"fine_{i}\n" for i in range(100)).encode(),
        "train.bin": b"".join(cifar_record(picture(n), n % 20, n % 100) for n in range(train)),
        "test.bin": b"".join(cifar_record(picture(n), n % 20, n % 100) for n in range(train, train + test)),
    }
    return tar_gz(path, _replaced("cifar-100-binary", files, replaced))


def stl10_record(image: NDArray[np.uint8]) -> bytes:
    """9,216 bytes each of red, green and blue, column by column."""
    return b"".join(
        bytes(image[row, column, channel] for column in range(96) for row in range(96))
        for channel in range(3)
    )


def stl10(path: Path, train: int = 3, test: int = 2, unlabelled: int = 4, **replaced: bytes | None) -> Path:
    """STL-10's binary version: train images from 0, test from 10, unlabelled from 20; labels from 1."""
    files = {
        "class_names.txt": "\n".join(STL10_NAMES).encode(),
        "fold_indices.txt": b"0 1 2 \n" * 10,
        "test_X.bin": b"".join(stl10_record(picture(10 + n, 96, 96)) for n in range(test)),
        "test_y.bin": bytes(n % 10 + 1 for n in range(test)),
        "train_X.bin": b"".join(stl10_record(picture(n, 96, 96)) for n in range(train)),
        "train_y.bin": bytes(9 - n % 10 for n in range(train)),
        "unlabeled_X.bin": b"".join(stl10_record(picture(20 + n, 96, 96)) for n in range(unlabelled)),
    }
    return tar_gz(path, _replaced("stl10_binary", files, replaced))


def _replaced(folder: str, files: dict[str, bytes], replaced: Mapping[str, bytes | None]) -> dict[str, bytes]:
    """Keywords name files with `__` for the dot."""
    changed = files | {name.replace("__", "."): content for name, content in replaced.items()}
    return {f"{folder}/{name}": content for name, content in changed.items() if content is not None}


CELEBA_PARTITION = (0, 0, 1, 2, 0, 2)


def celeba(folder: Path, partition: Sequence[int] = CELEBA_PARTITION) -> tuple[Path, Path]:
    """CelebA's zip of aligned JPEGs, 178x218, and its list, with the line ends of Windows."""
    archive, listed = folder / "img_align_celeba.zip", folder / "list_eval_partition.txt"
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("img_align_celeba/", b"")
        for number in range(1, len(partition) + 1):
            opened.writestr(f"img_align_celeba/{number:06d}.jpg", jpeg(number, 218, 178))
    lines = [f"{number:06d}.jpg {part}\r\n" for number, part in enumerate(partition, 1)]
    listed.write_bytes("".join(lines).encode())
    return archive, listed


def lsun_keys(count: int) -> list[bytes]:
    """Keys as LSUN has them: 40 hexadecimal digits."""
    return sorted(hashlib.sha1(b"%d" % n, usedforsecurity=False).hexdigest().encode() for n in range(count))


def lsun(folder: Path, values: Sequence[bytes]) -> Path:
    """An LMDB of JPEGs in the order of their keys; gives its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    size = 2 * sum(map(len, values)) + 16384 * len(values) + 2**20
    with lmdb.open(str(folder), map_size=size) as env, env.begin(write=True) as transaction:
        for key, value in zip(lsun_keys(len(values)), values, strict=True):
            transaction.put(key, value)
    return folder


def lsun_zip(path: Path, folder: Path) -> Path:
    """The archive that LSUN gives out: the database and its lock in a folder."""
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("data.mdb", "lock.mdb"):
            archive.write(folder / name, f"bedroom_train_lmdb/{name}")
    return path


def write_parquet(path: Path, count: int, first: int = 0, **options: Any) -> Path:
    """Images and labels as image datasets are shared; the label stands before the image."""
    images = [{"bytes": encoded(picture(first + n)), "path": f"{n}.png"} for n in range(count)]
    table = pa.table({"label": [(first + n) % 3 for n in range(count)], "more": [0] * count, "img": images})
    pq.write_table(table.replace_schema_metadata(options.pop("metadata", None)), path, **options)
    return path
