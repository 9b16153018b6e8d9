"""`transfer`: the pairs of one dataset's runs, seed by seed, and what it refuses before it writes."""

import hashlib
import json
import math

import pandas as pd
import pyarrow.parquet as pq
import pytest

from ganmatrix.training import optimisers

GAN, AS_GAN = "ring8-conventional-gan", "ring8-conventional-as_gan"
GRID = (
    "[ring8, digits]\n  architectures: [conventional, resnet_sn]\n  methods: [gan, as_gan, dat, fargan]",
    "[ring8]\n  architectures: [conventional]\n  methods: [gan, as_gan]",
)
TABLE = "transfers/ring8/{seed}/pairs.parquet"


def _edit(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


@pytest.fixture
def pair(finished, run):
    """Two cells of two seeds, trained on the ring."""
    _edit(finished / "params.yaml", *GRID)
    assert run("train", AS_GAN).status == 0
    return finished


def _table(folder, seed=0):
    return pd.read_parquet(folder / TABLE.format(seed=seed))


def _header(folder, seed=0):
    return json.loads(pq.read_schema(folder / TABLE.format(seed=seed)).metadata[b"ganmatrix"])


def _refused(run, folder, dataset="ring8"):
    ended = run("transfer", dataset)
    assert ended.status == 2
    assert not list((folder / "transfers").rglob("*.parquet"))
    [line] = [line for line in ended.err.splitlines() if line.startswith("error: ")]
    assert "Traceback" not in ended.err
    return line.removeprefix("error: ")


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
        assert table.loc[table["source"] == table["target"], "rate"].tolist() == [1, 1]
        assert table["rate"].notna().all()
        assert table["seed"].tolist() == [seed] * 4
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


def test_nothing_is_made_twice(pair, run):
    assert run("transfer", "ring8", "--seeds", "1").out == "transfer ring8: made seed 1\n"
    before = (pair / TABLE.format(seed=1)).stat()
    assert run("transfer", "ring8").out == "transfer ring8: made seed 0; 1 were up to date\n"
    assert run("transfer", "ring8").out == "transfer ring8: up to date\n"
    assert (pair / TABLE.format(seed=1)).stat() == before


def test_a_grid_of_one_cell_has_the_diagonal(pair, run):
    _edit(pair / "params.yaml", "methods: [gan, as_gan]", "methods: [gan]")
    assert run("transfer", "ring8").status == 0
    table = _table(pair)
    assert table["rate"].tolist() == [1]
    assert table["reason"].isna().all() or "calls no real" in table["reason"].iloc[0]


def test_a_cell_that_joins_the_grid_makes_it_again(pair, run):
    _edit(pair / "params.yaml", "methods: [gan, as_gan]", "methods: [gan]")
    assert run("transfer", "ring8").status == 0
    _edit(pair / "params.yaml", "methods: [gan]", "methods: [gan, as_gan]")
    ended = run("transfer", "ring8")
    assert ended.out == "transfer ring8: made seeds 0, 1\n"
    assert "seed 0: weights changed; making it again" in ended.err
    assert len(_table(pair)) == 4


def test_the_strength_is_a_param(pair, run):
    _edit(pair / "params.yaml", "pgd_steps: 2", "pgd_steps: 2\n  transfer_point_strength: 1/16")
    assert run("transfer", "ring8").status == 0
    assert _header(pair)["protocol"]["strength"] == 1 / 16


def test_a_diverged_run_gives_nulls_with_its_reason(finished, run, monkeypatch):
    _edit(finished / "params.yaml", *GRID)
    with monkeypatch.context() as patch:
        patch.setattr(optimisers, "rate_factor", lambda recipe, step: math.inf if step == 6 else 1.0)
        assert run("train", AS_GAN, "--seeds", "0").status == 0
    assert run("transfer", "ring8", "--seeds", "0").status == 0
    table = _table(finished).set_index(["source", "target"])
    gan, as_gan = f"{GAN}-0", f"{AS_GAN}-0"
    assert table.loc[(gan, gan), "rate"] == 1
    for source, target in ((gan, as_gan), (as_gan, gan), (as_gan, as_gan)):
        row = table.loc[(source, target)]
        assert row[["rate", "control", "flipped"]].isna().all()
        side = "target" if target == as_gan else "source"
        assert row["reason"] == f"{side}: training diverged: non_finite_loss"


def test_missing_weights_name_their_maker(pair, run):
    (pair / f"cells/{AS_GAN}/train/1/weights.safetensors").unlink()
    ended = run("transfer", "ring8")
    assert ended.status == 2
    assert (
        f"cells/{AS_GAN}/train/1/weights.safetensors is missing; run `ganmatrix train {AS_GAN}`" in ended.err
    )
    assert (pair / TABLE.format(seed=0)).exists()
    assert not (pair / TABLE.format(seed=1)).exists()


def test_weights_of_another_seed(pair, run):
    folder = pair / f"cells/{AS_GAN}/train"
    (folder / "0/weights.safetensors").write_bytes((folder / "1/weights.safetensors").read_bytes())
    problem = _refused(run, pair)
    assert problem.startswith(f"cells/{AS_GAN}/train/0/weights.safetensors is damaged")
    assert problem.endswith(f"run `ganmatrix train {AS_GAN}` to make it again")


def test_weights_of_other_data(pair, run):
    _edit(pair / "params.yaml", "train: 100, held_out: 40, seed: 0", "train: 100, held_out: 40, seed: 1")
    assert "datasets.ring8 changed; run `ganmatrix prepare ring8`" in _refused(run, pair)
    assert run("prepare", "ring8").status == 0
    problem = _refused(run, pair)
    assert "data changed" in problem
    assert f"run `ganmatrix train {GAN}`" in problem


def test_too_few_held_out_samples(pair, run):
    _edit(pair / "params.yaml", "samples: 16", "samples: 41")
    assert "probes.samples is 41, but ring8 has 40 held-out samples" in _refused(run, pair)


def test_datasets_that_are_unknown_or_outside_the_grid(pair, run):
    assert "did you mean ring8?" in _refused(run, pair, "ring9")
    assert _refused(run, pair, "photos") == "photos is not in grid.datasets, which has ring8"
