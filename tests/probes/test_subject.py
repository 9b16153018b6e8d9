"""D with batch normalisation is probed as it was trained: each side normalised by its own samples."""

from dataclasses import replace

import torch
from torch import nn

from ganmatrix.params.probes import Probes
from ganmatrix.probes.catalogue import probe
from ganmatrix.probes.subject import view_of

FROM_FAKES = ("generator_gradient_variance", "gradient_growth", "closest_slope", "gradient_cosine")


def _network(*norm: nn.Module) -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(2, 4), *norm, nn.ReLU(), nn.Linear(4, 1), nn.Flatten(0))


def test_a_view_answers_as_training_mode_does_on_its_own_samples() -> None:
    discriminator = _network(nn.BatchNorm1d(4)).eval()
    samples = 3 + torch.randn(500, 2)
    expected = _network(nn.BatchNorm1d(4)).train()(samples)
    # Running variances are unbiased, those of a batch are not: 1/500 of a variance apart.
    torch.testing.assert_close(view_of(discriminator, samples)(samples), expected, rtol=5e-3, atol=5e-3)
    assert not torch.allclose(discriminator(samples), expected, rtol=5e-3, atol=5e-3)


def test_a_view_leaves_the_discriminator_alone_and_each_sample_to_itself() -> None:
    discriminator = _network(nn.BatchNorm1d(4)).eval()
    before = {name: value.clone() for name, value in discriminator.state_dict().items()}
    samples = torch.randn(50, 2)
    seen = view_of(discriminator, samples)
    assert all(torch.equal(value, before[name]) for name, value in discriminator.state_dict().items())
    torch.testing.assert_close(seen(samples)[:7], seen(samples[:7]))


def test_without_batch_statistics_the_view_is_the_discriminator() -> None:
    discriminator = _network().eval()
    assert view_of(discriminator, torch.randn(5, 2)) is discriminator


def test_what_g_receives_comes_from_the_view_of_fakes(play) -> None:
    """Ten times as wide, reals would make D ten times as flat."""
    params = Probes(samples=16, point_strengths=[0, 0.1], image_strengths=[0, 0.1], pgd_steps=2)
    discriminator, generator = _network(nn.BatchNorm1d(4)).eval(), nn.Linear(2, 2).eval()
    latents = torch.randn(16, 2)
    fakes = generator(latents).detach()
    found = []
    for reals in (10 * torch.randn(16, 2), torch.randn(16, 2)):
        game = replace(play(discriminator, reals, fakes), generator=generator, latents=latents)
        game = replace(game, train=torch.zeros(4, 2))
        entries = probe(game, params, torch.Generator())
        found.append({name: entries[name]["value"] for name in FROM_FAKES})
    assert found[0] == found[1]


def test_one_protocol_serves_every_architecture(play) -> None:
    params = Probes(samples=16, point_strengths=[0, 0.1], image_strengths=[0, 0.1], pgd_steps=2)
    reals, fakes = torch.randn(16, 2), torch.randn(16, 2)
    protocols = [
        {
            name: entry["protocol"]
            for name, entry in probe(
                play(_network(*norm).eval(), reals, fakes), params, torch.Generator()
            ).items()
        }
        for norm in ((), (nn.BatchNorm1d(4),))
    ]
    assert protocols[0] == protocols[1]
