"""The Dirac-GAN of Mescheder, Geiger & Nowozin (2018), played by the project's own methods.

Data are a point mass at 0, G(z) = theta, D(x) = psi x; players take plain gradient steps of length h.
One iteration of a method is then a map (theta, psi) -> (theta', psi') whose derivative says whether the
equilibrium (0, 0) attracts. The methods are those of `ganmatrix.methods.method.build`, unchanged.

The derivative is taken in forward mode. A method detaches what its player must hold constant (fakes in
D's step, a perturbation), and the reverse pass inside `descend` must see that; but the map depends on
these values all the same. Forward-mode tangents pass `no_grad`, and `Transparent` lets them pass
`detach()`; differentiating the map backwards would either lose them or spoil the inner gradient.
"""

import contextlib
import math
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import torch
import torch.autograd.forward_ad as forward
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from ganmatrix.methods.method import Method, build
from ganmatrix.methods.protocol import Logs, Objective, Update
from ganmatrix.params.kinds import adapter
from ganmatrix.params.methods import Method as MethodParams

with warnings.catch_warnings(), forward.dual_level():
    # The first dual number of a process loads rules through torch.jit, which torch itself deprecates.
    warnings.simplefilter("ignore", DeprecationWarning)
    forward.make_dual(torch.zeros(()), torch.zeros(()))


class Transparent(TorchFunctionMode):
    """Within it detach() keeps tangents, and draws are balanced over a batch of even size.

    A normal draw becomes +1, -1, +1, ... and a coin 1, 0, 1, ...: mean and variance of a batch are exactly
    those of the distribution, which is all that a linearised map depends on.
    """

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if func is torch.Tensor.detach:
            return cut(*args)
        if func is torch.randn:
            return signs(torch.Size(args[0]))
        if func is torch.randint:
            low, high, shape = args
            assert (low, high) == (0, 2)
            return (signs(torch.Size(shape)).long() + 1) // 2
        return func(*args, **kwargs)


def signs(shape: torch.Size) -> Tensor:
    """+1, -1, ... along the first dimension."""
    assert shape[0] % 2 == 0, "only an even batch can be balanced"
    alternating = 1.0 - 2.0 * (torch.arange(shape[0]) % 2)
    return alternating.view(-1, *[1] * (len(shape) - 1)).expand(shape).clone()


def cut(value: Tensor) -> Tensor:
    """The value without its graph, but with its tangent."""
    primal, tangent = forward.unpack_dual(value)
    return value.detach() if tangent is None else forward.make_dual(primal.detach(), tangent.detach())


class OneWeight(nn.Module):
    """A network of one weight, a plain tensor that may carry a tangent."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.zeros((), dtype=torch.float64)

    def parameters(self, recurse: bool = True) -> Iterator[Any]:
        yield self.weight


class PointGenerator(OneWeight):
    """G(z) = theta + z; every latent is 0."""

    def forward(self, latents: Tensor) -> Tensor:
        return self.weight + latents


class LinearDiscriminator(OneWeight):
    """D(x) = psi x."""

    def forward(self, batch: Tensor) -> Tensor:
        return self.weight * batch[:, 0]


class PlainPlayer:
    """A player of the methods' protocol whose step is w - h dL/dw."""

    def __init__(self, network: OneWeight, step: float) -> None:
        self.network, self.step = network, step

    def set(self, weight: Tensor) -> None:
        """Put a weight in place."""
        self.network.weight = cut(weight).requires_grad_()

    def __call__(self, batch: Tensor) -> Tensor:
        return self.network(batch)

    def call(self, function: Callable[..., Any], *inputs: Tensor) -> Any:
        return function(*inputs)

    def pair(self, first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
        return self(first), self(second)

    def full_precision(self) -> AbstractContextManager[None]:
        return contextlib.nullcontext()

    def split(self, *batches: Tensor) -> Iterator[tuple[Tensor, ...]]:
        yield batches

    def descend(self, objective: Objective, *batches: Tensor) -> Logs:
        weight = self.network.weight
        leaves = [batch for batch in batches if batch.requires_grad]
        loss, logs = objective(*batches)
        slope, *rest = torch.autograd.grad(loss, [weight, *leaves])
        for leaf, gradient in zip(leaves, rest, strict=True):
            leaf.grad = gradient
        with torch.no_grad():
            self.set(weight - self.step * slope)
        return logs


@dataclass
class Game:
    """One method's play. `advance` is the map; D steps first, as in training.

    `simultaneous` lets G's step meet the D of before.
    """

    params: dict[str, Any]
    step: float = 0.1
    batch: int = 2
    simultaneous: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        self.method: Method[Any] = build(adapter(MethodParams).validate_python(self.params))
        self.generator = PlainPlayer(PointGenerator(), self.step)
        self.discriminator = PlainPlayer(LinearDiscriminator(), self.step)
        self.update = Update(
            real=torch.zeros(self.batch, 1, dtype=torch.float64),
            size=self.batch,
            generator=self.generator,
            discriminator=self.discriminator,
            draw_latents=lambda count: torch.zeros(count, 1, dtype=torch.float64),
            bounds=None,
            iteration=0,
            iteration_in_epoch=0,
            progress=0.0,
            noise=torch.Generator().manual_seed(self.seed),
        )

    def advance(self, theta: Tensor, psi: Tensor) -> tuple[Tensor, Tensor]:
        """(theta', psi') of (theta, psi) after one iteration."""
        self.generator.set(theta)
        self.discriminator.set(psi)
        self.method.update_discriminator(self.update)
        stepped = self.discriminator.network.weight
        if self.simultaneous:
            self.discriminator.set(psi)
        self.method.update_generator(self.update)
        return cut(self.generator.network.weight), cut(stepped)

    def value(self, theta: float, psi: float) -> Tensor:
        """The map at a point, with balanced draws."""
        with Transparent():
            return torch.stack(self.advance(*torch.tensor([theta, psi], dtype=torch.float64)))

    def jacobian(self, theta: float = 0.0, psi: float = 0.0) -> Tensor:
        """Its derivative (2, 2) at a point, with balanced draws."""
        point = torch.tensor([theta, psi], dtype=torch.float64)
        columns = []
        for direction in torch.eye(2, dtype=torch.float64):
            with forward.dual_level(), Transparent():
                ahead = self.advance(
                    *(forward.make_dual(*pair) for pair in zip(point, direction, strict=True))
                )
                tangents = [forward.unpack_dual(value).tangent for value in ahead]
            columns.append(torch.stack([torch.zeros_like(point[0]) if t is None else t for t in tangents]))
        return torch.stack(columns, dim=1)

    def radius(self, theta: float = 0.0, psi: float = 0.0) -> float:
        """The spectral radius of that derivative."""
        return float(torch.linalg.eigvals(self.jacobian(theta, psi)).abs().max())

    def follow(self, start: tuple[float, float], steps: int) -> Tensor:
        """(steps + 1, 2) states from a start, with draws as they come."""
        states = torch.empty(steps + 1, 2, dtype=torch.float64)
        states[0] = torch.tensor(start, dtype=torch.float64)
        for i in range(steps):
            states[i + 1] = torch.stack(self.advance(*states[i]))
        return states


def distance(states: Tensor) -> Tensor:
    """How far each state is from the equilibrium."""
    return states.norm(dim=-1)


@dataclass(frozen=True)
class Case:
    """A method whose map is smooth at the equilibrium, and what its linear part is by hand.

    theta' = theta + h b psi, and psi' = (1 - h late)((1 - h early) psi - h a theta): a and b are the slopes
    of D's loss on fakes and of minus G's loss at logit 0, `early` and `late` D's dampings.
    """

    name: str
    params: dict[str, Any]
    a: float
    b: float
    early: float = 0.0
    late: float = 0.0
    formula: str = "1 ± i h/2"
    published: str = ""

    def eigenvalues(self, step: float, simultaneous: bool) -> tuple[complex, complex]:
        """By trace and determinant; G's step meets psi or psi'."""
        kept = (1 - step * self.early) * (1 - step * self.late)
        turn = (1 - step * self.late) * step * step * self.a * self.b
        first, second = (1 + kept, kept + turn) if simultaneous else (1 + kept - turn, kept)
        root = complex(first * first / 4 - second) ** 0.5
        return first / 2 + root, first / 2 - root

    def radius(self, step: float, simultaneous: bool) -> float:
        """The spectral radius of the hand-made linear map."""
        return max(abs(value) for value in self.eigenvalues(step, simultaneous))

    def game(self, step: float, simultaneous: bool) -> Game:
        """The method itself."""
        return Game(self.params, step=step, simultaneous=simultaneous)


def gan(*techniques: dict[str, Any], **params: Any) -> dict[str, Any]:
    """Params of a plain GAN with techniques."""
    return {"kind": "gan", "techniques": list(techniques)} | params


def as_gan(epsilon: float, **params: Any) -> dict[str, Any]:
    """Params of AS-GAN without a warm-up."""
    return {"kind": "as_gan", "epsilon": epsilon, "warm_up": 0} | params


GAMMA, SIGMA, LAMBDA, EPSILON = 0.6, 1.2, 0.35, 0.5
R1, R2 = ({"kind": kind, "gamma": GAMMA} for kind in ("r1", "r2"))
NOISE = {"kind": "instance_noise", "std": SIGMA}
GP = {"kind": "wgan_gp", "weight": 0.25}
CLIP = {"kind": "weight_clipping", "bound": 0.5}
PULLED = "1 + h (-gamma/2 ± sqrt(gamma²/4 - 1/4))"


def zero_gp(at: str) -> dict[str, Any]:
    """Params of the zero-centred penalty at a place."""
    return {"kind": "zero_gp", "weight": LAMBDA, "at": at}


CASES = [
    Case("gan, saturating", gan(loss="saturating"), 0.5, 0.5, published="no"),
    Case("gan, non_saturating", gan(), 0.5, 0.5, published="no"),
    Case("gan, hinge", gan(loss="hinge"), 1, 1, formula="1 ± i h"),
    Case("gan, wasserstein", gan(loss="wasserstein"), 1, 1, formula="1 ± i h", published="no"),
    Case("gan, jensen_shannon", gan(loss="jensen_shannon"), 0.5, 0.5),
    Case("gan, relativistic", gan(loss="relativistic"), 0.5, 0.5),
    Case("gan, two D steps", gan(repeats=2), 1, 0.5, formula="1 ± i h/sqrt 2", published="no"),
    Case("r1", gan(R1), 0.5, 0.5, GAMMA, formula=PULLED, published="yes"),
    Case("r2", gan(R2), 0.5, 0.5, GAMMA, formula=PULLED, published="yes"),
    Case("r1 and r2", gan(R1, R2), 0.5, 0.5, 2 * GAMMA, formula="the same with 2 gamma", published="yes"),
    Case("r1, wasserstein", gan(R1, loss="wasserstein"), 1, 1, GAMMA, formula="the same, -1 for -1/4"),
    Case(
        "zero_gp at real",
        gan(zero_gp("real")),
        0.5,
        0.5,
        2 * LAMBDA,
        formula="r1's, gamma = 2 lambda",
        published="yes",
    ),
    Case(
        "zero_gp at fake",
        gan(zero_gp("fake")),
        0.5,
        0.5,
        2 * LAMBDA,
        formula="r1's, gamma = 2 lambda",
        published="yes",
    ),
    Case(
        "zero_gp at interpolates",
        gan(zero_gp("interpolates")),
        0.5,
        0.5,
        2 * LAMBDA,
        formula="r1's, gamma = 2 lambda",
    ),
    Case(
        "roth, start of training",
        gan({"kind": "roth", "gamma": GAMMA}),
        0.5,
        0.5,
        GAMMA / 2,
        formula="r1's, gamma/2",
    ),
    Case(
        "instance_noise",
        gan(NOISE),
        0.5,
        0.5,
        SIGMA**2 / 2,
        formula="r1's, gamma = sigma²/2",
        published="yes",
    ),
    Case(
        "instance_noise, wasserstein",
        gan(NOISE, loss="wasserstein"),
        1,
        1,
        formula="1 ± i h",
    ),
    Case(
        "wgan_lp",
        gan({"kind": "wgan_lp", "weight": 10.0}, loss="wasserstein"),
        1,
        1,
        formula="1 ± i h",
    ),
    Case(
        "fargan, no penalty",
        {"kind": "fargan"},
        0.25,
        0.5,
        formula="1 ± i h sqrt(1/8)",
    ),
    Case(
        "fargan, zero_gp at real",
        {"kind": "fargan", "techniques": [zero_gp("real")]},
        0.25,
        0.5,
        2 * LAMBDA,
        formula="r1's, gamma = 2 lambda, -1/8 for -1/4",
    ),
    Case("as_gan, epsilon 0", as_gan(0.0), 0.5, 0.5),
    Case(
        "as_gan, epsilon 0.5, random signs: mean",
        as_gan(EPSILON, direction="random"),
        0.5,
        0.5,
        late=EPSILON**2 / 4,
        formula="nearly r1's, gamma = epsilon²/4",
    ),
    Case("dat, random directions: mean", {"kind": "dat", "direction": "random"}, 1, 1, formula="1 ± i h"),
]


def dat_by_hand(
    theta: float, psi: float, kappa: float, step: float, simultaneous: bool
) -> tuple[float, float]:
    """DAT with the hinge near the equilibrium: psi' = psi - h theta + 2 h kappa |psi| sgn theta."""
    ahead = psi - step * theta + 2 * step * kappa * abs(psi) * math.copysign(1, theta)
    return theta + step * (psi if simultaneous else ahead), ahead


def dat_growth(kappa: float, step: float, simultaneous: bool, steps: int = 200_000) -> float:
    """Mean log growth per iteration of that map, which is homogeneous of degree 1."""
    theta, psi, total = 1.0, 0.3, 0.0
    for _ in range(steps):
        theta, psi = dat_by_hand(theta, psi, kappa, step, simultaneous)
        length = math.hypot(theta, psi)
        theta, psi, total = theta / length, psi / length, total + math.log(length)
    return total / steps
