"""Small grey faces: scikit-image's subset of Labeled Faces in the Wild, 25x25.

`skimage.data.lfw_subset` holds 100 faces and then 100 crops of background; the faces alone are used.
"""

import numpy as np
import skimage.data

from ganmatrix.datasets.prepared import Prepared
from ganmatrix.datasets.resizing import RESIZER, resize
from ganmatrix.params.datasets import Faces

FACES = 100


def prepare(params: Faces) -> Prepared:
    """Resize the faces and split them at random."""
    shipped = skimage.data.lfw_subset()[:FACES]  # floats in [0, 1]
    faces = np.rint(shipped * 255).astype(np.uint8)
    images = np.stack([resize(face, params.resolution, params.resolution) for face in faces])[:, None]
    order = np.random.default_rng(params.seed).permutation(FACES)
    held_out, train = np.sort(order[: params.held_out]), np.sort(order[params.held_out :])
    return Prepared(
        modality="images",
        train=images[train],
        train_labels=np.zeros(len(train), dtype=np.int64),
        held_out=images[held_out],
        held_out_labels=np.zeros(len(held_out), dtype=np.int64),
        class_names=("face",),
        source="Labeled Faces in the Wild (Huang et al. 2007), the 100 faces shipped in scikit-image",
        licence="not stated; press photographs collected for research",
        facts={"resizer": RESIZER, "source_resolution": list(shipped.shape[1:])},
    )
