"""`transfer`: the pairs of one dataset's cells, and what it refuses before it writes."""

import hashlib
import json
import math
import subprocess

import pandas as pd
import pyarrow.parquet as pq
import pytest

from ganmatrix.stages import scratch
from ganmatrix.training import optimisers

GRID = (
    "architectures: [conventional, resnet_sn]\n  methods: [gan, as_gan, dat, fargan]\n  seeds: [0, 1]",
    "architectures: [conventional]\n  methods: [gan, as_gan]\n  seeds: [0]",
)
GAN, AS_GAN = "ring8-conventional-gan-0", "ring8-conventional-as_gan-0"
TABLE = "transfers/ring8.parquet"


def _edit(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


@pytest.fixture
def pair(finished, run):
    """Two cells of one seed, trained on the ring."""
    _edit(finished / "params.yaml", *GRID)
    assert run("train", AS_GAN).status == 0
    return finished


def _refused(run, folder, dataset="ring8"):
    ended = run("transfer", dataset)
    assert ended.status == 2
    assert not list((folder / "transfers").glob("*") if (folder / "transfers").exists() else [])
    [line] = [line for line in ended.err.splitlines() if line.startswith("error: ")]
    assert "Traceback" not in ended.err
    return line.removeprefix("error: ")


def test_every_pair_has_a_row_and_the_table_says_how_it_was_measured(pair, run):
    ended = run("transfer", "ring8")
    assert ended.status == 0, ended.err
    assert ended.out.startswith(f"wrote {TABLE} (")
    assert "transfer ring8: 2/2" in ended.err
    table = pd.read_parquet(pair / TABLE)
    assert list(zip(table["source"], table["target"], strict=True)) == [
        (GAN, GAN),
        (AS_GAN, GAN),
        (GAN, AS_GAN),
        (AS_GAN, AS_GAN),
    ]
    assert table["source_method"].tolist() == ["gan", "as_gan", "gan", "as_gan"]
    assert table.loc[table["source"] == table["target"], "rate"].tolist() == [1, 1]
    assert table["rate"].notna().all()
    header = json.loads(pq.read_schema(pair / TABLE).metadata[b"ganmatrix"])
    assert header["dataset"] == "ring8"
    assert header["protocol"]["strength"] == 0.02
    assert header["protocol"]["steps"] == 2
    assert header["protocol"]["real_samples"] == 16
    assert header["weights_sha256"] == {
        cell: hashlib.sha256((pair / f"cells/{cell}/weights.safetensors").read_bytes()).hexdigest()
        for cell in (GAN, AS_GAN)
    }
    before = (pair / TABLE).read_bytes()
    assert run("transfer", "ring8").status == 0
    assert (pair / TABLE).read_bytes() == before


def test_a_grid_of_one_cell_has_the_diagonal(pair, run):
    _edit(pair / "params.yaml", "methods: [gan, as_gan]", "methods: [gan]")
    assert run("transfer", "ring8").status == 0
    table = pd.read_parquet(pair / TABLE)
    assert table["rate"].tolist() == [1]
    assert table["reason"].isna().all() or "calls no real" in table["reason"].iloc[0]


def test_the_strength_is_a_param(pair, run):
    _edit(pair / "params.yaml", "pgd_steps: 2", "pgd_steps: 2\n  transfer_point_strength: 1/16")
    assert run("transfer", "ring8").status == 0
    header = json.loads(pq.read_schema(pair / TABLE).metadata[b"ganmatrix"])
    assert header["protocol"]["strength"] == 1 / 16


def test_seeds_are_not_mixed(pair, run):
    _edit(pair / "params.yaml", "seeds: [0]", "seeds: [0, 1]")
    for method in ("gan", "as_gan"):
        assert run("train", f"ring8-conventional-{method}-1").status == 0
    assert run("transfer", "ring8").status == 0
    table = pd.read_parquet(pair / TABLE)
    assert len(table) == 8
    assert (table["source"].str[-1] == table["target"].str[-1]).all()
    assert table["seed"].tolist() == [0] * 4 + [1] * 4


def test_a_diverged_cell_gives_nulls_with_its_reason(pair, run, monkeypatch):
    monkeypatch.setattr(optimisers, "rate_factor", lambda recipe, step: math.inf if step == 6 else 1.0)
    scratch.clear(pair / "scratch" / AS_GAN)
    assert run("train", AS_GAN).status == 0
    assert run("transfer", "ring8").status == 0
    table = pd.read_parquet(pair / TABLE).set_index(["source", "target"])
    assert table.loc[(GAN, GAN), "rate"] == 1
    for source, target in ((GAN, AS_GAN), (AS_GAN, GAN), (AS_GAN, AS_GAN)):
        row = table.loc[(source, target)]
        assert row[["rate", "control", "flipped"]].isna().all()
        side = "target" if target == AS_GAN else "source"
        assert row["reason"] == f"{side}: training diverged: non_finite_loss"


def test_checksums_are_what_sha256sum_reads(pair):
    names = [f"checksums/ring8/{cell}.sha256" for cell in (GAN, AS_GAN)]
    done = subprocess.run(
        ["sha256sum", "--check", "--strict", *names], cwd=pair, capture_output=True, check=True, text=True
    )
    assert done.stdout.splitlines() == [f"cells/{cell}/weights.safetensors: OK" for cell in (GAN, AS_GAN)]


@pytest.mark.parametrize("name", [f"cells/{AS_GAN}/weights.safetensors", f"checksums/ring8/{AS_GAN}.sha256"])
def test_missing_weights_or_checksums_name_their_maker(pair, run, name):
    (pair / name).unlink()
    assert _refused(run, pair).startswith(f"{name} is missing; run `ganmatrix train {AS_GAN}` or ")


def test_other_weights_than_were_vouched_for(pair, run):
    path = pair / f"checksums/ring8/{AS_GAN}.sha256"
    path.write_text("0" * 64 + path.read_text()[64:])
    assert _refused(run, pair) == (
        f"cells/{AS_GAN}/weights.safetensors is not what checksums/ring8/{AS_GAN}.sha256 vouches for; "
        f"run `ganmatrix train {AS_GAN}` again"
    )
    path.write_bytes(b"\xff\xfe")
    assert "vouches for" in _refused(run, pair)


def test_weights_of_other_data(pair, run):
    _edit(pair / "params.yaml", "train: 100, held_out: 40, seed: 0", "train: 100, held_out: 40, seed: 1")
    assert run("prepare", "ring8").status == 0
    assert _refused(run, pair) == f"{GAN} was trained on other data than data/ring8/; train it again"


def test_too_few_held_out_samples(pair, run):
    _edit(pair / "params.yaml", "samples: 16", "samples: 41")
    assert "probes.samples is 41, but ring8 has 40 held-out samples" in _refused(run, pair)


def test_datasets_that_are_unknown_or_outside_the_grid(pair, run):
    assert "did you mean ring8?" in _refused(run, pair, "ring9")
    assert _refused(run, pair, "photos") == "photos is not in grid.datasets, which has ring8, digits"
