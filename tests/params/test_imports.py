"""The section `imports`, and a study that has no grid."""

import json

import pytest
from ruamel.yaml import YAML

from ganmatrix.cell import expand
from ganmatrix.params import load, schema
from ganmatrix.params.imported import Import
from ganmatrix.params.study import question_of, title_of
from ganmatrix.results.levels import too_few
from helpers.refusal import refused
from helpers.stated import lines

IMPORT = "imports:\n  theirs: {file: imports/theirs.csv, source: their paper}\n"
CLAIM = f"""claims:
  better:
{lines(4)}
    metric: fid_inception_ema
    method: wgan
    baseline: dcgan
    direction: lower
    effect: relative
    smallest_effect: 0.1
"""


@pytest.fixture
def alone(tmp_path):
    """Writes a params file of this text; its path."""

    def write(text):
        path = tmp_path / "params.yaml"
        path.write_text(text)
        return path

    return write


def test_a_study_of_imports_needs_nothing_else(alone):
    params, _ = load(alone(IMPORT + CLAIM))
    assert expand(params) == []
    assert params.imports["theirs"] == Import(file="imports/theirs.csv", source="their paper")
    assert params.claims["better"].baseline == "dcgan"
    assert too_few(params) is None
    assert title_of(params.study, params.grid) == "Results from elsewhere"
    assert question_of(params.study, params.grid).endswith("?")


def test_imports_stand_beside_a_grid(project):
    params, _ = load(project(("claims: {}\n", IMPORT + CLAIM)))
    assert [*params.imports] == ["theirs"]
    assert len(expand(params)) > 0


BAD = {
    "no table": ("file: imports/theirs.csv", "file: theirs.xlsx", "imports.theirs.file", ".csv or .parquet"),
    "no source": (", source: their paper", "", "imports.theirs.source", "add it"),
    "no words": ("source: their paper", "source: '-'", "imports.theirs.source", "expected some words"),
    "digest": ("source:", "sha256: ABC, source:", "imports.theirs.sha256", "64 small hexadecimal digits"),
    "paired": ("source:", "paired: 1, source:", "imports.theirs.paired", "true or false"),
    "misspelt": ("source:", "licens: MIT, source:", "imports.theirs.licens", "did you mean licence?"),
    "name": ("theirs:", "their-paper:", "imports", "names match [a-z0-9_]+"),
    "none": (IMPORT, "imports: {}\n", "imports", "expected at least 1 entry"),
    "null": (IMPORT, "imports:\n", "imports", "expected a mapping"),
    "metric": ("metric: fid_inception_ema", "metric: fid", "claims.better.metric", "docs/measures.md"),
    "section": ("claims:", "studi: {}\nclaims:", "studi", "did you mean study?"),
}


@pytest.mark.parametrize(("old", "new", "key", "mend"), BAD.values(), ids=BAD)
def test_what_is_wrong_is_named_with_its_mend(old, new, key, mend, alone):
    path = alone((IMPORT + CLAIM).replace(old, new, 1))
    assert mend in refused(lambda: load(path), key=f"{path}: {key}", mend=mend)


@pytest.mark.parametrize("section", ["grid", "methods", "probes"])
def test_with_one_section_of_a_grid_the_others_are_missing(section, alone):
    path = alone(f"{IMPORT}{section}: {{}}\n")
    others = {"grid", "datasets", "architectures", "methods", "recipes", "evaluation", "probes"} - {section}
    line = refused(lambda: load(path), key=str(path), mend="")
    assert section in line or any(f"{other} is missing" in line for other in others)


@pytest.mark.parametrize(
    ("file", "watched"),
    [
        ("imports/a.csv", True),
        ("imports/deep/a.parquet", True),
        ("imports.csv", False),
        ("imports/../a.csv", False),
        ("/imports/a.csv", False),
        ("a.csv", False),
    ],
)
def test_only_files_below_the_folder_are_watched(file, watched):
    assert Import(file=file, source="a paper").is_watched is watched


def test_the_schema_takes_both_kinds_of_study(alone):
    import jsonschema

    validator = jsonschema.Draft202012Validator(json.loads(schema()))
    document = YAML(typ="safe", pure=True).load(IMPORT + CLAIM)
    validator.validate(document)
    del document["imports"]
    with pytest.raises(jsonschema.ValidationError):
        validator.validate(document)
