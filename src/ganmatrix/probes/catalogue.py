"""All probes by name, in the order of probes.json, and a discriminator's answers to them."""

import torch

from ganmatrix.entry import Entry, inapplicable, null_entries
from ganmatrix.params.probes import Probes
from ganmatrix.probes import (
    clean,
    corruptions,
    ensemble,
    fgsm,
    generator_gradient,
    gradient_noise,
    gradient_profile,
    input_gradient,
    lipschitz,
    noise,
    overfitting,
    pgd,
    transforms,
    universal,
)
from ganmatrix.probes.subject import Game, Probe, Subject, view_of

PROBES: dict[str, Probe] = {
    "clean": clean.PROBE,
    "fgsm": fgsm.PROBE,
    "fgsm_l2": fgsm.PROBE_L2,
    "pgd": pgd.PROBE,
    "pgd_l2": pgd.PROBE_L2,
    "universal": universal.PROBE,
    "noise": noise.PROBE,
    "noise_l2": noise.PROBE_L2,
    "rotation": transforms.ROTATION,
    "translation": transforms.TRANSLATION,
    "scaling": transforms.SCALING,
    "corruptions": corruptions.PROBE,
    "input_gradient": input_gradient.PROBE,
    "lipschitz": lipschitz.PROBE,
    "gradient_profile": gradient_profile.PROBE,
    "gradient_noise": gradient_noise.PROBE,
    "generator_gradient": generator_gradient.PROBE,
    "overfitting": overfitting.PROBE,
    "ensemble": ensemble.PROBE,
}


def probe(game: Game, params: Probes, stream: torch.Generator) -> dict[str, Entry]:
    """Every probe of the game's discriminator, by column.

    Each probe draws from the same state of `stream`, so that a new one changes no other's numbers.
    Where D answers with what is not finite, the entry is null and says so.
    """
    if game.discriminator.training or game.generator.training:
        raise ValueError("a network is in training mode; a probe would change it")
    if not game.fakes.isfinite().all():
        reason = "the generator's samples are not finite"
        return null_probes(reason, bounded=game.bounded, several=bool(game.members))
    real_view, fake_view = (view_of(game.discriminator, side) for side in (game.reals, game.fakes))
    entries: dict[str, Entry] = {}
    for member in PROBES.values():
        if lacking := member.lacking(bounded=game.bounded, several=bool(game.members)):
            entries |= inapplicable(member.columns, lacking)
            continue
        subject = Subject(real_view, fake_view, game, params, stream.clone_state())
        try:
            entries |= member.measure(subject)
        except FloatingPointError as error:
            entries |= null_entries(member.columns, str(error))
    return entries


def null_probes(reason: str, *, bounded: bool, several: bool) -> dict[str, Entry]:
    """What a diverged run answers to every probe: on images if `bounded`, with `several` D or one."""
    entries: dict[str, Entry] = {}
    for member in PROBES.values():
        if lacking := member.lacking(bounded=bounded, several=several):
            entries |= inapplicable(member.columns, lacking)
        else:
            entries |= null_entries(member.columns, reason)
    return entries
