"""ro-crate-metadata.json: what a folder of results holds, in the words of RO-Crate 1.1.

The specification is at https://w3id.org/ro/crate/1.1. Its context lacks `sha256`, which is therefore defined
beside it, as schema.org has it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from ganmatrix.store.manifest import Listed

NAME = "ro-crate-metadata.json"
SPECIFICATION = "https://w3id.org/ro/crate/1.1"
CONTEXT = [f"{SPECIFICATION}/context", {"sha256": "https://schema.org/sha256"}]

_FORMATS = {
    ".cff": "text/yaml",
    ".csv": "text/csv",
    ".html": "text/html",
    ".ipynb": "application/x-ipynb+json",
    ".json": "application/json",
    ".parquet": "application/vnd.apache.parquet",
    ".py": "text/x-python",
    ".safetensors": "application/octet-stream",
    ".tex": "application/x-tex",
    ".yaml": "text/yaml",
}
"""Media types by the ending of a file's name."""


@dataclass(frozen=True)
class Author:
    """A person, or a group."""

    name: str
    is_person: bool
    orcid: str = ""
    """A link, if it is known."""


@dataclass(frozen=True)
class About:
    """What the crate says of the study."""

    title: str
    question: str
    published: str
    """A day, as 2026-01-31."""
    version: str
    """Of ganmatrix."""
    authors: Sequence[Author] = ()
    licence: str = ""
    """An SPDX identifier."""


def document(about: About, files: Mapping[str, Listed], unlisted: Sequence[str] = ()) -> dict[str, Any]:
    """The metadata of these files. `unlisted` are files that are written later and have no checksum here."""
    names = sorted([*files, *unlisted])
    root: dict[str, Any] = {
        "@id": "./",
        "@type": "Dataset",
        "name": about.title,
        "description": about.question,
        "datePublished": about.published,
        "hasPart": [{"@id": name} for name in names],
        "mentions": {"@id": "#results"},
    }
    more: list[dict[str, Any]] = []
    if about.licence:
        link = f"https://spdx.org/licenses/{about.licence}"
        root["license"] = {"@id": link}
        more.append({"@id": link, "@type": "CreativeWork", "name": about.licence})
    people = [_person(number, each) for number, each in enumerate(about.authors, 1)]
    if people:
        root["author"] = [{"@id": each["@id"]} for each in people]
    results = [name for name in names if name.startswith("results/")]
    action = {
        "@id": "#results",
        "@type": "CreateAction",
        "name": "Training, scoring and assembling the grid",
        "endTime": about.published,
        "instrument": {"@id": "#ganmatrix"},
        "object": {"@id": "params.yaml"},
        "result": [{"@id": name} for name in results],
    }
    program = {
        "@id": "#ganmatrix",
        "@type": "SoftwareApplication",
        "name": "ganmatrix",
        "version": about.version,
    }
    return {
        "@context": CONTEXT,
        "@graph": [
            {
                "@id": NAME,
                "@type": "CreativeWork",
                "conformsTo": {"@id": SPECIFICATION},
                "about": {"@id": "./"},
            },
            root,
            *(_file(name, files.get(name)) for name in names),
            *more,
            *people,
            program,
            action,
        ],
    }


def _file(name: str, listed: Listed | None) -> dict[str, Any]:
    found: dict[str, Any] = {"@id": name, "@type": "File", "name": PurePosixPath(name).name}
    if media_type := _FORMATS.get(PurePosixPath(name).suffix):
        found["encodingFormat"] = media_type
    return found | ({"contentSize": str(listed.size), "sha256": listed.sha256} if listed else {})


def _person(number: int, author: Author) -> dict[str, Any]:
    kind = "Person" if author.is_person else "Organization"
    link = {"identifier": author.orcid} if author.orcid else {}
    return {"@id": f"#author-{number}", "@type": kind, "name": author.name} | link


def parts(content: Any) -> dict[str, Listed | None]:
    """The files that the metadata describe. ValueError if these are not such metadata."""
    graph = content.get("@graph") if isinstance(content, dict) else None
    if not isinstance(graph, list) or not all(isinstance(each, dict) for each in graph):
        raise ValueError("it has no @graph of entities")
    entities = {each.get("@id"): each for each in graph if isinstance(each.get("@id"), str)}
    if len(entities) != len(graph):
        raise ValueError("an entity has no @id, or shares it")
    if entities.get(NAME, {}).get("conformsTo") != {"@id": SPECIFICATION}:
        raise ValueError(f"it does not conform to {SPECIFICATION}")
    listed = entities.get("./", {}).get("hasPart")
    names = [each.get("@id") for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    described = [name for name, each in entities.items() if each.get("@type") == "File"]
    if sorted(map(str, names)) != sorted(map(str, described)):
        raise ValueError("hasPart of its root does not name the files that it describes")
    return {str(name): _listed(entities[name]) for name in described}


def _listed(entity: Mapping[str, Any]) -> Listed | None:
    if "sha256" not in entity and "contentSize" not in entity:
        return None
    size = str(entity.get("contentSize"))
    return Listed(str(entity.get("sha256")), int(size) if size.isdecimal() and len(size) < 20 else -1)
