"""bfloat16 as a recipe value: networks compute in it, losses, penalties and weights do not."""

import pytest
import torch

from helpers.trainers import finish, trainer


def _first_row(precision, **method):
    made = trainer(method, precision=precision)
    made.update_discriminator()
    made.ledger.read()
    return made.ledger.row()


def test_networks_compute_in_the_recipes_precision_and_answer_in_float32():
    batch = torch.rand(8, 1, 16, 16, generator=torch.Generator().manual_seed(0)) * 2 - 1
    logits = {}
    for precision in ("float32", "bfloat16"):
        made = trainer(precision=precision)
        made.discriminator.network.eval()
        logits[precision] = made.discriminator(batch)
        assert logits[precision].dtype == torch.float32
        with made.discriminator.full_precision():
            logits[f"{precision} in full"] = made.discriminator(batch)
    assert torch.equal(logits["bfloat16 in full"], logits["float32"])
    assert torch.equal(logits["float32 in full"], logits["float32"])
    assert not torch.equal(logits["bfloat16"], logits["float32"])
    # bfloat16 keeps 8 bits of a number.
    torch.testing.assert_close(logits["bfloat16"], logits["float32"], rtol=0.05, atol=0.02)


def test_penalties_are_those_of_float32():
    penalty = {"kind": "zero_gp", "at": "real"}
    method = {"kind": "fargan", "fake_as_real_share": 0.0, "techniques": [penalty]}
    whole, half = (_first_row(precision, **method) for precision in ("float32", "bfloat16"))
    assert half["gradient_penalty"] == whole["gradient_penalty"] > 0
    assert half["score_real"] == whole["score_real"]
    # The fakes come from G, which computes in bfloat16.
    assert half["score_fake"] != whole["score_fake"]


@pytest.mark.parametrize("kind", ["gan", "as_gan", "dat", "fargan"])
def test_training_in_bfloat16_keeps_float32_weights_and_statistics(kind):
    method = {"kind": kind} | ({"epsilon": 0.1, "warm_up": 0} if kind == "as_gan" else {})
    made = finish(trainer(method, family="conventional", precision="bfloat16"))
    assert made.divergence is None
    for player in (made.generator, made.discriminator):
        floats = [v for v in player.network.state_dict().values() if v.is_floating_point()]
        assert {v.dtype for v in floats} == {torch.float32}
        moments = [state["exp_avg"] for state in player.optimiser.state.values()]
        assert {m.dtype for m in moments} == {torch.float32}
