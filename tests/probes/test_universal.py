"""One perturbation for all: in closed form, on samples that it has not seen, with whole packs."""

import pytest
import torch
from torch import Tensor, nn

from ganmatrix.methods.pac_gan import Packed
from ganmatrix.probes.catalogue import probe
from ganmatrix.probes.fgsm import fast_gradient
from ganmatrix.probes.perturbation import LINF, Push, within_bounds
from ganmatrix.probes.universal import universal


@pytest.mark.parametrize("push", Push)
def test_on_a_linear_logit_it_is_fgsms_for_every_sample(linear, push: Push) -> None:
    points = torch.randn(10, 2)
    perturbation = universal(linear, points, 0.3, push, bounded=False)
    torch.testing.assert_close(perturbation, push * 0.3 * linear.weight.detach().sign())
    attacked = fast_gradient(linear, points, 0.3, push, LINF, bounded=False)
    torch.testing.assert_close(points + perturbation, attacked)


def test_it_moves_the_mean_logit_of_a_network_less_than_fgsm_and_more_than_nothing(
    convolutional, images
) -> None:
    found = universal(convolutional, images, 0.1, Push.UP, bounded=True)
    assert found.shape == images.shape[1:]
    assert found.abs().max() <= 0.1
    with torch.no_grad():
        before = convolutional(images).mean()
        moved = convolutional(within_bounds(images + found, True)).mean()
        each = convolutional(fast_gradient(convolutional, images, 0.1, Push.UP, LINF, bounded=True)).mean()
    assert before < moved < each


class Weighted(nn.Module):
    """D that weighs each sample of a batch of three in its own way."""

    def forward(self, x: Tensor) -> Tensor:
        return x.flatten(1).sum(dim=1) * torch.tensor([1.0, 1.0, -1.5])


def test_samples_beyond_their_bounds_have_no_say() -> None:
    """Once two white pixels are clipped, the third, which is to get darker, decides."""
    images = torch.tensor([1.0, 1.0, 0.0]).reshape(3, 1, 1, 1)
    found = universal(Weighted(), images, 0.5, Push.UP, bounded=True)
    assert found.item() == pytest.approx(0.4 * 0.5)
    assert universal(Weighted(), images, 0.5, Push.UP, bounded=False).item() == pytest.approx(0.5)


def test_it_is_tested_on_other_samples_than_it_was_found_on(linear, play, params, stream) -> None:
    """The second half lies where no perturbation of this strength can turn it."""
    reals = torch.cat([torch.zeros(10, 2), torch.tensor([[10.0, 0.0]] * 10)])
    entries = probe(play(linear, reals, -reals), params, stream)
    entry = entries["universal_accuracy"]
    assert entry["curve"]["value"] == [1, 1]
    assert entry["protocol"]["real_samples"] == entry["protocol"]["fake_samples"] == 10
    assert entry["protocol"]["found_on"] == "10 other samples of each side"
    assert entries["fgsm_accuracy"]["curve"]["value"] == [0.75, 0.5]


class Turned(nn.Module):
    """D(x, y) = x where y is positive, and -x where it is not."""

    def forward(self, x: Tensor) -> Tensor:
        return x[:, 0] * x[:, 1].sign()


def test_it_is_found_on_the_first_half(play, params, stream) -> None:
    """What fools the first half helps the second, whose slope is the opposite."""
    reals = torch.tensor([[0.05, 5.0]] * 10 + [[-0.05, -5.0]] * 10)
    game = play(Turned().eval(), reals, reals * torch.tensor([-1.0, 1.0]))
    entries = probe(game, params, stream)
    for side in ("", "_real", "_fake"):
        assert entries[f"universal{side}_accuracy"]["curve"]["value"] == [1, 1]
        assert entries[f"fgsm{side}_accuracy"]["curve"]["value"][0] == 1
    assert entries["fgsm_accuracy"]["curve"]["value"][1] == 0


def test_packs_stay_whole(play, params, stream) -> None:
    critic = nn.Sequential(nn.Linear(12, 1), nn.Flatten(0))
    discriminator = Packed(critic, 6).eval()
    samples = torch.randn(18, 2)
    entries = probe(play(discriminator, samples, samples + 1), params, stream)
    assert entries["universal_auroc"]["protocol"]["real_samples"] == 12
    single = probe(play(discriminator, samples[:6], samples[6:12]), params, stream)["universal_auroc"]
    assert single["reason"] == "all samples make one pack, which has no halves"
