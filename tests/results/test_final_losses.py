"""The mean of the logged losses over the last tenth of training."""

import pandas as pd
import pytest

from ganmatrix.results.artifacts import NetworkNames, ParameterCounts, Reproducible
from ganmatrix.results.final_losses import final_losses


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
    assert found["final_loss_discriminator"].value == pytest.approx(2.0)
    assert found["final_loss_generator"].value == pytest.approx(0.6)
    assert found["final_loss_generator"].protocol == {
        "averaged_over": "the last tenth of the generator steps"
    }


def test_no_row_of_the_last_tenth_is_no_number():
    found = final_losses(_history([500], [1.0], [1.0]), _run())
    assert found["final_loss_generator"].value is None
    assert found["final_loss_generator"].reason == "no loss was logged in the last tenth"


def test_a_diverged_run_has_none():
    history = _history([950, 960], [1.0, float("nan")], [1.0, 1.0])
    for entry in final_losses(history, _run(outcome="diverged", generator_steps=960)).values():
        assert (entry.value, entry.reason) == (None, "training diverged")
