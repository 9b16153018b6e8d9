"""The manifest of a stage: what its files were made from, and the SHA-256 and size of each.

Two runs of the same thing give the same manifest. Values that differ between them, such as times and hosts,
are under `this_run` in a run's run.json. Therefore a JSON file is listed without that part, which has a
checksum of its own.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ganmatrix import errors
from ganmatrix.errors import NotMade, UserError
from ganmatrix.store.files import as_json, file_digest, text_digest

VERSION = 1
THIS_RUN, SEAL = "this_run", "this_run_sha256"


@dataclass(frozen=True)
class Listed:
    """What a manifest says of one file."""

    sha256: str
    size: int


@dataclass(frozen=True)
class MadeFrom:
    """What the bytes depend on: digests of params by key, of code, and of inputs by name."""

    params: Mapping[str, str]
    code: str
    inputs: Mapping[str, str]

    def change(self, now: "MadeFrom") -> str | None:
        """The first thing that has changed, or None."""
        for then_all, now_all in ((self.params, now.params), (self.inputs, now.inputs)):
            for name in dict.fromkeys([*then_all, *now_all]):
                if then_all.get(name) != now_all.get(name):
                    return name
        return "code" if self.code != now.code else None


@dataclass(frozen=True)
class ManifestEntry:
    """What a manifest says of a stage, or of one seed."""

    made_from: MadeFrom
    files: Mapping[str, Listed]
    environment: Mapping[str, Any] = field(default_factory=dict)
    """Other things that the bytes may depend on: device, threads, versions. They are not compared."""

    def digest(self, names: Iterable[str] = ()) -> str:
        """One digest of these files, or of all files."""
        chosen = list(names) or sorted(self.files)
        lines = [f"{name} {self.files[name].sha256 if name in self.files else None}" for name in chosen]
        return text_digest("\n".join(lines))

    def as_dict(self) -> dict[str, Any]:
        """The entry as JSON."""
        return {
            "made_from": {
                "params": dict(self.made_from.params),
                "code": self.made_from.code,
                "inputs": dict(self.made_from.inputs),
            },
            "environment": dict(self.environment),
            "files": {name: {"sha256": each.sha256, "size": each.size} for name, each in self.files.items()},
        }


@dataclass(frozen=True)
class Manifest:
    """The entries of one stage of one target, by seed. A stage without seeds has one entry, None."""

    stage: str
    target: str
    entries: Mapping[int | None, ManifestEntry]

    def text(self) -> str:
        """The file's content."""
        head = {"manifest": VERSION, "stage": self.stage, "target": self.target}
        if set(self.entries) == {None}:
            return as_json(head | self.entries[None].as_dict())
        ordered = sorted((seed, entry) for seed, entry in self.entries.items() if seed is not None)
        return as_json(head | {"runs": {str(seed): entry.as_dict() for seed, entry in ordered}})


def note(stage: str, target: str, seed: int, entry: ManifestEntry) -> str:
    """The text of the note beside the files of one seed: its entry.

    With it a killed job loses no finished run.
    """
    return as_json({"manifest": VERSION, "stage": stage, "target": target, "seed": seed} | entry.as_dict())


def read(path: Path, stage: str, target: str, maker: str, all_maker: str = "") -> Manifest:
    """The manifest at `path`, or the note of one seed.

    `maker` is the command that makes it. `all_maker` is a command that also makes everything that it needs.

    NotMade if there is none. UserError if it cannot be read, is damaged, has a newer version, or belongs to
    another stage.
    """
    content = _parse(path, maker, all_maker)
    version = content.get("manifest")
    if isinstance(version, int) and version > VERSION:
        raise UserError(f"{path} is of a newer version ({version}, known is {VERSION}); update ganmatrix")
    if version != VERSION:
        raise UserError(f"{path} is no manifest; remove it and run `{maker}`")
    if (content.get("stage"), content.get("target")) != (stage, target):
        raise UserError(
            f"{path} belongs to {content.get('stage')} {content.get('target')}; remove it and run `{maker}`"
        )
    entries: dict[int | None, ManifestEntry]
    try:
        if "runs" in content:
            entries = {int(seed): _entry(each) for seed, each in content["runs"].items()}
        else:
            seed = content.get("seed")
            entries = {None if seed is None else int(seed): _entry(content)}
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError):
        raise UserError(f"{path} is damaged; remove it and run `{maker}`") from None
    return Manifest(stage, target, entries)


def plain_file(path: Path, maker: str, all_maker: str = "") -> None:
    """NotMade if there is nothing at `path`; UserError if it is a link, a folder, or no regular file."""
    try:
        if path.is_symlink():
            raise UserError(f"{path} is a link; put the file itself there, or remove it and run `{maker}`")
        if path.is_file():
            return
        there = path.exists()
    except OSError as error:
        raise unreadable(path, error) from None
    if there:
        raise UserError(f"{path} is not a plain file; remove it and run `{maker}`")
    also = f" or `{all_maker}`" if all_maker else ""
    raise NotMade(f"{path} is missing; run `{maker}`{also} first")


def unreadable(path: Path, error: OSError) -> errors.Unreadable:
    """The error for a file that the system does not let us read."""
    return errors.Unreadable(errors.unreadable(path, error))


def listed(path: Path) -> Listed:
    """What a manifest says of the file at `path`; ValueError if its part `this_run` was edited."""
    if path.suffix == ".json":
        content = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(content, dict) and THIS_RUN in content:
            if not _is_sealed(content):
                raise ValueError("its part this_run has another checksum")
            text = as_json({key: value for key, value in content.items() if key not in (THIS_RUN, SEAL)})
            return Listed(text_digest(text), len(text.encode()))
    return Listed(file_digest(path), path.stat().st_size)


def sealed(content: dict[str, Any]) -> dict[str, Any]:
    """A JSON document with a checksum beside its part `this_run`. The checksum covers the whole document."""
    return content | {SEAL: text_digest(as_json(content))}


def _is_sealed(content: dict[str, Any]) -> bool:
    rest = {key: value for key, value in content.items() if key != SEAL}
    return content.get(SEAL) == text_digest(as_json(rest))


def _parse(path: Path, maker: str, all_maker: str) -> dict[str, Any]:
    plain_file(path, maker, all_maker)
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise unreadable(path, error) from None
    except (ValueError, RecursionError):
        raise UserError(f"{path} is damaged (no JSON); remove it and run `{maker}`") from None
    if not isinstance(content, dict):
        raise UserError(f"{path} is damaged (no mapping); remove it and run `{maker}`")
    return content


def _entry(content: dict[str, Any]) -> ManifestEntry:
    made = content["made_from"]
    files = {name: Listed(str(each["sha256"]), int(each["size"])) for name, each in content["files"].items()}
    if any(Path(name).is_absolute() or ".." in Path(name).parts for name in files):
        raise ValueError("a file outside the stage's folder")
    from_what = MadeFrom(dict(made["params"]), str(made["code"]), dict(made["inputs"]))
    return ManifestEntry(from_what, files, dict(content["environment"]))
