"""Presets against the tools that they name: the same files, the same weights, their own code."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from sklearn.metrics.pairwise import polynomial_kernel
from standins import Small, classifier, random_inception, save_state, save_torchscript

from ganmatrix.datasets.image_set import open_images
from ganmatrix.evaluation import presets
from ganmatrix.evaluation.extractor import Extractor
from ganmatrix.evaluation.presets import (
    CLEAN_FID,
    MIMICRY,
    OURS,
    PRESETS,
    PYTORCH_FID,
    TORCH_FIDELITY,
    Outputs,
)
from ganmatrix.evaluation.score import read
from ganmatrix.params.evaluation import ImageEvaluation
from ganmatrix.stages.score import described, score

CPU = torch.device("cpu")
ROUNDING = 2e-4
"""Of fewer images than features: their roots of eigenvalues that are 0 but for rounding add up."""

THEIR_COMMAND = """
from ganmatrix.evaluation.inception import make_torchvision_importable
make_torchvision_importable()
from torch_fidelity.fidelity import main
main()
"""
OPTIONS = "--cpu --json --silent --no-cache --isc --fid --kid --prc --isc-splits 3 --kid-subset-size 6"


def pictures(folder: Path, count: int, seed: int) -> Path:
    """So many 32x32 images in all ways to store them that `convert("RGB")` reads."""
    folder.mkdir()
    rng = np.random.default_rng(seed)
    for i in range(count):
        small = Image.fromarray(rng.integers(0, 256, (4, 4, 3), np.uint8))
        image = small.resize((32, 32), Image.Resampling.BICUBIC)
        ending = ("png", "jpg", "jpeg")[i % 3]
        options: dict[str, object] = {}
        if i == 1:
            exif = Image.Exif()
            exif[0x0112] = 6
            options = {"exif": exif}
        if i == 3:
            image = image.convert("L")
        if i == 6:
            image.putalpha(100)
        image.save(folder / f"{i:03d}.{ending}", **options)
    (folder / ".hidden.txt").write_text("no image")
    return folder


@pytest.fixture(autouse=True)
def one_core(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    root = tmp_path_factory.mktemp("sets")
    return str(pictures(root / "fake", 9, 0)), str(pictures(root / "real", 11, 1))


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    return save_state(random_inception(), tmp_path_factory.mktemp("weights"))


def values(found: dict[str, dict[str, float]]) -> dict[str, float]:
    return {name: entry["value"] for name, entry in found.items()}


def outputs(folder: str, preset: presets.Preset, weights: Path, sha256: str) -> Outputs:
    """What the preset's network makes of a folder."""
    assert preset.load is not None
    source = open_images(folder, preset.files)
    everything = np.arange(len(source))
    return read(source, everything, preset.load(weights, sha256), CPU, "", False, 1).outputs


def test_features_of_torch_fidelity_are_those_of_its_network(
    folders: tuple[str, str], state: tuple[Path, str], torch_fidelity
) -> None:
    """Its network, weights, resizer and reader, on files of every kind."""
    from torch_fidelity.datasets import ImagesPathDataset
    from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3
    from torch_fidelity.utils import glob_samples_paths

    folder = folders[0]
    network = FeatureExtractorInceptionV3(
        "inception-v3-compat", ["2048", "logits_unbiased"], feature_extractor_weights_path=str(state[0])
    )
    files = ImagesPathDataset(glob_samples_paths(folder, False, "png,jpg,jpeg", verbose=False))
    with torch.no_grad():
        features, logits = network(torch.stack([*files]))
    ours = outputs(folder, TORCH_FIDELITY, *state)
    np.testing.assert_allclose(ours.features, features, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(ours.probabilities, logits.softmax(dim=1), rtol=1e-3, atol=1e-6)
    assert features.std() > 0.01


def test_scores_of_torch_fidelity_are_those_of_its_features(torch_fidelity) -> None:
    from torch_fidelity.metric_fid import fid_features_to_statistics, fid_statistics_to_metric
    from torch_fidelity.metric_isc import isc_features_to_metric
    from torch_fidelity.metric_kid import kid_features_to_metric
    from torch_fidelity.metric_prc import prc_features_to_metric

    generator = torch.Generator().manual_seed(0)
    fake, real = (torch.randn(count, 8, generator=generator) for count in (203, 210))
    logits = torch.randn(203, 5, generator=generator)
    smaller = replace(TORCH_FIDELITY, kid=replace(TORCH_FIDELITY.kid, size=100))
    toy = Extractor("toy", "0" * 64, 8, 8, 5, torch.nn.Identity())
    sides = (Outputs(side.numpy(), logits.softmax(dim=1).numpy()) for side in (fake, real))
    found = smaller.scores(toy, *sides, ImageEvaluation(), TORCH_FIDELITY.metrics)
    statistics = [fid_features_to_statistics(side) for side in (fake, real)]
    theirs = fid_statistics_to_metric(*statistics, False) | isc_features_to_metric(logits)
    theirs |= kid_features_to_metric(fake, real, kid_subset_size=100, verbose=False)
    theirs |= prc_features_to_metric(fake, real, verbose=False)
    assert values(found) == {
        "fid": pytest.approx(theirs["frechet_inception_distance"], rel=1e-5),
        "kid": pytest.approx(theirs["kernel_inception_distance_mean"], rel=1e-3, abs=1e-6),
        "inception_score": pytest.approx(theirs["inception_score_mean"], rel=1e-6),
        "precision": pytest.approx(theirs["precision"], abs=1e-3),
        "recall": pytest.approx(theirs["recall"], abs=1e-3),
    }
    assert found["kid"]["std"] == pytest.approx(theirs["kernel_inception_distance_std"], rel=1e-3)
    assert found["inception_score"]["std"] == pytest.approx(theirs["inception_score_std"], rel=1e-4)


@pytest.mark.slow
def test_torch_fidelity_by_its_command(
    folders: tuple[str, str], state: tuple[Path, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    fake, real = folders
    command = [*OPTIONS.split(), "--feature-extractor", "inception-v3-compat", "--input1", fake]
    command += ["--input2", real, "--feature-extractor-weights-path", str(state[0])]
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", THEIR_COMMAND, *command],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    theirs = json.loads(done.stdout)
    kid, splits = replace(TORCH_FIDELITY.kid, size=6), replace(TORCH_FIDELITY.splits, splits=3)
    monkeypatch.setitem(PRESETS, "torch-fidelity", replace(TORCH_FIDELITY, kid=kid, splits=splits))
    found = score(fake, real, "torch-fidelity", weights=state[0], sha256=state[1], device="cpu")
    ours = values(found.entries)
    assert ours["fid"] == pytest.approx(theirs["frechet_inception_distance"], rel=ROUNDING)
    assert ours["kid"] == pytest.approx(theirs["kernel_inception_distance_mean"], rel=1e-4)
    assert found.entries["kid"]["std"] == pytest.approx(theirs["kernel_inception_distance_std"], rel=1e-4)
    assert ours["inception_score"] == pytest.approx(theirs["inception_score_mean"], rel=1e-5)
    assert found.entries["inception_score"]["std"] == pytest.approx(theirs["inception_score_std"], rel=1e-4)
    assert ours["precision"] == pytest.approx(theirs["precision"], abs=1e-6)
    assert ours["recall"] == pytest.approx(theirs["recall"], abs=1e-6)
    assert theirs["frechet_inception_distance"] > 0


@pytest.fixture
def cleanfid_here(cleanfid_fid, tmp_path, monkeypatch):
    """clean-fid, looking for its weights in the working folder as it does on Windows, and those weights."""
    from cleanfid import features

    weights = save_torchscript(Small(), classifier(), tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(features.platform, "system", lambda: "Windows")
    return cleanfid_fid, weights


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_features_and_kid_of_clean_fid(folders: tuple[str, str], cleanfid_here) -> None:
    """Its reader, resizer and network on files of every kind, and its KID of these."""
    clean, weights = cleanfid_here
    model = clean.build_feature_extractor("clean", CPU)
    theirs = [
        clean.get_folder_features(folder, model, num_workers=0, device=CPU, mode="clean", verbose=False)
        for folder in folders
    ]
    ours = [outputs(folder, CLEAN_FID, *weights) for folder in folders]
    for mine, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine.features, other, rtol=1e-3, atol=1e-4)
        assert other.std() > 0.01
    toy = Extractor("toy", "0" * 64, 8, 8, 5, torch.nn.Identity())
    np.random.seed(0)
    kid = CLEAN_FID.scores(toy, *ours, ImageEvaluation(), {"kid"})["kid"]
    assert kid["value"] == pytest.approx(clean.kernel_distance(*theirs), rel=1e-4)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_clean_fid_by_its_functions(folders: tuple[str, str], cleanfid_here) -> None:
    (fake, real), (clean, (weights, sha256)) = folders, cleanfid_here
    given = {"mode": "clean", "num_workers": 0, "device": torch.device("cpu"), "verbose": False}
    ours = values(score(fake, real, "clean-fid", weights=weights, sha256=sha256, device="cpu").entries)
    assert ours["fid"] == pytest.approx(clean.compute_fid(fake, real, **given), rel=ROUNDING)
    np.random.seed(0)
    assert ours["kid"] == pytest.approx(clean.compute_kid(fake, real, **given), rel=1e-4)


@pytest.mark.filterwarnings("ignore")
def test_features_of_pytorch_fid_are_those_of_clean_fids_copy_of_it(
    folders: tuple[str, str], state: tuple[Path, str], cleanfid_fid, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cleanfid import inception_pytorch

    monkeypatch.setattr(
        inception_pytorch,
        "load_state_dict_from_url",
        lambda *_, **__: torch.load(state[0], weights_only=True),
    )
    model = cleanfid_fid.build_feature_extractor("legacy_pytorch", CPU)
    theirs = cleanfid_fid.get_folder_features(
        folders[0], model, num_workers=0, device=CPU, mode="legacy_pytorch", verbose=False
    )
    np.testing.assert_allclose(
        outputs(folders[0], PYTORCH_FID, *state).features, theirs, rtol=1e-3, atol=1e-4
    )


def test_mimicrys_conventions_from_their_formulas() -> None:
    """KID of 10 subsets, real first, of a tenth of the images; 10 splits in the images' order."""
    rng = np.random.default_rng(0)
    fake, real = (rng.standard_normal((count, 8)).astype(np.float32) + 1 for count in (103, 110))
    probabilities = rng.dirichlet(np.ones(5), 103).astype(np.float32)
    toy = Extractor("toy", "0" * 64, 8, 8, 5, torch.nn.Identity())
    found = MIMICRY.scores(
        toy, Outputs(fake, probabilities), Outputs(real, probabilities), ImageEvaluation(), MIMICRY.metrics
    )
    draws = np.random.RandomState(0)
    distances = []
    for _ in range(10):
        r, g = (side[draws.choice(len(side), 10, replace=False)].astype(float) for side in (real, fake))
        within = [polynomial_kernel(side) for side in (r, g)]
        off = sum((kernel.sum() - np.trace(kernel)) / 90 for kernel in within)
        distances.append(off - 2 * polynomial_kernel(r, g).mean())
    assert found["kid"]["value"] == pytest.approx(np.mean(distances), rel=1e-10)
    assert found["kid"]["std"] == pytest.approx(np.std(distances), rel=1e-10)
    scores = []
    for i in range(10):
        part = probabilities[i * 103 // 10 : (i + 1) * 103 // 10].astype(float)
        scores.append(np.exp((part * np.log(part / part.mean(axis=0))).sum(axis=1).mean()))
    assert found["inception_score"]["value"] == pytest.approx(np.mean(scores), rel=1e-6)
    assert found["inception_score"]["std"] == pytest.approx(np.std(scores), rel=1e-5)


def test_sets_below_a_subset_have_no_kid_where_the_tool_refuses_them() -> None:
    toy = Extractor("toy", "0" * 64, 8, 3, 2, torch.nn.Identity())
    features = np.random.default_rng(0).standard_normal((20, 3)).astype(np.float32)
    side = Outputs(features, np.full((20, 2), 0.5, np.float32))
    kid = TORCH_FIDELITY.scores(toy, side, side, ImageEvaluation(), {"kid"})["kid"]
    assert kid["value"] is None
    assert "needs 1,000 images" in kid["reason"]


@pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS)
def test_every_preset_says_what_it_is_and_gives_its_scores(preset: presets.Preset) -> None:
    toy = Extractor("toy", "0" * 64, 8, 3, 2, torch.nn.Identity())
    rng = np.random.default_rng(0)
    sides = [
        Outputs(rng.standard_normal((40, 3)).astype(np.float32), np.full((40, 2), 0.5, np.float32))
        for _ in range(2)
    ]
    found = preset.scores(toy, *sides, ImageEvaluation(), preset.metrics)
    assert tuple(found) == preset.metrics
    missing = {name for name, entry in found.items() if entry["value"] is None}
    assert missing == ({"kid"} if preset is TORCH_FIDELITY else set())
    assert preset.differs
    assert preset is OURS or preset.departs
    assert f"{preset.name}: {preset.reproduces}" in described()
    one = preset.scores(toy, *sides, ImageEvaluation(), {"fid"})
    assert list(one) == ["fid"]
    assert one["fid"] == found["fid"]
