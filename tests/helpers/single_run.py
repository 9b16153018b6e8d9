"""One run of a cell: trained, read, forgotten."""

import json
import shutil

from helpers.processes import made

RING = "ring8-conventional-gan"
RUN = f"{RING}-0"


def train_run(run, cell, *options, seed=0):
    return run("train", cell, "--seeds", str(seed), *options)


def made_of_run(folder, cell, seed=0):
    """Everything that is published of a run, its note included; of its record what does not differ."""
    found = made(folder, "cells", cell, "train")
    return {name: content for name, content in found.items() if name.startswith((f"{seed}/", f"{seed}."))}


def record(folder, cell, seed=0):
    return json.loads((folder / f"cells/{cell}/train/{seed}/run.json").read_text())


def forget(folder, cell):
    shutil.rmtree(folder / "cells" / cell)
