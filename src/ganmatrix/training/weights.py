"""weights.safetensors: a trained run that describes itself.

It has the tensors `generator.*`, `generator_ema.*`, `discriminator.*` and, if the recipe names snapshots,
`generator_ema_step_<n>.*`. The header describes their networks, so no other file is needed to use them.
safetensors has only numbers: loading it executes nothing.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any, Literal

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor, nn

from ganmatrix.cell import Run
from ganmatrix.methods import method as methods
from ganmatrix.methods.method import Method
from ganmatrix.networks import pair as networks
from ganmatrix.networks.pair import Pair
from ganmatrix.params.architectures import Architecture
from ganmatrix.params.kinds import adapter
from ganmatrix.params.methods import Method as MethodParams
from ganmatrix.training.seeding import Stream, stream_seed

HEADER = "ganmatrix"


def snapshot_name(step: int) -> str:
    """The part of the file that holds the averaged generator at a step."""
    return f"generator_ema_step_{step}"


@dataclass(frozen=True)
class Header:
    """What the tensors are: the run, the family and the method, the data, and how training ended."""

    run: Run
    architecture: dict[str, Any]
    method: dict[str, Any]
    shape: tuple[int, ...]
    data_sha256: str
    generator_steps: int
    snapshots: tuple[int, ...]
    """The generator steps at which the recipe keeps the averaged generator."""
    diverged: str | None


@dataclass(frozen=True)
class Trained:
    """A run's networks, ready to be evaluated."""

    header: Header
    tensors: dict[str, Tensor]
    sha256: str
    """SHA-256 of the file."""

    def generator(self, checkpoint: Literal["init", "last", "ema"]) -> nn.Module:
        """G in eval mode: as initialised, after the last step, or the running average at that step."""
        generator = self._pair().generator
        if checkpoint != "init":
            prefix = "generator." if checkpoint == "last" else "generator_ema."
            generator.load_state_dict(_strip(self.tensors, prefix))
        return generator.eval()

    @property
    def snapshots(self) -> list[int]:
        """The generator steps at which the averaged generator was kept, ascending.

        These are the steps of the recipe, without those that a diverged training did not reach.
        """
        kept = {key.partition(".")[0] for key in self.tensors}
        return sorted(step for step in self.header.snapshots if snapshot_name(step) in kept)

    def averaged(self, step: int) -> nn.Module:
        """The averaged generator at one of the `snapshots`, or after the last step, in eval mode."""
        if step not in self.snapshots:
            return self.generator("ema")
        generator = self._pair().generator
        generator.load_state_dict(_strip(self.tensors, f"{snapshot_name(step)}."))
        return generator.eval()

    def discriminator(self) -> nn.Module:
        """D after the last step, in eval mode, as a function of data alone."""
        return self._method().critic(self._last()).eval()

    def members(self) -> tuple[nn.Module, ...]:
        """The members of a D with several members, as in `discriminator`; empty if D is a single network."""
        return tuple(member.eval() for member in self._method().members(self._last()))

    @property
    def latent(self) -> int:
        return self._pair().latent

    def _method(self) -> Method[Any]:
        return methods.build(adapter(MethodParams).validate_python(self.header.method))

    def _last(self) -> Pair:
        pair = self._pair()
        for name, network in (("generator.", pair.generator), ("discriminator.", pair.discriminator)):
            network.load_state_dict(_strip(self.tensors, name))
        return pair

    def _pair(self) -> Pair:
        architecture = adapter(Architecture).validate_python(self.header.architecture)
        return initialise(self.header.run, architecture, self._method(), self.header.shape)


def initialise(run: Run, architecture: Architecture, method: Method[Any], shape: tuple[int, ...]) -> Pair:
    """The run's networks before the first step, from its stream of initialisation."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(stream_seed(run, Stream.INITIALISATION))
        return method.networks(lambda each: networks.build(architecture, each), shape)


def pack(header: Header, parts: dict[str, nn.Module]) -> bytes:
    """The bytes of the file. The same parts give the same bytes."""
    tensors = {
        f"{name}.{key}": value.detach().cpu().contiguous()
        for name, network in parts.items()
        for key, value in network.state_dict().items()
    }
    fields = asdict(header)
    if not header.run.variant:
        del fields["run"]["variant"]
    # There is only one metadata entry, because safetensors does not fix the order of several.
    return save(tensors, {HEADER: json.dumps(fields, sort_keys=True)})


def unpack(data: bytes) -> Trained:
    """Read the bytes of the file. ValueError if they are damaged or no trained run."""
    try:
        size = int.from_bytes(data[:8], "little")
        text = json.loads(data[8 : 8 + size])["__metadata__"][HEADER]
        fields = json.loads(text)
        tuples = {name: tuple(fields[name]) for name in ("shape", "snapshots")}
        header = Header(**fields | tuples | {"run": Run(**fields["run"])})
        trained = Trained(header, load(data), hashlib.sha256(data).hexdigest())
        trained.generator("last")
        for step in (*trained.snapshots, header.generator_steps):
            trained.averaged(step)
        trained.discriminator()
    except (SafetensorError, KeyError, TypeError, ValueError, RuntimeError) as error:
        problem = str(error).strip().splitlines()
        raise ValueError(
            f"damaged or no ganmatrix weights: {problem[-1].strip() if problem else error}"
        ) from error
    return trained


def _strip(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)}
