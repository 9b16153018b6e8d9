"""What follows from a run's artifacts: the losses at the end of training, and attacks made on others."""

import numpy as np
import pandas as pd
import pytest

from ganmatrix.errors import UserError
from ganmatrix.results.artifacts import NetworkNames, ParameterCounts, Reproducible, final_losses
from ganmatrix.store import tables
from ganmatrix.store.layout import PAIRS
from helpers.fake_matrix import FakeMatrix
from helpers.publishing import rewrite

GRID = """datasets: [digits]
  architectures: [conventional, resnet_sn]
  methods: [gan, as_gan, dat]
  seeds: [0, 1, 2]"""
GAN, AS_GAN, DAT = (f"digits-conventional-{method}-0" for method in ("gan", "as_gan", "dat"))


def _run(**changes):
    run = {
        **dict.fromkeys(("dataset", "architecture", "method", "method_kind"), "x"),
        "seed": 0,
        "modality": "points",
        "loss": "non_saturating",
        "techniques": [],
        "networks": NetworkNames(generator="g", discriminator="d"),
        "parameters": ParameterCounts(generator=1, discriminator=1),
        "params": {},
        "outcome": "completed",
        "generator_steps": 1000,
        "data_sha256": "0",
        "operations_per_step": None,
        "weights_sha256": "0",
    }
    return Reproducible(**run | changes)


def _history(steps, discriminator, generator):
    return pd.DataFrame({"step": steps, "loss_discriminator": discriminator, "loss_generator": generator})


def test_only_the_last_tenth_counts():
    history = _history([100, 900, 901, 950, 1000], [9.0, 9.0, 1.0, 2.0, 3.0], [5.0, 5.0, 0.5, 0.6, 0.7])
    found = final_losses(history, _run())
    assert found["final_loss_discriminator"]["value"] == pytest.approx(2.0)
    assert found["final_loss_generator"]["value"] == pytest.approx(0.6)
    assert found["final_loss_generator"]["protocol"] == {
        "averaged_over": "the last tenth of the generator steps"
    }


def test_no_row_of_the_last_tenth_is_no_number():
    found = final_losses(_history([500], [1.0], [1.0]), _run())
    assert found["final_loss_generator"]["value"] is None
    assert found["final_loss_generator"]["reason"] == "no loss was logged in the last tenth"


def test_a_diverged_run_has_none():
    history = _history([950, 960], [1.0, float("nan")], [1.0, 1.0])
    for entry in final_losses(history, _run(outcome="diverged", generator_steps=960)).values():
        assert (entry["value"], entry["reason"]) == (None, "training diverged")


def _assembled(fake: FakeMatrix) -> tuple[pd.DataFrame, dict]:
    fake.write().assemble()
    return fake.table("matrix").set_index("run"), fake.summary


def _group(summary: dict, source: str, target: str, architectures=("conventional", "conventional")) -> dict:
    wanted = ("digits", *architectures, source, target)
    keys = ("dataset", "source_architecture", "target_architecture", "source_method", "target_method")
    [found] = [row for row in summary["transfers"] if tuple(row[key] for key in keys) == wanted]
    return found


def test_received_is_the_mean_over_other_methods_of_the_same_architecture_and_seed(tmp_path):
    rates = {(GAN, DAT): 0.2, (AS_GAN, DAT): 0.6, ("digits-resnet_sn-gan-0", DAT): 77.0, (DAT, DAT): 55.0}
    matrix, summary = _assembled(FakeMatrix(tmp_path, grid=GRID, rates=rates))
    assert matrix.loc[DAT, "transfer_received"] == pytest.approx(0.4)
    assert matrix.loc["digits-conventional-dat-1", "transfer_received"] == 0.5
    protocol = summary["protocols"]["digits"]["transfer_received"]
    assert protocol == {
        "attack": "pgd",
        "strength": 0.02,
        "sources": "other methods of the same architecture and seed",
    }


def test_the_summary_gives_means_over_seeds_for_each_pair_of_architectures(tmp_path):
    rates = {
        (f"digits-conventional-gan-{seed}", f"digits-resnet_sn-dat-{seed}"): rate
        for seed, rate in enumerate((0.1, 0.2, 0.3))
    }
    _, summary = _assembled(FakeMatrix(tmp_path, grid=GRID, rates=rates))
    across = _group(summary, "gan", "dat", ("conventional", "resnet_sn"))["rate"]
    assert (across["mean"], across["n"], across["missing"]) == (pytest.approx(0.2), 3, 0)
    assert across["low"] < 0.1
    assert across["high"] > 0.3
    assert _group(summary, "gan", "dat")["rate"]["mean"] == 0.5
    assert _group(summary, "gan", "gan")["control"]["mean"] == pytest.approx(0.1)
    assert len(summary["transfers"]) == 2**2 * 3**2


def test_the_table_has_all_pairs_of_a_seed(tmp_path):
    fake = FakeMatrix(tmp_path, grid=GRID)
    _assembled(fake)
    table = fake.table("transfers")
    assert len(table) == 3 * 6**2
    assert set(table["source"]) == set(table["target"])


def test_a_diverged_source_is_left_out_and_a_diverged_target_has_no_value(tmp_path):
    fake = FakeMatrix(tmp_path, grid=GRID, rates={(AS_GAN, DAT): 0.3}, diverged={GAN: 40})
    matrix, summary = _assembled(fake)
    assert matrix.loc[DAT, "transfer_received"] == pytest.approx(0.3)
    assert np.isnan(matrix.loc[GAN, "transfer_received"])
    assert (
        _group(summary, "gan", "dat")["rate"].items()
        >= {
            "n": 2,
            "missing": 1,
        }.items()
    )


def test_one_method_has_no_such_column(tmp_path):
    matrix, summary = _assembled(
        FakeMatrix(tmp_path, grid=GRID.replace("[gan, as_gan, dat]", "[gan]").replace("[0, 1, 2]", "[0]"))
    )
    assert "transfer_received" not in matrix
    assert _group(summary, "gan", "gan")["rate"]["mean"] == 1
    assert _group(summary, "gan", "gan")["rate"]["low"] is None


def _refused(fake: FakeMatrix) -> str:
    with pytest.raises(UserError) as error:
        fake.assemble()
    assert not fake.result("").exists()
    return str(error.value)


def test_a_missing_or_truncated_table_is_named_with_its_maker(tmp_path):
    fake = FakeMatrix(tmp_path, grid=GRID).write()
    path = fake.layout.folder("transfer", "digits", 1) / PAIRS
    path.write_bytes(path.read_bytes()[:-20])
    assert _refused(fake).startswith(f"{path} is damaged (")
    path.unlink()
    assert _refused(fake).startswith(f"{path} is missing; run `ganmatrix transfer digits`")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda table, header: (table.drop(columns="rate"), header), "it has no column rate"),
        (lambda table, header: (table, {}), "dataset: Field required"),
        (lambda table, header: (table, None), "is damaged"),
    ],
)
def test_a_table_of_another_shape_is_refused(tmp_path, change, problem):
    fake = FakeMatrix(tmp_path, grid=GRID).write()
    path = fake.layout.folder("transfer", "digits", 1) / PAIRS
    content = tables.pack(*change(*tables.unpack(path.read_bytes())))
    rewrite(fake.layout, "transfer", "digits", 1, PAIRS, content)
    assert problem in _refused(fake)
