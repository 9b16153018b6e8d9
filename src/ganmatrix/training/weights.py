"""weights.safetensors: a trained cell that describes itself.

Tensors `generator.*`, `generator_ema.*`, `discriminator.*` and, where the recipe names snapshots,
`generator_ema_step_<n>.*`; the header says which networks they belong to, so that no other file is
needed to use them. safetensors holds nothing but numbers: loading it executes nothing.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any

import torch
from pydantic import TypeAdapter
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor, nn

from ganmatrix.cell import Cell
from ganmatrix.methods import catalogue as methods
from ganmatrix.methods.method import Method
from ganmatrix.networks import catalogue as networks
from ganmatrix.networks.pair import Pair
from ganmatrix.params.architectures import Architecture
from ganmatrix.params.base import Checkpoint
from ganmatrix.params.methods import Method as MethodParams
from ganmatrix.training.seeding import Stream, stream_seed

HEADER = "ganmatrix"


@dataclass(frozen=True)
class Header:
    """What the tensors are: whose, of which family and method, for which data, and how training ended."""

    cell: Cell
    architecture: dict[str, Any]
    method: dict[str, Any]
    shape: tuple[int, ...]
    data_sha256: str
    generator_steps: int
    diverged: str | None


@dataclass(frozen=True)
class Trained:
    """A cell's networks, ready to be evaluated."""

    header: Header
    tensors: dict[str, Tensor]
    sha256: str
    """Of the file."""

    def generator(self, checkpoint: Checkpoint) -> nn.Module:
        """G in eval mode: as initialised, after the last step, or its running average."""
        generator = self._pair().generator
        if checkpoint != "init":
            prefix = "generator." if checkpoint == "last" else "generator_ema."
            generator.load_state_dict(_strip(self.tensors, prefix))
        return generator.eval()

    def discriminator(self) -> nn.Module:
        """D after the last step, in eval mode, as a function of data alone."""
        return self._method().critic(self._last()).eval()

    def members(self) -> tuple[nn.Module, ...]:
        """The several D that the method's D consists of, as `discriminator`; none where it is one."""
        return tuple(member.eval() for member in self._method().members(self._last()))

    @property
    def latent(self) -> int:
        return self._pair().latent

    def _method(self) -> Method[Any]:
        params: MethodParams = TypeAdapter(MethodParams).validate_python(self.header.method)
        return methods.build(params)

    def _last(self) -> Pair:
        pair = self._pair()
        for name, network in (("generator.", pair.generator), ("discriminator.", pair.discriminator)):
            network.load_state_dict(_strip(self.tensors, name))
        return pair

    def _pair(self) -> Pair:
        architecture: Architecture = TypeAdapter(Architecture).validate_python(self.header.architecture)
        return initialise(self.header.cell, architecture, self._method(), self.header.shape)


def initialise(cell: Cell, architecture: Architecture, method: Method[Any], shape: tuple[int, ...]) -> Pair:
    """The cell's networks before the first step, from its stream of initialisation."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(stream_seed(cell, Stream.INITIALISATION))
        return method.networks(lambda each: networks.build(architecture, each), shape)


def pack(header: Header, parts: dict[str, nn.Module]) -> bytes:
    """The file's bytes; the same parts give the same bytes."""
    tensors = {
        f"{name}.{key}": value.detach().cpu().contiguous()
        for name, network in parts.items()
        for key, value in network.state_dict().items()
    }
    # One metadata entry only: safetensors does not fix the order of several.
    return save(tensors, {HEADER: json.dumps(asdict(header), sort_keys=True)})


def unpack(data: bytes) -> Trained:
    """Read the file's bytes. ValueError if they are damaged or no trained cell."""
    try:
        size = int.from_bytes(data[:8], "little")
        text = json.loads(data[8 : 8 + size])["__metadata__"][HEADER]
        fields = json.loads(text)
        header = Header(**fields | {"cell": Cell(**fields["cell"]), "shape": tuple(fields["shape"])})
        trained = Trained(header, load(data), hashlib.sha256(data).hexdigest())
        for checkpoint in ("last", "ema"):
            trained.generator(checkpoint)
        trained.discriminator()
    except (SafetensorError, KeyError, TypeError, ValueError, RuntimeError) as error:
        problem = str(error).strip().splitlines()
        raise ValueError(
            f"damaged or no ganmatrix weights: {problem[-1].strip() if problem else error}"
        ) from error
    return trained


def _strip(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)}
