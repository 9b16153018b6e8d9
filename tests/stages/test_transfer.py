"""`transfer`: the pairs of one dataset's runs, seed by seed, and what it refuses before it writes."""

import hashlib
import json
import math
import shutil

import pandas as pd
import pyarrow.parquet as pq
import pytest

from ganmatrix.training import optimisers
from helpers.processes import everything
from helpers.refusal import names

GAN, AS_GAN = "ring8-conventional-gan", "ring8-conventional-as_gan"
FOLDER = "transfers/ring8"


def _edit(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def _table(folder, seed=0):
    return pd.read_parquet(folder / FOLDER / f"{seed}/pairs.parquet")


def _header(folder, seed=0):
    return json.loads(pq.read_schema(folder / FOLDER / f"{seed}/pairs.parquet").metadata[b"ganmatrix"])


def _refused(run, folder, dataset="ring8"):
    before = everything(folder)
    ended = run("transfer", dataset)
    assert ended.status == 2
    assert everything(folder) == before
    [line] = [line for line in ended.err.splitlines() if line.startswith("error: ")]
    assert "Traceback" not in ended.err
    return line.removeprefix("error: ")


@pytest.fixture
def pair(whole):
    """Two cells of two runs each, trained on the ring, whose attacks are still to be tried."""
    shutil.rmtree(whole / "transfers")
    return whole


def test_every_pair_has_a_row_and_the_table_says_how_it_was_measured(pair, run):
    ended = run("transfer", "ring8")
    assert ended.status == 0, ended.err
    assert ended.out == "transfer ring8: made seeds 0, 1\n"
    assert "transfer ring8, seed 0: 2/2" in ended.err
    for seed in (0, 1):
        table, header = _table(pair, seed), _header(pair, seed)
        gan, as_gan = f"{GAN}-{seed}", f"{AS_GAN}-{seed}"
        assert list(zip(table["source"], table["target"], strict=True)) == [
            (gan, gan),
            (as_gan, gan),
            (gan, as_gan),
            (as_gan, as_gan),
        ]
        assert table["source_method"].tolist() == ["gan", "as_gan", "gan", "as_gan"]
        assert table["seed"].tolist() == [seed] * 4
        assert table.loc[table["source"] == table["target"], "rate"].tolist() == [1, 1]
        assert table["rate"].notna().all()
        assert (header["dataset"], header["seed"]) == ("ring8", seed)
        assert header["protocol"]["strength"] == 0.02
        assert header["protocol"]["steps"] == 2
        assert header["protocol"]["real_samples"] == 16
        assert header["weights_sha256"] == {
            f"{cell}-{seed}": hashlib.sha256(
                (pair / f"cells/{cell}/train/{seed}/weights.safetensors").read_bytes()
            ).hexdigest()
            for cell in (GAN, AS_GAN)
        }
    before = everything(pair / "transfers")
    shutil.rmtree(pair / "transfers")
    assert run("transfer", "ring8").status == 0
    assert everything(pair / "transfers") == before


def test_a_grid_of_one_cell_has_the_diagonal(pair, run):
    _edit(pair / "params.yaml", "methods: [gan, as_gan]", "methods: [gan]")
    assert run("transfer", "ring8").status == 0
    assert _table(pair)["rate"].tolist() == [1]


def test_a_method_more_tries_all_again(whole, run):
    """With fewer runs there were fewer pairs."""
    _edit(whole / "params.yaml", "methods: [gan, as_gan]", "methods: [gan]")
    ended = run("transfer", "ring8")
    assert "transfer ring8, seed 0: weights changed; making it again\n" in ended.err
    assert len(_table(whole)) == 1


def test_only_the_seed_whose_weights_changed_is_tried_again(whole, run, monkeypatch):
    before = everything(whole / "transfers")
    shutil.rmtree(whole / f"cells/{AS_GAN}/train/1")
    (whole / f"cells/{AS_GAN}/train/1.json").unlink()
    with monkeypatch.context() as patch:
        patch.setattr(optimisers, "rate_factor", lambda recipe, step: 2.0)
        assert run("train", AS_GAN).out == f"train {AS_GAN}: made seed 1; 1 were up to date\n"
    assert run("transfer", "ring8").out == "transfer ring8: made seed 1; 1 were up to date\n"
    after = everything(whole / "transfers")
    assert {name for name in after if after[name] != before[name]} == {
        "ring8.json",
        "ring8/1.json",
        "ring8/1/pairs.parquet",
    }


def test_the_strength_is_a_param(pair, run):
    _edit(pair / "params.yaml", "pgd_steps: 2", "pgd_steps: 2\n  transfer_point_strength: 1/16")
    assert run("transfer", "ring8").status == 0
    assert _header(pair)["protocol"]["strength"] == 1 / 16


def test_a_diverged_run_gives_nulls_with_its_reason(pair, run, monkeypatch):
    monkeypatch.setattr(optimisers, "rate_factor", lambda recipe, step: math.inf if step == 6 else 1.0)
    shutil.rmtree(pair / "cells" / AS_GAN)
    assert run("train", AS_GAN, "--seeds", "0").status == 0
    assert run("transfer", "ring8", "--seeds", "0").status == 0
    gan, as_gan = f"{GAN}-0", f"{AS_GAN}-0"
    table = _table(pair).set_index(["source", "target"])
    assert table.loc[(gan, gan), "rate"] == 1
    for source, target in ((gan, as_gan), (as_gan, gan), (as_gan, as_gan)):
        row = table.loc[(source, target)]
        assert row[["rate", "control", "flipped"]].isna().all()
        side = "target" if target == as_gan else "source"
        assert row["reason"] == f"{side}: training diverged: non_finite_loss"


def test_missing_runs_name_their_maker(pair, run):
    (pair / f"cells/{AS_GAN}/train.json").unlink()
    assert _refused(run, pair).startswith(
        f"cells/{AS_GAN}/train.json is missing; run `ganmatrix train {AS_GAN}` or "
    )


def test_other_weights_than_were_vouched_for(pair, run):
    path = pair / f"cells/{AS_GAN}/train/1/weights.safetensors"
    path.write_bytes((pair / f"cells/{AS_GAN}/train/0/weights.safetensors").read_bytes())
    ended = run("transfer", "ring8")
    assert ended.status == 2
    weights = f"cells/{AS_GAN}/train/1/weights.safetensors"
    names(ended.err.splitlines()[-1], key=weights, mend=f"run `ganmatrix train {AS_GAN}`")
    assert {path.name for path in (pair / FOLDER).iterdir()} == {"0", "0.json"}, "the other seed is made"


def test_weights_of_other_data(pair, run):
    _edit(pair / "params.yaml", "train: 100, held_out: 40, seed: 0", "train: 100, held_out: 40, seed: 1")
    assert run("prepare", "ring8").status == 0
    line = _refused(run, pair)
    assert line.startswith(
        f"cells/{GAN}/train.json, seed 0 is not current: data changed; run `ganmatrix train {GAN}`"
    )


def test_too_few_held_out_samples(pair, run):
    _edit(pair / "params.yaml", "samples: 16", "samples: 41")
    assert "probes.samples is 41, but ring8 has 40 held-out samples" in _refused(run, pair)


def test_datasets_that_are_unknown_or_outside_the_grid(pair, run):
    assert "did you mean ring8?" in _refused(run, pair, "ring9")
    names(_refused(run, pair, "photos"), key="photos", mend="grid.datasets, which has ring8")
