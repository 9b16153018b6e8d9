"""Edits of the grid, the datasets and the document: each is refused by its key, with what to do."""

import pytest

from ganmatrix.params import load
from helpers.refusal import refused

SECTIONS = (
    "study, grid, datasets, architectures, methods, recipes, evaluation, probes, imports, plugins, claims"
)
RING = "kind: ring, modes: 8, radius: 0.8"
ROLL = f"{RING}, std: 0.02"
DIGITS = "kind: digits, resolution: 16, held_out: 1700"

BAD = [
    ("seeds: [0, 1]", "seeds: [0, -1]", "grid.seeds[1]", "expected >= 0"),
    ("seeds: [0, 1]", "seeds: [0, 1.5]", "grid.seeds[1]", "expected a whole number"),
    ("seeds: [0, 1]", "seeds: [true]", "grid.seeds[0]", "expected a whole number"),
    ("seeds: [0, 1]", "seeds: ['0']", "grid.seeds[0]", "expected a whole number"),
    ("seeds: [0, 1]", "", "grid.seeds", "add it"),
    ("seeds: [0, 1]", "sead: [0]", "grid.sead", "did you mean seeds?"),
    (
        "seeds: [0, 1]",
        "seeds: [0]\n  repeats: 3",
        "grid.repeats",
        "expected datasets, architectures, methods, seeds, variants, lattice, trains_within",
    ),
    ("[ring8, digits]", "ring8", "grid.datasets", "expected a list"),
    ("[ring8, digits]", "[8]", "grid.datasets[0]", "expected text"),
    ("[ring8, digits]", "[null]", "grid.datasets[0]", "expected text"),
    ("[ring8, digits]", "[ring8, ring8]", "grid.datasets", "name it once"),
    ("[ring8, digits]", "[digist]", "grid.datasets", "did you mean digits?"),
    ("[ring8, digits]", "[zzz]", "grid.datasets", "choose from digits, photos, ring8"),
    ("[ring8, digits]", "[ring8, photos]", "recipes.photos", "needs a recipe"),
    (
        "[conventional, resnet_sn]",
        "[resnet-sn]",
        "grid.architectures[0]",
        "names match [a-z0-9_]+, such as resnet_sn",
    ),
    ("[gan, as_gan, dat, fargan]", "[gam]", "grid.methods", "did you mean gan?"),
    ("[gan, as_gan, dat, fargan]", "[gan, gan]", "grid.methods", "name it once"),
    ("kind: ring,", "kind: rign,", "datasets.ring8.kind", "did you mean ring?"),
    ("kind: ring, ", "", "datasets.ring8.kind", "choose from ring, grid"),
    ("kind: ring,", "kind: 3,", "datasets.ring8.kind", "choose from ring, grid"),
    ("kind: ring,", "kind: [ring],", "datasets.ring8.kind", "choose from ring, grid"),
    ("modes: 8", "modes: 1", "datasets.ring8.modes", "expected >= 2"),
    ("modes: 8", "modes: '8'", "datasets.ring8.modes", "expected a whole number"),
    ("modes: 8", "modez: 8", "datasets.ring8.modez", "did you mean modes?"),
    ("radius: 0.8", "radius: .inf", "datasets.ring8.radius", "expected a finite number"),
    ("radius: 0.8", "radius: .nan", "datasets.ring8.radius", "expected a finite number"),
    ("radius: 0.8", "radius: 1e400", "datasets.ring8.radius", "expected a finite number"),
    ("radius: 0.8", "radius: 0", "datasets.ring8.radius", "expected > 0"),
    ("radius: 0.8", "radius: yes", "datasets.ring8.radius", "expected a number"),
    ("radius: 0.8", "radius: 101", "datasets.ring8.radius", "expected <= 100"),
    ("std: 0.02", "std: 1e30", "datasets.ring8.std", "expected <= 100"),
    (RING, "kind: grid, side: 1, spacing: 0.5", "datasets.ring8.side", "expected >= 2"),
    (RING, "kind: grid, side: 31, spacing: 0.5", "datasets.ring8.side", "expected <= 30"),
    (RING, "kind: grid, side: 5, spacing: 0", "datasets.ring8.spacing", "expected > 0"),
    (RING, "kind: grid, side: 5, spacing: .inf", "datasets.ring8.spacing", "expected a finite number"),
    (RING, "kind: grid, side: 5", "datasets.ring8.spacing", "add it"),
    (RING, "kind: grid, modes: 25, spacing: 0.5", "datasets.ring8.modes", "only ring has it"),
    (RING, "kind: two_gaussians, distance: 0", "datasets.ring8.distance", "expected > 0"),
    (RING, "kind: two_gaussians, modes: 2, distance: 1", "datasets.ring8.modes", "only ring has it"),
    (ROLL, "kind: swiss_roll, noise: -1", "datasets.ring8.noise", "expected >= 0"),
    (ROLL, "kind: swiss_roll, noise: 2", "datasets.ring8.noise", "expected <= 1"),
    (ROLL, "kind: swiss_roll", "datasets.ring8.noise", "add it"),
    (ROLL, "kind: swiss_roll, noise: 0.1, modes: 2", "datasets.ring8.modes", "only ring has it"),
    (
        DIGITS,
        "kind: stacked_digits, resolution: 16, train: 200, held_out: 99",
        "datasets.digits.held_out",
        "expected >= 100",
    ),
    (
        DIGITS,
        "kind: stacked_digits, resolution: 16, train: 200001, held_out: 100",
        "datasets.digits.train",
        "expected <= 200000",
    ),
    (
        DIGITS,
        "kind: stacked_digits, resolution: 28, train: 200, held_out: 100",
        "datasets.digits.resolution",
        "choose from 16, 32",
    ),
    (
        DIGITS,
        "kind: stacked_digits, resolution: 16, train: 200, held_out: 100, held_out_scans: 901",
        "datasets.digits.held_out_scans",
        "expected <= 900",
    ),
    (DIGITS, "kind: faces, resolution: 25, held_out: 10", "datasets.digits.resolution", "choose from 16, 32"),
    (
        DIGITS,
        "kind: openmoji, resolution: 16, held_out_share: 0.1",
        "datasets.digits.resolution",
        "choose from 32, 64",
    ),
    (DIGITS, "kind: faces, resolution: 16, held_out: 91", "datasets.digits.held_out", "expected <= 90"),
    ("held_out_share: 0.5", "held_out_share: 0.4", "datasets.photos.held_out_share", "expected 0.5 to 0.5"),
    (
        "short_side: 64, stride: 16, held_out_share: 0.5",
        "short_side: 256, stride: 16, held_out_share: 0.9",
        "datasets.photos.held_out_share",
        "expected 0.125 to 0.875",
    ),
    ("  digits: {kind", f"  {'d' * 61}: {{kind", "datasets", "expected at most 60"),
    ("[ring8, digits]", f"[{'d' * 61}]", "grid.datasets[0]", "expected at most 60"),
    ("resolution: 16", "resolution: 64", "datasets.digits.resolution", "choose from 16, 32"),
    ("held_out: 1700", "held_out: 1701", "datasets.digits.held_out", "expected <= 1700"),
    ("stride: 16", "stride: 3", "datasets.photos.stride", "expected >= 4"),
    ("held_out_share: 0.5", "held_out_share: 1", "datasets.photos.held_out_share", "expected < 1"),
    ("  digits: {kind", "  8: {kind", "datasets", "put it in quotes"),
    ("  digits: {kind", "  Digits!: {kind", "datasets", "names match [a-z0-9_]+, such as digits_"),
    (
        "photos: {kind: photos, resolution: 32, short_side: 64, stride: 16, held_out_share: 0.5}",
        "photos:",
        "datasets.photos",
        "expected a mapping with a kind",
    ),
    (
        "  digits: {kind: digits",
        "  raw: {kind: two_gaussians, distance: 1, std: 1, train: 2, held_out: 2}\n  digits: {kind: digits",
        "datasets.raw",
        "choose another name",
    ),
    ("claims: {}", "study: []", "study", "expected a mapping"),
    ("claims: {}", "study: {titel: a}", "study.titel", "did you mean title?"),
    ("claims: {}", "study: {title: ''}", "study.title", "expected some words"),
    ("claims: {}", 'study: {title: "a\\nb"}', "study.title", "expected one line of plain text"),
    ("claims: {}", 'study: {question: "a\\u202Eb"}', "study.question", "expected one line of plain text"),
    ("claims: {}", f"study: {{title: {'x' * 101}}}", "study.title", "expected at most 100"),
    ("claims: {}", "cliams: {}", "cliams", "did you mean claims?"),
    ("claims: {}", "extra: 1", "extra", f"expected {SECTIONS}"),
    ("claims: {}", '"a\\nb": 1', "'a\\nb'", f"expected {SECTIONS}"),
]


@pytest.mark.parametrize(("old", "new", "key", "mend"), BAD)
def test_a_bad_grid_or_dataset(old, new, key, mend, project):
    path = project((old, new))
    assert refused(lambda: load(path), key=f"{path}: {key}", mend=mend)
