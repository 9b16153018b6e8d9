"""The Dirac-GAN: which of our methods converge locally, by hand and from their own code.

Conventions. D minimises real(D(x)) + fake(D(G(z))), G minimises gen(D(G(z))). With D(x) = psi x, reals at 0
and fakes at theta, D's gradient is fake'(psi theta) theta: zero curvature in psi at the equilibrium,
whatever the loss. To first order, with a = fake'(0), b = -gen'(0) and a damping c of D,

    psi' = psi - h (a theta + c psi),   theta' = theta + h b psi (simultaneous) or + h b psi' (alternating).

Trace and determinant are 2 - hc and 1 - hc + h^2 ab, or 2 - hc - h^2 ab and 1 - hc; the flow has the
eigenvalues -c/2 +- sqrt(c^2/4 - ab). a = b = 1/2 for the logistic losses (f'(0) of Mescheder et al. 2018),
1 for hinge and Wasserstein. R1 and R2, (gamma/2) psi^2 each: c = gamma. lambda psi^2: c = 2 lambda. Noise of
deviation sigma on both sides: c = (real'' + fake'')(0) sigma^2, which is sigma^2/2 for logistic losses
(-2 f''(0) sigma^2) and 0 for linear ones.
"""

import math

import pytest
import torch

from helpers.dirac import (
    CASES,
    CLIP,
    GP,
    NOISE,
    R1,
    R2,
    Game,
    as_gan,
    dat_by_hand,
    dat_growth,
    distance,
    gan,
    zero_gp,
)

STEPS = pytest.mark.parametrize("step", [0.1, 0.4])
BOTH = pytest.mark.parametrize("simultaneous", [False, True], ids=["alternating", "simultaneous"])
WGAN_GP = gan(GP, loss="wasserstein")


def ordered(values):
    return sorted((complex(value) for value in values), key=lambda value: (value.imag, value.real))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
@BOTH
@STEPS
def test_eigenvalues_are_the_closed_form_ones(case, simultaneous, step):
    found = ordered(torch.linalg.eigvals(case.game(step, simultaneous).jacobian()))
    expected = ordered(case.eigenvalues(step, simultaneous))
    assert found == pytest.approx(expected, abs=1e-9, rel=0)


@pytest.mark.parametrize(
    ("loss", "slope"), [("non_saturating", 0.5), ("saturating", 0.5), ("wasserstein", 1.0), ("hinge", 1.0)]
)
@STEPS
def test_without_a_regulariser_play_circles_or_spirals_out(loss, slope, step):
    together, in_turn = Game(gan(loss=loss), step=step, simultaneous=True), Game(gan(loss=loss), step=step)
    assert together.radius() == pytest.approx(math.sqrt(1 + (step * slope) ** 2), abs=1e-12)
    assert in_turn.radius() == pytest.approx(1, abs=1e-12)
    assert Game(gan(loss=loss), step=2.1 / slope).radius() > 1.5


@pytest.mark.parametrize(
    "techniques",
    [(R1,), (R2,), (R1, R2), (zero_gp("real"),), (NOISE,)],
    ids=["r1", "r2", "both", "gp", "noise"],
)
@BOTH
def test_damping_of_the_discriminator_makes_the_equilibrium_attract(techniques, simultaneous):
    assert Game(gan(*techniques), step=0.1, simultaneous=simultaneous).radius() < 0.98


def test_simultaneous_steps_with_r1_may_be_as_long_as_gamma_over_ab():
    limit = R1["gamma"] / 0.25
    assert Game(gan(R1), step=0.99 * limit, simultaneous=True).radius() < 1
    assert Game(gan(R1), step=1.01 * limit, simultaneous=True).radius() > 1


@pytest.mark.parametrize(
    "params",
    [
        gan(),
        gan(R1, R2),
        gan(NOISE),
        WGAN_GP,
        {"kind": "fargan"},
        as_gan(0.5),
        as_gan(0.5, steps=3, update="joint"),
        {"kind": "dat"},
        {"kind": "dat", "reduction": "sum", "loss": "non_saturating"},
        {"kind": "dat", "direction": "random"},
    ],
    ids=lambda params: "-".join(str(value) for value in params.values())[:40],
)
def test_jacobians_are_the_difference_quotients_of_the_map(params):
    game, theta, psi, width = Game(params), 0.3, -0.2, 1e-5
    columns = [
        game.value(theta + width, psi) - game.value(theta - width, psi),
        game.value(theta, psi + width) - game.value(theta, psi - width),
    ]
    torch.testing.assert_close(
        game.jacobian(theta, psi), torch.stack(columns, 1) / (2 * width), rtol=0, atol=1e-9
    )


@BOTH
def test_r1_arrives_and_wgan_gp_does_not(simultaneous):
    start, count = (0.1, 0.1), 1200
    tamed = distance(Game(gan(R1), simultaneous=simultaneous).follow(start, count))
    assert tamed[-1] < 1e-12
    kept_away = distance(Game(WGAN_GP, simultaneous=simultaneous).follow(start, count))
    assert kept_away[300:].min() > 1


@pytest.mark.parametrize("side", [1, -1])
def test_wgan_gp_drives_its_critic_from_zero_on_either_side(side):
    after = Game(WGAN_GP, step=0.1).value(0.0, side * 1e-7)
    assert float(after[1]) == pytest.approx(side * 0.1 * 2 * 0.25, abs=1e-6)


def test_a_strong_wgan_gp_ends_at_theta_twice_its_weight():
    params = gan({"kind": "wgan_gp", "weight": 1.5}, loss="wasserstein")
    end = Game(params, step=0.05).follow((0.1, 0.1), 800)[-1]
    assert end.tolist() == pytest.approx([3.0, 0.0], abs=1e-4)


@BOTH
def test_weight_clipping_keeps_circling(simultaneous):
    states = Game(gan(CLIP, loss="wasserstein"), simultaneous=simultaneous).follow((1.0, 1.0), 1000)
    assert states[1:, 1].abs().max() == CLIP["bound"]
    late = distance(states)[400:]
    assert 0.48 < late.min() < late.max() < 0.6


def test_simultaneous_non_saturating_play_has_a_limit_cycle():
    """Its cubic damping -r^3/16 balances the growth h r/8 of plain steps at r = sqrt(2h)."""
    late = distance(Game(gan(), step=0.2, simultaneous=True).follow((0.7, 0.0), 700))[-100:]
    assert late.mean() == pytest.approx(math.sqrt(2 * 0.2), rel=0.02)


@BOTH
def test_as_gan_at_epsilon_zero_is_the_plain_gan(simultaneous):
    start = (0.7, -0.4)
    found = Game(as_gan(0.0), simultaneous=simultaneous).follow(start, 50)
    torch.testing.assert_close(found, Game(gan(), simultaneous=simultaneous).follow(start, 50))


@pytest.mark.parametrize(
    ("loss", "slope", "curvature"), [("non_saturating", 0.5, 0.25), ("wasserstein", 1, 0)]
)
@pytest.mark.parametrize("epsilon", [1 / 255, 0.1, 0.5])
@pytest.mark.parametrize("side", [1, -1])
def test_as_gan_is_dry_friction_on_the_critic(loss, slope, curvature, epsilon, side):
    """psi' = (1 - h r'' epsilon^2)(psi - h a theta) - h a epsilon sgn psi, as psi tends to 0 from a side."""
    step, near = 0.1, side * 1e-10
    game = Game(as_gan(epsilon, loss=loss), step=step, simultaneous=True)
    assert float(game.value(0.0, near)[1]) == pytest.approx(-side * step * slope * epsilon, abs=1e-9)
    kept = 1 - step * curvature * epsilon**2
    expected = [[1, step * slope], [-kept * step * slope, kept]]
    found = game.jacobian(0.0, near)
    torch.testing.assert_close(found, torch.tensor(expected, dtype=torch.float64), rtol=0, atol=1e-8)


def test_as_gan_ends_in_a_chatter_of_the_width_of_its_friction():
    epsilon, step = 0.5, 0.1
    late = Game(as_gan(epsilon), step=step).follow((0.5, 0.5), 1500)[-100:]
    width = step * 0.5 * epsilon
    assert late[:, 1].abs().max() <= width * (1 + late[:, 0].abs().max() / epsilon)
    assert distance(late).max() > 0.4 * width
    assert late[:, 0].abs().max() < 0.1 * epsilon


@pytest.mark.parametrize("theta", [0.4, -0.2])
def test_as_gan_holds_a_generator_that_is_within_epsilon(theta):
    """In the chatter psi averages -h a theta: theta creeps, by 1 - h^2 ab a step; for h -> 0 it stands."""
    step, count = 0.05, 600
    states = Game(as_gan(0.5, loss="wasserstein"), step=step).follow((theta, 0.0), count)
    crept = theta * (1 - step**2) ** count
    assert float(states[-50:, 0].mean()) == pytest.approx(crept, rel=0.15)
    assert abs(float(states[-1, 0])) > 0.2 * abs(theta)


@pytest.mark.parametrize(("start", "captured"), [(0.5, True), (2.0, False)])
def test_simultaneous_as_gan_captures_only_from_within_a_radius(start, captured):
    """Friction (2/pi) h a epsilon balances growth h^2 ab r/2 at r = (4/pi) epsilon / (h b), here 1.27."""
    params = as_gan(0.1, loss="wasserstein")
    states = distance(Game(params, step=0.1, simultaneous=True).follow((start, 0.0), 400))
    assert (float(states[-1]) < 0.11) == captured
    assert (float(states[-60:].max()) > start) != captured


@pytest.mark.parametrize(
    ("reduction", "batch", "kappa"),
    [("mean", 2, 1 / 2), ("mean", 8, 1 / 8), ("sum", 2, 1.0), ("sum", 8, 1.0)],
)
@BOTH
def test_dat_follows_its_map_by_hand(reduction, batch, kappa, simultaneous):
    params = {"kind": "dat", "reduction": reduction}
    found = Game(params, step=0.1, batch=batch, simultaneous=simultaneous).follow((0.01, -0.006), 100)
    expected = [(0.01, -0.006)]
    for _ in range(100):
        expected.append(dat_by_hand(*expected[-1], kappa, 0.1, simultaneous))
    torch.testing.assert_close(found, torch.tensor(expected, dtype=torch.float64), rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize(("theta", "psi"), [(1, 1), (1, -1), (-1, 1), (-1, -1)])
@pytest.mark.parametrize(("loss", "slope"), [("hinge", 1.0), ("non_saturating", 0.5)])
def test_dat_has_one_linear_map_where_theta_grows_and_another_where_it_falls(theta, psi, loss, slope):
    step, batch = 0.1, 4
    game = Game({"kind": "dat", "loss": loss}, step=step, batch=batch, simultaneous=True)
    kick = 2 * step * slope / batch * theta * psi
    expected = torch.tensor([[1, step * slope], [-step * slope, 1 + kick]], dtype=torch.float64)
    torch.testing.assert_close(game.jacobian(1e-9 * theta, 1e-9 * psi), expected, rtol=0, atol=1e-9)


def test_dat_as_published_contracts_for_batches_of_two_and_expands_for_larger_ones():
    """Growth an iteration of alternating play: about (ha)^2 kappa (1/pi - kappa), kappa = 1/N."""
    growth = {batch: dat_growth(1 / batch, 0.1, False, 40_000) for batch in (2, 8, 64)}
    assert growth[2] < -8e-4
    for batch in (8, 64):
        kappa = 1 / batch
        assert growth[batch] == pytest.approx(0.01 * kappa * (1 / math.pi - kappa), rel=0.25)
        assert growth[batch] > 0


@pytest.mark.parametrize(("simultaneous", "scale"), [(False, 1e-4), (True, 1e-4), (True, 1e-8)])
def test_summed_dat_attracts_after_an_excursion(simultaneous, scale):
    """Out along psi = theta, back along psi = -theta. Simultaneous play goes far from starts however near."""
    game = Game({"kind": "dat", "reduction": "sum"}, step=0.1, simultaneous=simultaneous)
    states = game.follow((scale, 2 * scale), 700)
    assert distance(states).max() > 0.5
    assert distance(states)[-1] < 1e-6
    assert float(states[-1, 1] / states[-1, 0]) == pytest.approx(-1, abs=0.35)


def randomly(theta, psi, kappa, step, batch, noise):
    """DAT's map with random directions and the hinge: each side's mean step is kappa |psi| mean sign."""
    real, fake = (torch.randn(batch, 1, generator=noise).sign().mean().item() for _ in range(2))
    ahead = psi - step * (theta + kappa * abs(psi) * (fake - real))
    return theta + step * ahead, ahead


def test_dat_with_random_directions_follows_its_map_by_hand():
    params = {"kind": "dat", "direction": "random", "reduction": "sum"}
    found = Game(params, step=0.1, batch=4, seed=6).follow((0.01, -0.006), 60)
    expected, noise = [(0.01, -0.006)], torch.Generator().manual_seed(6)
    for _ in range(60):
        expected.append(randomly(*expected[-1], 1.0, 0.1, 4, noise))
    torch.testing.assert_close(found, torch.tensor(expected, dtype=torch.float64), rtol=1e-6, atol=1e-9)


def test_dat_with_random_directions_contracts_by_chance_alone():
    """Noise on psi of variance 2 (h a kappa)^2 psi^2 / N takes an eighth of that off log r, on average."""
    theta, psi, total, noise, count = 1.0, 0.0, 0.0, torch.Generator().manual_seed(0), 30_000
    for _ in range(count):
        theta, psi = randomly(theta, psi, 1.0, 0.4, 2, noise)
        length = math.hypot(theta, psi)
        theta, psi, total = theta / length, psi / length, total + math.log(length)
    assert total / count == pytest.approx(-2 * 0.4**2 / 2 / 8, rel=0.4)
