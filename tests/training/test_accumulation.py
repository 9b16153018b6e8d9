"""Gradients accumulated over micro-batches are those of the whole batch, where no layer looks across it."""

import pytest
import torch

from helpers.trainers import trainer

METHODS = [
    {"kind": "gan"},
    {"kind": "as_gan", "epsilon": 0.1, "warm_up": 0},
    {"kind": "dat"},
    {"kind": "dat", "reduction": "sum"},
    {"kind": "fargan"},
]


@pytest.mark.parametrize("method", METHODS, ids=lambda m: "-".join(map(str, m.values())))
@pytest.mark.parametrize("accumulate", [2, 4])
def test_discriminator_gradients_do_not_depend_on_the_split(
    method: dict[str, object], accumulate: int
) -> None:
    gradients = []
    for parts in (1, accumulate):
        made = trainer(method, accumulate=parts)
        # Spectral norm iterates once a pass; in eval mode it stands still and only the split differs.
        made.discriminator.network.eval()
        made.generator.network.eval()
        made.discriminator.optimiser.step = lambda: None  # type: ignore[method-assign, assignment]
        made.update_discriminator()
        gradients.append([w.grad.clone() for w in made.discriminator.weights if w.grad is not None])
    whole, split = gradients
    assert len(whole) == len(split) > 5
    for a, b in zip(whole, split, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-5 * float(a.abs().max()))


@pytest.mark.parametrize("parts", [3, 4], ids=["uneven", "even"])
def test_logs_are_means_over_the_whole_batch(parts: int) -> None:
    rows = []
    for accumulate in (1, parts):
        made = trainer(accumulate=accumulate)
        made.discriminator.network.eval()
        made.generator.network.eval()
        made.update_discriminator()
        made.ledger.read()
        rows.append(made.ledger.row())
    assert len(rows[0]) >= 4
    assert rows[1] == pytest.approx(rows[0], rel=1e-4, abs=1e-5)
