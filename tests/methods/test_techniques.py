"""The catalogue of techniques: each is tested, and they come in the order of the params."""

from pathlib import Path

from ganmatrix.methods.techniques.technique import build_all
from ganmatrix.params.kinds import kinds
from ganmatrix.params.methods import GanParams
from ganmatrix.params.techniques import Technique


def test_every_kind_of_the_catalogue_is_tested_beside_this_file():
    tests = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))
    assert [kind for kind in kinds(Technique) if f"def test_{kind}(" not in tests] == []


def test_techniques_come_in_the_order_of_the_params():
    names = ["wgan_gp", "r1", "vat"]
    section = GanParams.model_validate({"kind": "gan", "techniques": [{"kind": name} for name in names]})
    found = [type(each) for each in build_all(section.techniques)]
    assert found == [kinds(Technique)[name].load() for name in names]
