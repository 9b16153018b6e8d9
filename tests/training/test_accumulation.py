"""Gradients accumulated over micro-batches are those of the whole batch, where no layer looks across it."""

import pytest
import torch
from trainers import trainer

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


def test_logs_are_means_over_the_whole_batch() -> None:
    one, four = trainer(accumulate=1), trainer(accumulate=4)
    for made in (one, four):
        made.discriminator.network.eval()
        made.generator.network.eval()
    logs = [made.update_discriminator() for made in (one, four)]
    assert logs[0].keys() == logs[1].keys()
    for name in logs[0]:
        torch.testing.assert_close(logs[0][name], logs[1][name], rtol=1e-4, atol=1e-5)


def test_a_batch_that_does_not_divide_is_weighted_by_its_parts() -> None:
    one, three = trainer(accumulate=1), trainer(accumulate=3)
    losses = []
    for made in (one, three):
        made.discriminator.network.eval()
        made.generator.network.eval()
        losses.append(made.update_discriminator()["loss_discriminator"])
    torch.testing.assert_close(losses[0], losses[1], rtol=1e-5, atol=1e-6)
