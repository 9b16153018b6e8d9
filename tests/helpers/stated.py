"""What every claim must say of its paper, for claims of the tests."""

import json
from typing import Any

PAPER = {"label": "A paper", "title": "On claims", "published": "arXiv 0000.00000"}

STATED: dict[str, Any] = {
    "paper": PAPER,
    "sentence": "It is better.",
    "quote": "Ours is better & faster.",
    "source": "arXiv 0000.00000v1",
    "where": "abstract",
    "setting": {"datasets": ["cifar10"], "baseline": "their GAN", "techniques": ["r1"]},
}


def flow(**changes: object) -> str:
    """The same as the entries of a YAML mapping in braces: `paper: {...}, quote: "..."`."""
    return ", ".join(f"{key}: {json.dumps(value)}" for key, value in (STATED | changes).items())


def lines(indent: int, **changes: object) -> str:
    """The same, an entry a line."""
    return "\n".join(f"{' ' * indent}{key}: {json.dumps(value)}" for key, value in (STATED | changes).items())
