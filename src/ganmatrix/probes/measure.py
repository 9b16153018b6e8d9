"""All probes of one discriminator."""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from ganmatrix.params.probes import Probes
from ganmatrix.probes.catalogue import PROBES
from ganmatrix.probes.subject import Entry, Subject, null_entries
from ganmatrix.probes.views import view


def probe(
    discriminator: nn.Module,
    reals: Tensor,
    fakes: Tensor,
    strengths: Sequence[float],
    params: Probes,
    bounded: bool,
    generator: torch.Generator,
) -> dict[str, Entry]:
    """Every probe of a discriminator in eval mode at reals and fakes, float32 in data units.

    `strengths` ascend; `bounded` says that the data are images in [-1, 1]. Each probe draws from
    the same state of `generator`, so that a new one changes no other's numbers. Where D answers
    with what is not finite, the entry is null and says so.
    """
    if discriminator.training:
        raise ValueError("the discriminator is in training mode; a probe would change it")
    if any(later <= earlier for earlier, later in pairwise(strengths)):
        raise ValueError(f"strengths must ascend, got {list(strengths)}")
    if not fakes.isfinite().all():
        return null_probes("the generator's samples are not finite")
    real_view, fake_view = view(discriminator, reals), view(discriminator, fakes)
    entries: dict[str, Entry] = {}
    for member in PROBES.values():
        state = generator.clone_state()
        subject = Subject(
            real_view=real_view,
            fake_view=fake_view,
            reals=reals,
            fakes=fakes,
            strengths=tuple(strengths),
            params=params,
            bounded=bounded,
            generator=state,
        )
        try:
            entries |= member.measure(subject)
        except FloatingPointError as error:
            entries |= null_entries(member.columns, str(error))
    return entries


def null_probes(reason: str) -> dict[str, Entry]:
    """What a diverged cell answers to every probe."""
    return null_entries((name for member in PROBES.values() for name in member.columns), reason)
