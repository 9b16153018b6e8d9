"""`ganmatrix bundle`: what is in it, that it is the same each time, and what is refused."""

import hashlib
import json
import shutil
import zipfile
from pathlib import Path

import pytest

from ganmatrix.store import ro_crate
from helpers.bundles import unpacked
from helpers.refusal import names

CITATION = """\
title: A study
authors:
  - {given-names: Ada, family-names: Lovelace, orcid: "https://orcid.org/0000-0000-0000-0000"}
  - name: The group
license: CC-BY-4.0
"""


def _made(run, *argv: str) -> dict[str, bytes]:
    ended = run("bundle", *argv)
    assert ended.status == 0, ended.err
    return unpacked(Path(argv[argv.index("--out") + 1] if "--out" in argv else "results.zip"))


def test_it_holds_the_study_its_manifests_tables_and_pages(run, whole):
    files = _made(run)
    assert files["params.yaml"] == Path("params.yaml").read_bytes()
    wanted = [path for folder in ("results", "reports") for path in Path(folder).rglob("*") if path.is_file()]
    wanted += [Path("results.json"), *Path("data").glob("ring8.json"), *Path("cells").glob("ring8-*/*.json")]
    wanted += Path("cells").glob("ring8-*/*/*/*.json")
    for path in wanted:
        assert files[path.as_posix()] == path.read_bytes(), path
    assert {"torch", "numpy"} <= json.loads(files["environment.json"])["packages"].keys()
    assert not [name for name in files if name.endswith((".npy", ".png", ".safetensors"))]


def test_weights_are_there_on_request(run, whole):
    files = _made(run, "--with-weights")
    weights = {path.as_posix(): path.read_bytes() for path in Path("cells").glob("ring8-*/train/*/weights.*")}
    assert len(weights) == 4
    assert weights.items() <= files.items()


def test_the_same_results_give_the_same_bytes_and_verify(run, whole):
    _made(run)
    _made(run, "--out", "again.zip")
    assert Path("results.zip").read_bytes() == Path("again.zip").read_bytes()
    ended = run("verify", "results.zip")
    assert (ended.status, ended.err) == (0, "")
    assert hashlib.sha256(Path("results.zip").read_bytes()).hexdigest() in ended.out
    assert "with the code of this ganmatrix" in ended.out


def test_unpacked_it_is_a_folder_that_show_reads(run, whole, tmp_path):
    _made(run)
    with zipfile.ZipFile("results.zip") as archive:
        archive.extractall(tmp_path / "elsewhere")
    assert run("show", "--results", str(tmp_path / "elsewhere")).out == run("show").out


def test_a_scale_s_bundle_is_laid_out_like_any_other(run, whole):
    shutil.copy("params.yaml", "tiny.yaml")
    for name in ("data", "references", "cells", "transfers", "results"):
        shutil.copytree(name, f"scales/tiny/{name}")
    shutil.copy("results.json", "scales/tiny/results.json")
    shutil.copytree("reports", "scales/tiny/reports")
    files = _made(run, "--params", "tiny.yaml", "--out", "tiny.zip")
    assert files.keys() == _made(run).keys()
    assert run("verify", "tiny.zip").status == 0


def test_the_metadata_follow_ro_crate(run, whole):
    Path("CITATION.cff").write_text(CITATION)
    files = _made(run)
    content = json.loads(files[ro_crate.NAME])
    assert content["@context"][0] == "https://w3id.org/ro/crate/1.1/context"
    entities = {each["@id"]: each for each in content["@graph"]}
    assert len(entities) == len(content["@graph"])
    assert all("@type" in each for each in entities.values())
    descriptor, root = entities[ro_crate.NAME], entities["./"]
    assert (descriptor["@type"], descriptor["about"]) == ("CreativeWork", {"@id": "./"})
    assert descriptor["conformsTo"] == {"@id": "https://w3id.org/ro/crate/1.1"}
    assert root["@type"] == "Dataset"
    assert all(root[key] for key in ("name", "description", "datePublished", "license", "author"))
    assert {part["@id"] for part in root["hasPart"]} == files.keys() - {ro_crate.NAME}
    for name in files.keys() - {ro_crate.NAME, "bundle.json"}:
        entity = entities[name]
        assert entity["@type"] == "File"
        assert entity["sha256"] == hashlib.sha256(files[name]).hexdigest()
        assert entity["contentSize"] == str(len(files[name]))
        assert entity["encodingFormat"]
    people = [entities[each["@id"]] for each in root["author"]]
    assert [(each["@type"], each["name"]) for each in people] == [
        ("Person", "Ada Lovelace"),
        ("Organization", "The group"),
    ]
    assert entities[root["license"]["@id"]]["name"] == "CC-BY-4.0"
    refer = [value for each in entities.values() for value in each.values()]
    refer = [link for value in refer for link in (value if isinstance(value, list) else [value])]
    links = {link["@id"] for link in refer if isinstance(link, dict)}
    assert links - entities.keys() == {"https://w3id.org/ro/crate/1.1"}


def _stale() -> None:
    text = Path("params.yaml").read_text()
    Path("params.yaml").write_text(text.replace("width: 8, depth: 2", "width: 9, depth: 2"))


def _cut() -> None:
    path = Path("results/matrix.csv")
    path.write_bytes(path.read_bytes()[:-1])


def _others() -> None:
    Path("results.zip").write_text("mine")


@pytest.mark.parametrize(
    ("damage", "argv", "key", "mend"),
    [
        (lambda: Path("results.json").unlink(), (), "results.json", "run `ganmatrix assemble`"),
        (
            lambda: Path("reports/index.json").unlink(),
            (),
            "reports/index.json",
            "run `ganmatrix report index`",
        ),
        (_stale, (), "results.json", "run `ganmatrix train"),
        (_cut, (), "results/matrix.csv", "run `ganmatrix assemble`"),
        (_others, (), "results.zip", "--out"),
        (lambda: None, ("--out", "params.yaml"), "--out", ".zip"),
        (lambda: Path("a.zip").mkdir(), ("--out", "a.zip"), "a.zip", "--out"),
        (lambda: Path("CITATION.cff").write_text("a: ["), (), "CITATION.cff", "mend it"),
        (lambda: Path("CITATION.cff").write_bytes(b"\xff"), (), "CITATION.cff", "mend it"),
    ],
)
def test_what_is_not_current_or_in_the_way_is_one_line(damage, argv, key, mend, run, whole):
    damage()
    before = {path: path.read_bytes() for path in whole.rglob("*") if path.is_file()}
    ended = run("bundle", *argv)
    assert ended.status == 2
    names(ended.err.removesuffix("\n"), key=key, mend=mend)
    assert {path: path.read_bytes() for path in whole.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(
    "text", ["", "[]", "authors: 3", "authors: [1, {a: b}]", "license: [MIT]", "license: 'a b'"]
)
def test_a_citation_of_another_form_names_nobody(text, run, whole):
    Path("CITATION.cff").write_text(text)
    entities = {each["@id"]: each for each in json.loads(_made(run)[ro_crate.NAME])["@graph"]}
    assert not {"author", "license"} & entities["./"].keys()
