"""What DVC's stages depend on as small files: code a stage, values a key."""

import hashlib
import json
from pathlib import Path

import pytest

from ganmatrix import plan
from ganmatrix.errors import UserError
from ganmatrix.params import load
from ganmatrix.stages import digest
from ganmatrix.stages.layout import Layout

PARAMS, DOCUMENT = load(Path(__file__).parents[2] / "params.yaml")


def test_code_is_a_line_a_source_file(tmp_path):
    (tmp_path / "src").symlink_to(plan.PACKAGE.parent)
    (path,) = digest.run("train", PARAMS, DOCUMENT, Layout(tmp_path))
    assert path == tmp_path / "digests" / "train.sha256"
    lines = dict(reversed(line.split("  ")) for line in path.read_text().splitlines())
    trainer = plan.PACKAGE / "training" / "trainer.py"
    assert lines["training/trainer.py"] == hashlib.sha256(trainer.read_bytes()).hexdigest()
    assert hashlib.sha256(path.read_bytes()).hexdigest().startswith(plan.code_digest("train"))


def test_code_that_lies_elsewhere_is_not_vouched_for(tmp_path):
    with pytest.raises(UserError, match=r"^the code that runs is .*: set PYTHONPATH to "):
        digest.run("train", PARAMS, DOCUMENT, Layout(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_a_value_is_written_as_it_stands(tmp_path):
    (path,) = digest.run("methods.as_gan", PARAMS, DOCUMENT, Layout(tmp_path))
    assert path == tmp_path / "digests" / "methods.as_gan.json"
    assert json.loads(path.read_text()) == DOCUMENT["methods"]["as_gan"]


def test_the_order_of_keys_does_not_count_and_values_do():
    one, other = {"probes": {"a": 1, "b": [2, 1]}}, {"probes": {"b": [2, 1], "a": 1}}
    assert plan.digest_of_key(one, "probes") == plan.digest_of_key(other, "probes")
    assert plan.digest_of_key(one, "probes") != plan.digest_of_key(
        {"probes": {"a": 1, "b": [1, 2]}}, "probes"
    )


def test_only_what_a_stage_depends_on_can_be_digested(tmp_path):
    with pytest.raises(UserError, match=r"^WHAT: methods\.as_gna is not .* did you mean methods\.as_gan\?$"):
        digest.run("methods.as_gna", PARAMS, DOCUMENT, Layout(tmp_path))
    assert list(tmp_path.iterdir()) == []
