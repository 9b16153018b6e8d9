"""Reading params.yaml: numbers as meant, defaults filled in, and a schema that editors can use."""

import json
from functools import cache
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter
from ruamel.yaml import YAML

from ganmatrix.cell import expand
from ganmatrix.errors import UserError
from ganmatrix.params import load, schema
from ganmatrix.params.base import Ratio

ROOT = Path(__file__).parents[2]
SHIPPED = [ROOT / "params.yaml", *sorted((ROOT / "pipeline" / "scales").glob("*.yaml"))]


def test_the_small_document(project):
    params, document = load(project())
    assert params.methods["as_gan"].epsilon == 1 / 255
    assert document["methods"]["as_gan"]["epsilon"] == "1/255"
    assert params.methods["as_gan"].warm_up_recurs is True
    assert params.recipes["digits"] == params.recipes["ring8"]
    assert params.recipes["ring8"].decay.kind == "constant"
    assert params.claims == {}


@pytest.mark.parametrize("text", ["1e-4", "1.0e-4", "0.0001", "1E-4"])
def test_exponents_without_a_point_are_numbers(text, project):
    params, _ = load(project(("generator_lr: 1e-3", f"generator_lr: {text}")))
    assert params.recipes["ring8"].optimizer.generator_lr == 0.0001


def test_words_that_older_yaml_takes_for_booleans_are_names(project):
    path = project(("ring8, digits", "on, digits"), ("  ring8: {", "  on: {"), ("  ring8: &", "  on: &"))
    params, _ = load(path)
    assert expand(params)[0].dataset == "on"


def test_anchors_are_copies_of_what_they_name(project):
    params, _ = load(project(("  digits: *short", "  digits: {<<: *short, batch_size: 8}")))
    assert (params.recipes["ring8"].batch_size, params.recipes["digits"].batch_size) == (16, 8)


def test_an_architecture_may_depart_from_the_recipe(project):
    optimizer = "{kind: rmsprop, generator_lr: 1, discriminator_lr: 1}"
    changes = f"{{batch_size: 8, decay: {{kind: linear}}, optimizer: {optimizer}}}"
    path = project(("    log_every: 5", f"    log_every: 5\n    by_architecture: {{resnet_sn: {changes}}}"))
    params, _ = load(path)
    plain, other = (params.recipe("ring8", name) for name in ("conventional", "resnet_sn"))
    assert plain == params.recipe("digits", "conventional")
    assert (other.batch_size, other.decay.kind, other.optimizer.kind) == (8, "linear", "rmsprop")
    same = {"batch_size", "decay", "optimizer"}
    assert plain.model_dump(exclude=same) == other.model_dump(exclude=same)
    assert "by_architecture" not in plain.model_dump()


def test_probes_see_whole_packs(project):
    pack, samples = ("kind: gan, loss: non_saturating", "kind: pac_gan, packing: 4"), "probes:\n  samples: "
    assert load(project(pack))[0].methods["gan"].group == 4
    with pytest.raises(
        UserError, match=r"probes.samples is 18; methods.gan needs a multiple of 4 \(its packs\)"
    ):
        load(project(pack, (samples + "16", samples + "18")))


def test_null_claims_are_none(project):
    assert load(project(("claims: {}", "claims:")))[0].claims == {}


@given(st.integers(-(10**6), 10**6), st.integers(1, 10**6))
def test_fractions_are_correctly_rounded(numerator, denominator):
    read = TypeAdapter(Ratio).validate_python(f"{numerator}/{denominator}")
    assert read == numerator / denominator


def test_params_are_immutable(project):
    params, _ = load(project())
    with pytest.raises(ValueError, match="frozen"):
        params.grid.seeds = [9]


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_params_are_sound_and_fit_the_schema(path):
    params, document = load(path)
    assert set(params.grid.datasets) <= document["datasets"].keys()
    written = YAML(typ="safe", pure=True).load(path.read_text())
    assert document == written
    assert not list(_validator().iter_errors(written))


def test_the_committed_schema_is_current():
    assert (ROOT / "docs" / "params.schema.json").read_text() == schema()


@pytest.mark.parametrize(
    ("key", "value"),
    [("gama", 1), ("warm_up", "many"), ("warm_up", -1), ("kind", "as_gun"), ("loss", "hings")],
)
def test_the_schema_refuses_what_the_program_refuses(key, value, project):
    document = YAML(typ="safe", pure=True).load(project().read_text())
    _validator().validate(document)
    document["methods"]["as_gan"][key] = value
    with pytest.raises(jsonschema.ValidationError):
        _validator().validate(document)


@cache
def _validator():
    """Of the schema, which is sound itself."""
    found = json.loads(schema())
    kind = jsonschema.validators.validator_for(found)
    kind.check_schema(found)
    return kind(found)
