"""All probes of one discriminator."""

import torch

from ganmatrix.entry import Entry, inapplicable, null_entries
from ganmatrix.params.probes import Probes
from ganmatrix.probes.catalogue import PROBES
from ganmatrix.probes.subject import Game, Probe, Subject
from ganmatrix.probes.views import view

ONE_D = "the method has one discriminator"


def probe(game: Game, params: Probes, stream: torch.Generator) -> dict[str, Entry]:
    """Every probe of the game's discriminator, by column.

    Each probe draws from the same state of `stream`, so that a new one changes no other's numbers.
    Where D answers with what is not finite, the entry is null and says so.
    """
    if game.discriminator.training or game.generator.training:
        raise ValueError("a network is in training mode; a probe would change it")
    if not game.fakes.isfinite().all():
        return null_probes("the generator's samples are not finite", several=bool(game.members))
    real_view, fake_view = (view(game.discriminator, side) for side in (game.reals, game.fakes))
    entries: dict[str, Entry] = {}
    for member in _applying(several=bool(game.members)):
        subject = Subject(real_view, fake_view, game, params, stream.clone_state())
        try:
            entries |= member.measure(subject)
        except FloatingPointError as error:
            entries |= null_entries(member.columns, str(error))
    return entries | _absent(several=bool(game.members))


def null_probes(reason: str, *, several: bool) -> dict[str, Entry]:
    """What a diverged cell of a method with one D, or several, answers to every probe."""
    columns = (name for member in _applying(several=several) for name in member.columns)
    return null_entries(columns, reason) | _absent(several=several)


def _applying(*, several: bool) -> list[Probe]:
    return [member for member in PROBES.values() if several or not member.several]


def _absent(*, several: bool) -> dict[str, Entry]:
    members = (member for member in PROBES.values() if member.several and not several)
    return inapplicable((name for member in members for name in member.columns), ONE_D)
