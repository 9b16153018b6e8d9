"""How far our rules are from their authors' code, and with which option they agree.

python bench/fidelity.py    measure, and rewrite the table of docs/methods.md; four minutes on one core

Everything is measured at the start of training (ALP: after some steps), on digits of 32 pixels, networks of
width 32, batches of 64, five seeds. The authors' sequences of passes are written out with nothing but torch.
"""

import copy
import statistics
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ganmatrix.datasets import digits
from ganmatrix.methods.method import build
from ganmatrix.methods.protocol import Update
from ganmatrix.networks import as_gan_resnet, dcgan, sngan_resnet
from ganmatrix.networks.critic import Critic
from ganmatrix.networks.pair import Pair
from ganmatrix.networks.resnet import DownBlock
from ganmatrix.params.architectures import AsGanNetwork, DcganNetwork, SnganNetwork
from ganmatrix.params.datasets import DigitsParams
from ganmatrix.params.kinds import adapter
from ganmatrix.params.methods import Method
from ganmatrix.params.recipes import Adam, Recipe
from ganmatrix.training.ledger import Ledger
from ganmatrix.training.player import Player

PAGE = Path(__file__).parents[1] / "docs" / "methods.md"
BEGIN, END = "<!-- made by bench/fidelity.py -->", "<!-- end of the measured table -->"
BATCH, WIDTH, LATENT, SEEDS, RATE = 64, 32, 64, range(5), 2e-4
SIZES = {"latent": LATENT, "generator_width": WIDTH, "discriminator_width": WIDTH}
ADAM = Adam(kind="adam", generator_lr=RATE, discriminator_lr=RATE)
UNPENALISED = 20
"""Steps after which D is so steep that ALP has something to penalise."""
Row = tuple[str, str, str, str]


def pair(seed: int, **options: Any) -> Pair:
    """An untrained SNGAN-32 for grey images."""
    torch.manual_seed(seed)
    return sngan_resnet.build(SnganNetwork(**SIZES, **options), 1, 32)


def reals(seed: int) -> Tensor:
    """A batch of digits (BATCH, 1, 32, 32) in [-1, 1]."""
    images = torch.from_numpy(digits.prepare(DigitsParams(kind="digits", resolution=32, held_out=360)).train)
    chosen = torch.randperm(len(images), generator=torch.Generator().manual_seed(seed))[:BATCH]
    return images[chosen].float() / 127.5 - 1


def update(real: Tensor, players: Pair, separate: bool, bounds: bool = True, seed: int = 0) -> Update:
    """What a method is handed; the latents are the same in every call of one seed."""
    recipe = Recipe(
        batch_size=BATCH, generator_steps=1, optimizer=ADAM, ema_half_life=1.0, separate_passes=separate
    )
    generator, discriminator = (
        Player(name, network, torch.optim.Adam(network.parameters(), RATE, (0.5, 0.999)), recipe, Ledger())
        for name, network in (("g", players.generator), ("d", players.discriminator))
    )
    stream = torch.Generator().manual_seed(seed)
    return Update(
        real=real,
        size=BATCH,
        generator=generator,
        discriminator=discriminator,
        draw_latents=lambda count: torch.randn(count, LATENT, generator=stream),
        bounds=(-1.0, 1.0) if bounds else None,
        iteration=0,
        iteration_in_epoch=0,
        progress=0.0,
        noise=torch.Generator().manual_seed(seed),
    )


def method(**params: Any) -> Any:
    return build(adapter(Method).validate_python(params))


def spread(values: list[float], unit: str = "") -> str:
    """`512 (480 to 530)`: median and range."""
    middle, low, high = statistics.median(values), min(values), max(values)
    return f"{middle:.3g}{unit} ({low:.3g} to {high:.3g})"


def alp() -> Row:
    """The penalty after some unpenalised steps of a WGAN's D, its points clipped to [-1, 1] or not."""
    found: dict[bool, list[float]] = {True: [], False: []}
    for seed in SEEDS:
        for clipped in found:
            rule = method(kind="gan", loss="wasserstein", techniques=[{"kind": "alp"}])
            torch.manual_seed(seed)
            players = as_gan_resnet.build(AsGanNetwork(**SIZES), 1, 32)
            handed = update(reals(seed), players, False, clipped, seed)
            for _ in range(UNPENALISED):
                method(kind="gan", loss="wasserstein").update_discriminator(handed)
            logs = rule.update_discriminator(handed)
            found[clipped].append(float(logs["alp"]))
    ratios = [after / before for after, before in zip(found[True], found[False], strict=True)]
    what = f"ALP's penalty, after {UNPENALISED} D steps without it: clipped over unclipped"
    return (
        what,
        f"1; {spread(found[False])}",
        f"{spread(ratios)}; {spread(found[True])}",
        "matched, on images",
    )


def rectified() -> list[Row]:
    """What mimicry's in-place ReLUs change, with equal weights: logits, and the local maps.

    Theirs is our plain network whose blocks, from the second on, rectify their input where it lies.
    """
    apart: dict[bool, list[float]] = {False: [], True: []}
    negative: dict[bool, list[float]] = {False: [], True: []}
    for seed in SEEDS:
        theirs = pair(seed).critic().eval()
        blocks = [m for m in theirs.modules() if isinstance(m, DownBlock)]
        for block in blocks[1:]:
            block.register_forward_pre_hook(lambda _, inputs: (inputs[0].relu_(),))
        with torch.no_grad():
            expected = theirs(reals(seed))
            for option in apart:
                found = pair(seed, rectified_shortcuts=option).critic().eval().views(reals(seed))
                apart[option].append(100 * float((found.logits - expected).norm() / expected.norm()))
                negative[option].append(100 * float((found.local < 0).float().mean()))
    option = "`rectified_shortcuts: true`"
    logits, local = "SNGAN's logits against mimicry's in-place ReLUs", "InfoMax-GAN's local features below 0"
    return [
        (logits, spread(apart[False], "%"), spread(apart[True], "%"), option),
        (local, spread(negative[False], "%"), spread(negative[True], "%"), option),
    ]


def changes(network: nn.Module, step: Callable[[], object]) -> Tensor:
    """By how much the step moves the network's weights (P,)."""
    before = [w.detach().clone() for w in network.parameters()]
    step()
    moved = zip(network.parameters(), before, strict=True)
    return torch.cat([(w.detach() - b).flatten() for w, b in moved])


def as_gan_authors(critic: Critic, real: Tensor, fake: Tensor) -> None:
    """Both D steps of ADV_dcgan64.py, epsilon 1/255, on logits."""
    optimiser = torch.optim.Adam(critic.parameters(), RATE, (0.5, 0.999))
    real = real.clone().requires_grad_()
    F.softplus(-critic(real)).mean().backward()
    F.softplus(critic(fake)).mean().backward()
    optimiser.step()
    assert real.grad is not None
    adversarial = (real + real.grad.sign() / 255).detach()
    optimiser.zero_grad()
    F.softplus(-critic(adversarial)).mean().backward()
    optimiser.step()


def dat_authors(critic: Critic, real: Tensor, fake: Tensor) -> None:
    """The D step of gan.py's advtrain_step, hinge loss, t = 1; reals clipped before use, as ours."""
    optimiser = torch.optim.Adam(critic.parameters(), RATE, (0.5, 0.999))
    real_value, fake_value = critic(real).mean().detach(), critic(fake).mean().detach()
    x, y = real.clone().requires_grad_(), fake.clone().requires_grad_()
    (fake_gradient,) = torch.autograd.grad((critic(y).mean() - real_value).abs(), y)
    (real_gradient,) = torch.autograd.grad((critic(x).mean() - fake_value).abs(), x)
    y, x = ((s - g.clamp(-1, 1)).clamp(-1, 1).detach() for s, g in ((y, fake_gradient), (x, real_gradient)))
    fake_logits, real_logits = critic(y), critic(x)
    (F.relu(1 - real_logits).mean() + F.relu(1 + fake_logits).mean()).backward()
    optimiser.step()


AUTHORS = {"as_gan": as_gan_authors, "dat": dat_authors}
OURS = {
    "as_gan": ({"kind": "as_gan", "epsilon": "1/255", "warm_up": 0}, {}),
    "dat": ({"kind": "dat"}, {"passes": "published"}),
}


def passes(kind: str) -> Row:
    """First-step weight changes of D with spectral norm, against the authors' sequence of passes."""
    params, published = OURS[kind]
    apart: dict[bool, list[float]] = {False: [], True: []}
    counts = {}
    for seed in SEEDS:
        start = pair(seed)
        real = reals(seed)
        with torch.no_grad():
            latents = torch.randn(BATCH, LATENT, generator=torch.Generator().manual_seed(seed))
            fake = copy.deepcopy(start.generator)(latents)
        theirs = copy.deepcopy(start).critic()
        expected = changes(theirs, lambda c=theirs, r=real, f=fake: AUTHORS[kind](c, r, f))
        for separate in apart:
            ours = copy.deepcopy(start)
            rule = method(**params, **(published if separate else {}))
            seen = counting(ours.discriminator)
            handed = update(real, ours, separate, seed=seed)
            found = changes(
                ours.discriminator, lambda rule=rule, handed=handed: rule.update_discriminator(handed)
            )
            counts[separate] = len(seen) + 1
            apart[separate].append(100 * float((found - expected).norm() / expected.norm()))
    option = "`passes: published`" if published else "`separate_passes: true`"
    return (
        f"`{kind}`: D's passes an iteration, and D's first change against the authors'",
        f"{counts[False]}; {spread(apart[False], '%')}",
        f"{counts[True]}; {spread(apart[True], '%')}",
        option,
    )


def batch_statistics() -> Row:
    """DAT on a DCGAN's D: running means after its passes, against the authors' six."""
    apart: dict[str, list[float]] = {"fewest": [], "published": []}
    counts = {}
    for seed in SEEDS:
        torch.manual_seed(seed)
        start = dcgan.build(DcganNetwork(**SIZES), 1, 32)
        theirs = copy.deepcopy(start)
        real = reals(seed)
        latents = torch.randn(BATCH, LATENT, generator=torch.Generator().manual_seed(seed))
        with torch.no_grad():
            fake = copy.deepcopy(start.generator)(latents)
        dat_authors(theirs.critic(), real, fake)
        expected = _running(theirs.discriminator)
        for each, found in apart.items():
            ours = copy.deepcopy(start)
            seen = counting(ours.discriminator)
            method(kind="dat", passes=each).update_discriminator(update(real, ours, True, seed=seed))
            counts[each] = len(seen)
            found.append(100 * float((_running(ours.discriminator) - expected).norm() / expected.norm()))
    return (
        "`dat`: running means of D's batch normalisation against the authors'",
        f"{counts['fewest']} passes; {spread(apart['fewest'], '%')}",
        f"{counts['published']} passes; {spread(apart['published'], '%')}",
        "`passes: published`",
    )


def counting(network: nn.Module) -> list[int]:
    """A list that grows by one with each forward pass of the network."""
    seen: list[int] = []
    network.register_forward_hook(lambda *_: seen.append(1))
    return seen


def _running(network: nn.Module) -> Tensor:
    return torch.cat([m.running_mean for m in network.modules() if isinstance(m, nn.BatchNorm2d)])


def table() -> str:
    """The Markdown table, before and after."""
    rows = [alp(), *rectified(), passes("as_gan"), passes("dat"), batch_statistics()]
    lines = ["| what | without the option | with it | the option |", "|---|---|---|---|"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def main() -> None:
    """Measure, then rewrite the page."""
    torch.set_num_threads(1)  # so that other work on the machine does not stall it
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    page = f"{before}{BEGIN}\n{table()}\n{END}{rest.split(END)[1]}"
    PAGE.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
