"""The one resizer: the same filter for every source, antialiased when shrinking."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

RESIZER = "Pillow bicubic, antialiased"


def resize(image: NDArray[np.uint8], height: int, width: int) -> NDArray[np.uint8]:
    """Resize an image (H, W) or (H, W, 3), uint8."""
    return np.asarray(Image.fromarray(image).resize((width, height), Image.Resampling.BICUBIC))
