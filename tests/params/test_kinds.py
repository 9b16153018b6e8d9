"""Every kind of the params has its code, and the params know where without importing it."""

import subprocess
import sys

import pytest

from ganmatrix.evaluation import digits_cnn
from ganmatrix.params.architectures import Architecture
from ganmatrix.params.datasets import Dataset
from ganmatrix.params.evaluation import Extractor
from ganmatrix.params.kinds import Member, kinds
from ganmatrix.params.losses import LossByKind
from ganmatrix.params.methods import Method
from ganmatrix.params.techniques import Technique

UNIONS = {
    "method": Method,
    "loss": LossByKind,
    "technique": Technique,
    "dataset": Dataset,
    "extractor": Extractor,
}
SECTIONS: dict[str, type[Member]] = {
    **{f"{what} {kind}": section for what, union in UNIONS.items() for kind, section in kinds(union).items()},
    **{
        f"{kind} of {side}": section.model_fields[side].annotation
        for kind, section in kinds(Architecture).items()
        for side in ("points", "images")
    },
}


@pytest.mark.parametrize("name", SECTIONS)
def test_every_member_is_where_its_section_says(name: str) -> None:
    section = SECTIONS[name]
    found = section.load()
    assert f"{found.__module__}:{found.__qualname__}" == section.code
    assert section.module() == found.__module__


def test_no_two_members_share_their_code() -> None:
    """But for the two CIFARs, which differ in their facts."""
    code = [section.code for section in SECTIONS.values()]
    assert len(code) - len(set(code)) == 1
    assert SECTIONS["dataset cifar10"].code == SECTIONS["dataset cifar100"].code


def test_the_trained_extractor_goes_by_one_name() -> None:
    assert [kind for kind, section in kinds(Extractor).items() if section.digits_only] == [digits_cnn.NAME]


@pytest.mark.parametrize("kind", kinds(Technique))
def test_what_the_params_say_of_a_technique_is_what_its_code_does(kind: str) -> None:
    section = kinds(Technique)[kind]
    technique = section.load()(section(kind=kind))
    assert technique.second_order == section.second_order
    assert technique.replaces_adversary == section.replaces_adversary


def test_the_params_import_neither_torch_nor_a_member() -> None:
    code = "import sys, ganmatrix.params; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    members = {section.module() for section in SECTIONS.values()}
    assert {"torch", *members}.isdisjoint(done.stdout.split())
