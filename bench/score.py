"""`ganmatrix score` beside clean-fid and torch-fidelity on the same files: figures and times of one run.

    python bench/score.py FAKE REAL [--network small|inception] [--rounds N] [--output FILE]

Each tool is a process of its own, from start to exit, and they take turns. Seconds are medians over rounds,
of the clock and of the processor (with the processes that a tool starts); ratios are taken round by round.
All read the same weights, with fixed random numbers in place of the published ones.
`inception` is the whole network. `small` takes next to no time, so that what is compared is reading,
resizing and the scores themselves.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.console import Console
from rich.table import Table
from standins import Layers, Small, classifier, random_inception, save_state, save_torchscript
from torch import Tensor, nn

from ganmatrix import score
from ganmatrix.evaluation.extractor import Extractor
from ganmatrix.evaluation.inception import make_torchvision_importable
from ganmatrix.evaluation.inception_v3 import resize_as_tensorflow
from ganmatrix.evaluation.presets import PRESETS, TORCH_FIDELITY

PAIRS = {"clean-fid": "ours as clean-fid", "torch-fidelity": "ours as torch-fidelity"}
CPU = torch.device("cpu")


class SmallBoth(nn.Module):
    """The small network as an extractor's: pixels in [0, 255] to features and probabilities."""

    def __init__(self) -> None:
        super().__init__()
        self.small, self.output = Small().eval(), classifier()

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        features = self.small((pixels - 128) / 128)
        return features, (features @ self.output.weight.T).softmax(dim=1)


def clean_fid(fake: str, real: str, weights: Path) -> dict[str, float]:
    """FID, then KID from numpy's seed 0, in clean-fid's own functions."""
    make_torchvision_importable()
    import cleanfid.features
    from cleanfid import fid

    os.chdir(weights.parent)
    cleanfid.features.platform.system = lambda: "Windows"  # it then looks for the weights here, not in /tmp
    found = {"fid": fid.compute_fid(fake, real, mode="clean", device=CPU, verbose=False)}
    np.random.seed(0)
    found["kid"] = fid.compute_kid(fake, real, mode="clean", device=CPU, verbose=False)
    return found


def torch_fidelity(fake: str, real: str, weights: Path | None) -> dict[str, float]:
    """Its own metrics with the settings of its command line."""
    make_torchvision_importable()
    import torch_fidelity as theirs
    from torch_fidelity.feature_extractor_base import FeatureExtractorBase
    from torch_fidelity.interpolate_compat_tensorflow import interpolate_bilinear_2d_like_tensorflow1x

    class SmallExtractor(FeatureExtractorBase):
        def __init__(self, name: str, features_list: list[str], **_: Any) -> None:
            super().__init__(name, features_list)
            self.both = SmallBoth()

        @staticmethod
        def get_provided_features_list() -> tuple[str, ...]:
            return "2048", "logits_unbiased"

        @staticmethod
        def get_default_feature_layer_for_metric(metric: str) -> str:
            return "logits_unbiased" if metric == "isc" else "2048"

        def forward(self, x: Tensor) -> tuple[Tensor, ...]:
            size = (299, 299)
            pixels = interpolate_bilinear_2d_like_tensorflow1x(x.float(), size=size, align_corners=False)
            features = self.both.small((pixels - 128) / 128)
            named = {"2048": features, "logits_unbiased": features @ self.both.output.weight.T}
            return tuple(named[name] for name in self.features_list)

    theirs.register_feature_extractor("small", SmallExtractor)
    found = theirs.calculate_metrics(
        input1=fake,
        input2=real,
        cuda=False,
        isc=True,
        fid=True,
        kid=True,
        prc=True,
        kid_subset_size=subset(fake, real),
        feature_extractor="inception-v3-compat" if weights else "small",
        feature_extractor_weights_path=str(weights) if weights else None,
        cache=False,
        verbose=False,
    )
    return {
        "fid": found["frechet_inception_distance"],
        "kid": found["kernel_inception_distance_mean"],
        "inception_score": found["inception_score_mean"],
        "precision": found["precision"],
        "recall": found["recall"],
    }


def subset(fake: str, real: str) -> int:
    """KID's subsets: 1,000, or as many images as there are."""
    return min(1000, *(len([*Path(folder).iterdir()]) for folder in (fake, real)))


def ours(tool: str, fake: str, real: str, weights: Path | None, sha256: str | None) -> dict[str, float]:
    """The same by `score`."""
    if tool == "torch-fidelity":
        assert TORCH_FIDELITY.kid is not None
        changed = replace(TORCH_FIDELITY, kid=replace(TORCH_FIDELITY.kid, size=subset(fake, real)))
        if weights is None:
            small = Extractor("small", "0" * 64, 299, 2048, 1008, SmallBoth(), resize=resize_as_tensorflow)
            changed = replace(changed, load=lambda *_: small)
        PRESETS[tool] = changed
    found = score(fake, real, tool, weights=weights, sha256=sha256, device="cpu")
    return {name: entry["value"] for name, entry in found.entries.items()}


def child(name: str, fake: str, real: str, weights: str, sha256: str) -> None:
    """Run one tool and print what it found."""
    warnings.simplefilter("ignore")
    path = Path(weights) if weights else None
    with torch.no_grad():
        if name == "clean-fid":
            assert path is not None
            found = clean_fid(fake, real, path)
        elif name == "torch-fidelity":
            found = torch_fidelity(fake, real, path)
        else:
            tool = next(each for each, called in PAIRS.items() if called == name)
            found = ours(tool, fake, real, path, sha256 or None)
    sys.stdout.write(json.dumps({key: float(value) for key, value in found.items()}))


def measure(fake: str, real: str, network: str, rounds: int, folder: Path) -> dict[str, Any]:
    """Seconds and figures of every tool, by turns."""
    whole = random_inception() if network == "inception" else None
    if whole is not None:
        script = save_torchscript(Layers(whole), whole.fc, folder)
        state: tuple[str | Path, str] = save_state(whole, folder)
    else:
        script, state = save_torchscript(Small(), classifier(), folder), ("", "")
    files = {"clean-fid": script, "torch-fidelity": state}
    measured: dict[str, Any] = {}
    for _ in range(rounds):
        for tool, called in PAIRS.items():
            for name in (tool, called):
                weights, sha256 = map(str, files[tool])
                began, used = time.perf_counter(), processor_seconds()
                done = subprocess.run(
                    [sys.executable, __file__, "--child", name, fake, real, weights, sha256],
                    check=True,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    text=True,
                )
                entry = measured.setdefault(name, {"seconds": [], "processor_seconds": []})
                entry["seconds"].append(time.perf_counter() - began)
                entry["processor_seconds"].append(processor_seconds() - used)
                entry["figures"] = json.loads(done.stdout.splitlines()[-1])
    return measured


def table(measured: dict[str, Any]) -> Table:
    """One line a tool."""
    scores = ("fid", "kid", "inception_score", "precision", "recall")
    shown = Table("tool", "seconds", "ratio", "processor", "ratio", *scores)
    for tool, called in PAIRS.items():
        for name in (tool, called):
            cells = [name]
            for clock in ("seconds", "processor_seconds"):
                pairs = zip(measured[tool][clock], measured[called][clock], strict=True)
                ratio = statistics.median(theirs / mine for theirs, mine in pairs)
                cells += [
                    f"{statistics.median(measured[name][clock]):.1f}",
                    f"{ratio:.2f}" if name == called else "",
                ]
            found = measured[name]["figures"]
            shown.add_row(*cells, *(f"{found[key]:.8g}" if key in found else "-" for key in scores))
    return shown


def processor_seconds() -> float:
    """Of all processes that were started here and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Measure, print, and write JSON if asked to."""
    if sys.argv[1:2] == ["--child"]:
        child(*sys.argv[2:])
        return
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("fake")
    parser.add_argument("real")
    parser.add_argument("--network", choices=["small", "inception"], default="small")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--output", type=Path)
    given = parser.parse_args()
    fake, real = (str(Path(each).resolve()) for each in (given.fake, given.real))
    with tempfile.TemporaryDirectory() as folder:
        measured = measure(fake, real, given.network, given.rounds, Path(folder))
    Console(width=140).print(table(measured))
    if given.output:
        given.output.write_text(json.dumps(measured, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
