"""Makers that write a few bytes, for a dataset and for a cell of two runs."""

from dataclasses import asdict
from pathlib import Path

from ganmatrix.making import Made, make
from ganmatrix.plan import Plan, Task
from ganmatrix.store.files import as_json

CELL = "ring8-conventional-gan"
PREPARE, TRAIN = Task("prepare", "ring8"), Task("train", CELL)
EDITS = {
    PREPARE: ("radius: 0.8", "radius: 0.7"),
    TRAIN: ("kind: gan, loss: non_saturating", "kind: gan, loss: hinge"),
}
MANIFEST = f"cells/{CELL}/train.json"
NOTES_OF = [f"cells/{CELL}/train/{seed}.json" for seed in (0, 1)]
NOTE = NOTES_OF[1]


class Making:
    """What makes a task's files, and remembers what it made."""

    def __init__(self, task, **options):
        self.task, self.options, self.made = task, options, []

    def __call__(self, fail=None):
        plan = Plan.load(Path("params.yaml"))

        def maker(seed, folder):
            self.made.append(seed)
            (folder / "a.bin").write_bytes(b"a" * (3 if seed is None else seed))
            if fail is not None:
                fail(seed)
            (folder / "made_from.json").write_text(as_json(asdict(plan.made_from(self.task, seed))))
            return Made({"threads": 1})

        return make(plan, self.task, lambda: maker, **self.options)


def everything(folder=Path()):
    """All files by name, but for locks."""
    files = (path for path in folder.rglob("*") if path.is_file() and "locks" not in path.parts)
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def unwanted(*_):
    raise AssertionError("nothing is to be made")


def nothing_to_make(task):
    """What is said of a task of which nothing is to be made."""
    return make(Plan.load(Path("params.yaml")), task, unwanted)
