"""The table of networks in docs/networks.md: made from the code.

python bench/architectures.py
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ganmatrix.networks.pair import build, parameter_count
from ganmatrix.params.architectures import Architecture
from ganmatrix.params.kinds import adapter

PAGE = Path(__file__).parents[1] / "docs" / "networks.md"
BEGIN, END = "<!-- made by bench/architectures.py -->", "<!-- end -->"

POINTS = {"latent": 8, "width": 32, "depth": 4}
IMAGES = {"latent": 100, "generator_width": 128, "discriminator_width": 128}
PACGAN = {"latent": 2, "width": 400, "depth": 4, "discriminator_width": 200, "discriminator_depth": 3}
OURS = "ours"
AUTHORS = "AS-GAN's code"
MIMICRY = "torch-mimicry 0.1.16"

Options = dict[str, Any]


def images(latent: int, generator_width: int, discriminator_width: int) -> Options:
    """The sizes of an image network."""
    return {
        "latent": latent,
        "generator_width": generator_width,
        "discriminator_width": discriminator_width,
    }


def members() -> Iterator[tuple[str, int, Options, Options, str]]:
    """Family, side of the images (0: points), sizes, options, and whose the sizes are."""
    yield "conventional", 0, {"latent": 8, "width": 96, "depth": 3}, {}, OURS
    yield "conventional", 0, PACGAN, {"batch_norm": True, "activation": "maxout"}, "PacGAN"
    yield "resnet_sn", 0, POINTS, {}, OURS
    for spectral in (False, True):
        yield "as_gan_resnet", 0, POINTS, {"spectral": spectral}, OURS
    for side, width in ((16, 128), (32, 128), (48, 128), (64, 128), (128, 64)):
        source = OURS if side in (16, 48) else AUTHORS
        yield "conventional", side, images(100, width, width), {}, source
        both = OURS if side == 128 else source
        yield "conventional", side, images(100, width, width), {"normalisation": "spectral_and_batch"}, both
        yield "conventional", side, images(100, width, width), {"normalisation": "spectral"}, OURS
    yield "conventional", 64, images(100, 128, 128), {"attention": 32}, OURS
    for side in (16, 32):
        yield "resnet_sn", side, images(128, 256, 128), {}, OURS if side == 16 else MIMICRY
    for side in (48, 64, 128):
        yield "resnet_sn", side, images(128, 64, 64), {}, MIMICRY
    yield "resnet_sn", 128, images(128, 64, 64), {"attention": 32}, OURS
    for side, width in ((32, 96), (64, 64)):
        for layout in ("wide", "same"):
            sizes = images(100, 64, width) if layout == "wide" else images(100, 256, 256)
            for spectral in (False, True):
                source = OURS if spectral and layout == "wide" else AUTHORS
                yield "as_gan_resnet", side, sizes, {"layout": layout, "spectral": spectral}, source
    yield "as_gan_resnet", 64, images(100, 64, 64), {"layout": "wide", "attention": 32}, OURS


def row(family: str, side: int, sizes: Options, options: Options, source: str) -> str:
    """One line of the table."""
    here = "images" if side else "points"
    document = {"kind": family, "points": POINTS, "images": IMAGES, here: sizes | options}
    architecture: Architecture = adapter(Architecture).validate_python(document)
    pair = build(architecture, (3, side, side) if side else (2,))
    written = ", ".join(f"{key}: {str(value).lower()}" for key, value in options.items())
    counts = [f"{parameter_count(network):,}" for network in (pair.generator, pair.discriminator)]
    cells = [
        f"`{family}`",
        f"{side}x{side}" if side else "points",
        f"`{written}`" if written else "-",
        f"`{pair.generator_name}`",
        counts[0],
        f"`{pair.discriminator_name}`",
        counts[1],
        source,
    ]
    return f"| {' | '.join(cells)} |"


def table() -> str:
    """The Markdown between the marks."""
    header = ["family", "data", "options", "G", "parameters", "D", "parameters", "sizes"]
    lines = [f"| {' | '.join(header)} |", "|---|---|---|---|---:|---|---:|---|"]
    return "\n".join([BEGIN, *lines, *(row(*member) for member in members()), END])


def rewritten(page: str) -> str:
    """The page with its table made anew."""
    before, rest = page.split(BEGIN)
    return before + table() + rest.split(END)[1]


if __name__ == "__main__":
    PAGE.write_text(rewritten(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
