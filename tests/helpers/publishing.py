"""Made-up files as artifacts that a manifest vouches for; written plainly, since tests write thousands."""

from collections.abc import Mapping
from dataclasses import replace

from ganmatrix.plan import Plan, Task
from ganmatrix.store import manifest, opening
from ganmatrix.store.layout import Layout
from ganmatrix.store.manifest import MadeFrom, Manifest, ManifestEntry


def publish(
    plan: Plan,
    stage: str,
    target: str,
    files_by_seed: Mapping[int | None, Mapping[str, bytes]],
    made_from: MadeFrom | None = None,
) -> None:
    """Publish files of a stage, by seed (None where a stage has none).

    They are said to be made from what is there now, unless something else is given.
    """
    layout, entries = plan.layout, dict[int | None, ManifestEntry]()
    for seed, files in files_by_seed.items():
        folder = layout.folder(stage, target, seed)
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (folder / name).write_bytes(content)
        listed = {name: manifest.listed(folder / name) for name in sorted(files)}
        entries[seed] = ManifestEntry(made_from or plan.made_from(Task(stage, target), seed), listed)
        if seed is not None:
            layout.manifest(stage, target, seed).write_text(manifest.note(stage, target, seed, entries[seed]))
    if entries:
        layout.manifest(stage, target).write_text(Manifest(stage, target, entries).text())
    plan.forget()


def rewrite(layout: Layout, stage: str, target: str, seed: int | None, name: str, content: bytes) -> None:
    """Put other bytes into a file of an artifact, and have its manifest list them."""
    (layout.folder(stage, target, seed) / name).write_bytes(content)
    path = layout.manifest(stage, target)
    found = opening.read_manifest(layout, stage, target)
    listed = {name: manifest.listed(layout.folder(stage, target, seed) / name)}
    entry = replace(found.entries[seed], files={**found.entries[seed].files, **listed})
    path.write_text(replace(found, entries={**found.entries, seed: entry}).text())
