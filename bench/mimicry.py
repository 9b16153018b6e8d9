"""torch-mimicry's SNGAN-32 as a contender, run in an environment of its own.

mimicry imports TensorFlow, torchvision and others for its metrics and datasets; none is used by a
training step, so empty modules stand in for them.

    python bench/mimicry.py {discriminator,iteration} BATCH THREADS DEVICE
"""

import sys
import types
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

UNUSED = (
    "skimage",
    "skimage.io",
    "sklearn",
    "sklearn.metrics",
    "sklearn.metrics.pairwise",
    "tensorboard",
    "tensorflow",
    "tensorflow.compat",
    "tensorflow.compat.v1",
    "torch._six",
    "torch.utils.tensorboard",
    "torchvision",
    "torchvision.datasets",
    "torchvision.transforms",
    "torchvision.utils",
)


def _placeholder(attribute: str) -> Any:
    if attribute.startswith("__"):
        raise AttributeError(attribute)
    return type(attribute, (), {})


for name in UNUSED:
    module: Any = types.ModuleType(name)
    module.__spec__ = ModuleSpec(name, None)
    module.__path__ = []
    module.__getattr__ = _placeholder
    sys.modules[name] = module

import torch  # noqa: E402
from torch_mimicry.nets.sngan import SNGANDiscriminator32, SNGANGenerator32  # noqa: E402
from torch_mimicry.training import metric_log  # noqa: E402

sys.path.insert(0, str(Path(__file__).parent))
from contender import serve  # noqa: E402

DISCRIMINATOR_STEPS = 5


def main(what: str, batch: int, threads: int, device_name: str) -> None:
    torch.set_num_threads(threads)
    device = torch.device(device_name)
    generator = SNGANGenerator32().to(device)
    discriminator = SNGANDiscriminator32().to(device)
    optimise_g = torch.optim.Adam(generator.parameters(), 2e-4, betas=(0.0, 0.9))
    optimise_d = torch.optim.Adam(discriminator.parameters(), 2e-4, betas=(0.0, 0.9))
    real = (torch.rand(batch, 3, 32, 32, device=device) * 2 - 1, torch.zeros(batch, device=device))

    def discriminator_step() -> None:
        discriminator.train_step(
            real_batch=real, netG=generator, optD=optimise_d, log_data=metric_log.MetricLog(), device=device
        )

    def iteration() -> None:
        for _ in range(DISCRIMINATOR_STEPS):
            discriminator_step()
        generator.train_step(
            real_batch=real,
            netD=discriminator,
            optG=optimise_g,
            log_data=metric_log.MetricLog(),
            device=device,
        )

    serve(discriminator_step if what == "discriminator" else iteration, device)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
