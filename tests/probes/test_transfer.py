"""Transfer of attacks in closed form between linear discriminators, and where there is nothing to say."""

import pytest
import torch
from torch import Tensor, nn

from ganmatrix.params.probes import Probes
from ganmatrix.probes.perturbation import LINF, Push
from ganmatrix.probes.pgd import pgd
from ganmatrix.probes.subject import view_of
from ganmatrix.probes.transfer import Attack, Contestant, Outcome, transfers

ATTACK = Attack(strength=0.1, steps=10, relative_step=0.25, bounded=False)
REALS = torch.tensor([[0.3, 0.1], [0.1, 0.1], [0.5, -0.2], [0.05, 0.0]])


def _linear(*weight: float, bias: float = 0.0) -> nn.Module:
    layer = nn.Linear(len(weight), 1)
    layer.weight.data, layer.bias.data = torch.tensor([weight]), torch.tensor([bias])
    return nn.Sequential(layer, nn.Flatten(0)).eval()


def _contestant(discriminator: nn.Module, seed: int = 0) -> Contestant:
    return Contestant(discriminator, torch.Generator().manual_seed(seed))


Found = dict[tuple[str, str], Outcome]


def _tried(reals: Tensor = REALS, attack: Attack = ATTACK, **players: nn.Module | str) -> Found:
    contestants = {
        name: player if isinstance(player, str) else _contestant(player) for name, player in players.items()
    }
    return {pair: found for each in transfers(contestants, reals, attack) for pair, found in each.items()}


def test_the_strength_is_the_middle_one_unless_the_params_name_another() -> None:
    curves = {"samples": 16, "point_strengths": [0.0, 0.1], "image_strengths": [0.0, 0.02, 0.04]}
    assert [Attack.of(Probes(**curves), bounded).strength for bounded in (False, True)] == [0.1, 0.02]
    chosen = Probes(**curves, transfer_point_strength=0.3, transfer_image_strength=0.5)
    assert [Attack.of(chosen, bounded).strength for bounded in (False, True)] == [0.3, 0.5]


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ((3.0, -4.0), (1.0, 2.0)),
        ((0.1, 0.2), (5.0, -1.0)),
        ((1.0, 1.0), (1.0, -1.0)),
        ((2.0, 1.0), (-1.0, -3.0)),
    ],
)
def test_between_linear_discriminators_in_closed_form(source, target) -> None:
    """rate = w_t.sign(w_s) / |w_t|_1: 0 for orthogonal signs, -1 for opposite ones."""
    found = _tried(a=_linear(*source), b=_linear(*target))
    w_s, w_t = torch.tensor(source), torch.tensor(target)
    assert found["a", "b"].rate == pytest.approx(float(w_t @ w_s.sign() / w_t.abs().sum()), abs=1e-5)
    assert found["b", "a"].rate == pytest.approx(float(w_s @ w_t.sign() / w_s.abs().sum()), abs=1e-5)
    assert found["a", "a"].rate == found["b", "b"].rate == 1


def test_the_scale_of_logits_is_no_matter(convolutional, images) -> None:
    loud = nn.Sequential(convolutional, _Times(100.0)).eval()
    found = _tried(images, Attack(0.1, 3, 0.5, bounded=True), quiet=convolutional, loud=loud)
    for pair in (("quiet", "loud"), ("loud", "quiet")):
        assert found[pair].rate == pytest.approx(1, abs=1e-4)
    assert found["quiet", "quiet"].control == pytest.approx(found["loud", "loud"].control, rel=1e-4)


class _Times(nn.Module):
    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, x: Tensor) -> Tensor:
        return self.factor * x


def test_the_control_is_the_drop_under_signs_by_chance() -> None:
    dimension, samples = 100, 400
    found = _tried(torch.zeros(samples, dimension), a=_linear(*[1.0] * dimension))["a", "a"]
    # The mean of samples * dimension signs, over dimension: a standard deviation of 1 / 200.
    assert found.control != 0
    assert abs(found.control) < 4 / (samples * dimension) ** 0.5


def test_flips_are_shares_of_the_reals_that_were_called_real() -> None:
    # Logits 0.3, 0.1, 0.5, 0.05 fall by 0.1; a logit of 0 is called fake. With bias -0.2 two are real.
    found = _tried(a=_linear(1.0, 0.0), b=_linear(1.0, 0.0, bias=-0.25), c=_linear(0.0, 1.0))
    assert found["a", "a"].flipped == pytest.approx(0.5)
    assert found["a", "b"].flipped == pytest.approx(0.5)
    assert found["c", "a"].flipped == 0


@pytest.mark.parametrize("bias", [0.0, 1.0, 1e6])
def test_a_discriminator_without_a_gradient_has_no_rate_but_makes_an_attack(bias: float) -> None:
    found = _tried(flat=_linear(0.0, 0.0, bias=bias), steep=_linear(3.0, -4.0))
    for source in ("flat", "steep"):
        outcome = found[source, "flat"]
        assert (outcome.rate, outcome.control) == (None, None)
        assert "its own attack does not lower its logits" in str(outcome.reason)
        assert outcome.flipped == (None if bias == 0 else 0)
    assert abs(found["flat", "steep"].rate) < 1


def test_a_discriminator_that_calls_nothing_real_has_a_rate_but_no_flips() -> None:
    found = _tried(a=_linear(1.0, 0.0, bias=-9.0))["a", "a"]
    assert (found.rate, found.flipped) == (1, None)
    assert found.reason == "target: it calls no real sample real"


def test_what_is_missing_or_not_finite_says_why() -> None:
    found = _tried(
        good=_linear(3.0, -4.0),
        lost="training diverged: non_finite_loss",
        steep=_linear(float("nan"), 1.0),
        endless=_linear(1.0, 1.0, bias=float("inf")),
    )
    gradient = "the discriminator's input gradient is not finite"
    logits = "the discriminator's logits are not finite"
    assert found["good", "good"].reason is None
    assert found["lost", "good"] == Outcome(reason="source: training diverged: non_finite_loss")
    assert found["good", "lost"] == Outcome(reason="target: training diverged: non_finite_loss")
    assert found["steep", "good"] == Outcome(reason=f"source: {gradient}")
    assert found["good", "steep"] == Outcome(reason=f"target: {gradient}")
    assert found["good", "endless"] == Outcome(reason=f"target: {logits}")
    # Its gradient is sound, and so is its attack.
    assert found["endless", "good"].rate == pytest.approx(-1 / 7, abs=1e-5)
    assert len(found) == 16


def test_a_target_that_only_another_s_attack_drives_out_of_the_numbers() -> None:
    class Cliff(nn.Module):
        """Finite where its own gradient leads, infinite to the other side."""

        def forward(self, x: Tensor) -> Tensor:
            return torch.where(x[:, 1] < -0.25, torch.inf, x[:, 0])

    found = _tried(cliff=Cliff().eval(), down=_linear(0.0, 1.0))
    assert found["down", "cliff"].reason == "target: the discriminator's logits are not finite"
    assert found["cliff", "cliff"].rate == 1


def test_batch_statistics_are_those_of_unperturbed_reals(convolutional, images) -> None:
    attack = Attack(0.2, 4, 0.5, bounded=True)
    before = {name: value.clone() for name, value in convolutional.state_dict().items()}
    found = _tried(images, attack, a=convolutional, b=_brightness())
    assert all(torch.equal(value, before[name]) for name, value in convolutional.state_dict().items())
    assert all(parameter.grad is None for parameter in convolutional.parameters())
    # By hand, in the view that D has of the reals as they are.
    seen = view_of(convolutional, images)
    own = pgd(seen, images, 0.2, Push.DOWN, LINF, 4, 0.5, True, torch.Generator().manual_seed(0))
    with torch.no_grad():
        clean, fallen, darker = (seen(x) for x in (images, own, (images - 0.2).clamp(-1, 1)))
    drop = (clean - fallen).mean()
    assert found["b", "a"].rate == pytest.approx(((clean - darker).mean() / drop).item(), rel=1e-4)
    called = clean > 0
    assert called.any()
    assert found["a", "a"].flipped == pytest.approx((fallen[called] <= 0).float().mean().item())


def _brightness() -> nn.Module:
    """D(x) is the sum of x: its attack darkens every pixel alike."""
    return nn.Sequential(nn.Flatten(), *_linear(*[1.0] * 256)).eval()


def test_a_pair_depends_on_no_third_and_the_streams_stay(convolutional, images) -> None:
    attack = Attack(0.2, 2, 0.5, bounded=True)
    two = _tried(images, attack, a=convolutional, b=_brightness())
    three = _tried(images, attack, c=_brightness(), b=_brightness(), a=convolutional)
    assert all(three[pair] == outcome for pair, outcome in two.items())
    contestant = _contestant(convolutional)
    state = contestant.stream.get_state()
    list(transfers({"a": contestant}, images, attack))
    assert torch.equal(contestant.stream.get_state(), state)
