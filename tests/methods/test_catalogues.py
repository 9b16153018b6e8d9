"""Every kind of the params has its code, and the catalogues know where without importing it."""

import subprocess
import sys
from pkgutil import resolve_name
from typing import get_args

import pytest

from ganmatrix.datasets.catalogue import HELD, STREAMED
from ganmatrix.evaluation import digits_cnn
from ganmatrix.evaluation.catalogue import PRETRAINED, TRAINED
from ganmatrix.methods.catalogue import METHODS
from ganmatrix.methods.losses.catalogue import LOSSES
from ganmatrix.methods.techniques.catalogue import TECHNIQUES
from ganmatrix.networks.catalogue import IMAGES, POINTS
from ganmatrix.params.architectures import Architecture
from ganmatrix.params.datasets import Dataset
from ganmatrix.params.evaluation import Extractor
from ganmatrix.params.losses import LossName
from ganmatrix.params.methods import Method
from ganmatrix.params.techniques import Technique

PLACES = ("methods", "methods.losses", "methods.techniques", "networks", "datasets", "evaluation")
NAMED = [METHODS, LOSSES, TECHNIQUES, POINTS, IMAGES, HELD, STREAMED, PRETRAINED]
MEMBERS = sorted({member for catalogue in NAMED for member in catalogue.values()})


def _sections(union):
    """The sections of a union by their kinds."""
    return {get_args(each.model_fields["kind"].annotation)[0]: each for each in get_args(get_args(union)[0])}


@pytest.mark.parametrize(
    ("named", "kinds"),
    [
        (METHODS, _sections(Method)),
        (LOSSES, get_args(LossName)),
        (TECHNIQUES, _sections(Technique)),
        (POINTS, _sections(Architecture)),
        (IMAGES, _sections(Architecture)),
        ([*HELD, *STREAMED], _sections(Dataset)),
        ([*PRETRAINED, TRAINED], _sections(Extractor)),
    ],
    ids=["methods", "losses", "techniques", "points", "images", "datasets", "extractors"],
)
def test_every_kind_of_the_params_has_its_code(named, kinds):
    assert sorted(named) == sorted(kinds)


@pytest.mark.parametrize("member", MEMBERS)
def test_every_member_is_where_its_catalogue_says(member):
    found = resolve_name(member)
    assert f"{found.__module__}:{found.__qualname__}" == member


def test_the_trained_extractor_goes_by_one_name():
    assert digits_cnn.NAME == TRAINED


@pytest.mark.parametrize("kind", TECHNIQUES)
def test_what_the_params_say_of_a_technique_is_what_its_code_does(kind):
    section = _sections(Technique)[kind]
    technique = resolve_name(TECHNIQUES[kind])(section(kind=kind))
    assert technique.second_order == section.second_order
    assert technique.replaces_adversary == section.replaces_adversary


@pytest.mark.parametrize("place", PLACES)
def test_a_catalogue_imports_neither_torch_nor_a_member(place):
    code = f"import sys, ganmatrix.{place}.catalogue; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert {"torch", *(member.partition(":")[0] for member in MEMBERS)}.isdisjoint(done.stdout.split())
