"""clean-fid, importable beside a CPU build of torch.

clean-fid imports torchvision, whose registry build is compiled against CUDA: beside a CPU torch its
extension does not load, and the import dies for want of two operators' schemas. Nothing that
clean-fid does calls these operators, so declaring them is enough.
"""

from types import ModuleType

import torch

MISSING_OPERATORS = ("nms", "qnms")

_declared: list[torch.library.Library] = []
"""The declarations last as long as the library object that made them."""


def import_clean_fid() -> ModuleType:
    """The package's TorchScript Inception, `cleanfid.inception_torchscript`."""
    make_torchvision_importable()
    from cleanfid import inception_torchscript

    return inception_torchscript


def make_torchvision_importable() -> None:
    """Declare what torchvision misses, only where its extension cannot load."""
    try:
        import torchvision  # noqa: F401
    except RuntimeError:
        library = torch.library.Library("torchvision", "DEF")
        for operator in MISSING_OPERATORS:
            library.define(f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        _declared.append(library)
