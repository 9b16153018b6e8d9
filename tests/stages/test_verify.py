"""`ganmatrix verify`: every change to a bundle is found, and no bundle harms who checks it."""

import json
import math
import random
import shutil
import struct
import subprocess
import sys
import warnings
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from ganmatrix.errors import UserError
from ganmatrix.stages import verify
from ganmatrix.store import ro_crate, tables
from ganmatrix.store.bundles import LEDGER
from ganmatrix.store.files import as_json
from helpers.bundles import Files, a_bundle, edited, encoded, listed, packed, unpacked, vouched
from helpers.refusal import refused

CLAIMS, MATRIX, SUMMARY = "results/claims.parquet", "results/matrix.parquet", "results/summary.json"
METRICS = "cells/digits-conventional-gan/evaluate/0/metrics.json"


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return a_bundle(tmp_path_factory.mktemp("bundle"))


@pytest.fixture
def files(original: Path) -> Files:
    return unpacked(original)


def problems(files: Files, folder: Path) -> list[str]:
    return verify.run(packed(files, folder / "changed.zip")).problems


def test_an_unchanged_bundle_has_no_problems_and_says_what_was_checked(original):
    found = verify.run(original)
    assert found.problems == []
    said = "; ".join(found.said)
    assert "16 runs" in said
    assert "the 2 verdicts" in said


def test_files_that_are_put_together_again_are_still_a_bundle(files, tmp_path):
    assert problems(files, tmp_path) == []
    assert problems(listed(files), tmp_path) == []


KINDS = [
    *("params.yaml", "environment.json", "results.json", "data/digits.json", "references/digits/card.json"),
    *("cells/digits-conventional-gan/train.json", METRICS, "cells/digits-conventional-gan/train/0/run.json"),
    *("cells/digits-conventional-gan/probe/0/probes.json", "reports/index.html", "reports/index.json"),
    *("reports/templates/index.ipynb", CLAIMS, "results/matrix.csv", "results/claims.tex", SUMMARY),
    *("cells/digits-conventional-gan/train/0/weights.safetensors", "transfers/digits.json"),
    *(ro_crate.NAME, LEDGER),
]


@pytest.mark.parametrize("name", KINDS)
def test_a_flipped_bit_is_found(name, files, tmp_path):
    content = bytearray(files[name])
    content[len(content) // 2] ^= 4
    found = problems(files | {name: bytes(content)}, tmp_path)
    assert found
    assert any(name in line for line in found) or name in (LEDGER, ro_crate.NAME)


@pytest.mark.parametrize("name", [*KINDS[::4], LEDGER])
def test_a_missing_file_is_found(name, files, tmp_path):
    del files[name]
    if name == LEDGER:
        refused(lambda: problems(files, tmp_path), key=f"{tmp_path}/changed.zip", mend="the verb bundle")
    else:
        assert any(line.startswith(f"{name} is missing") for line in problems(files, tmp_path))


def test_two_files_in_each_other_s_place_are_found(files, tmp_path):
    other = METRICS.replace("evaluate/0", "evaluate/1")
    files[METRICS], files[other] = files[other], files[METRICS]
    assert [line.split()[0] for line in problems(files, tmp_path)] == [METRICS, other]


def test_one_more_file_is_found(files, tmp_path):
    [line] = problems(files | {"results/more.csv": b"a"}, tmp_path)
    assert line.startswith("results/more.csv is there")


def _replaced(name: str, old: str, new: str):
    def change(files: Files) -> Files:
        text = files[name].decode()
        assert old in text
        return files | {name: text.replace(old, new, 1).encode()}

    return change


def _without(*names: str):
    return lambda files: {name: content for name, content in files.items() if name not in names}


def _with(name: str):
    return lambda files: files | {name: b"{}\n"}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (_replaced("params.yaml", "smallest_effect: 1.0", "smallest_effect: 0.5"), "claims changed"),
        (_replaced("params.yaml", "seeds: 8", "seeds: 7"), "grid changed"),
        (_replaced("params.yaml", "seeds: 8", "seeds: 9"), "seed 8 is missing"),
        (_replaced("params.yaml", "methods: [gan, as_gan]", "methods: [gan]"), "of no stage of the grid"),
        (_replaced("params.yaml", "generator_steps:", "generator_step:"), "params.yaml"),
        (_replaced("params.yaml", "grid:", "grid: ["), "params.yaml"),
        (_replaced(METRICS, '"value": ', '"value": 1'), METRICS),
        (_replaced("cells/digits-conventional-gan/train/0/run.json", '"run": "d', '"run": "e'), "run.json"),
        (_replaced("reports/index.html", "page", "lie"), "reports/index.html"),
        (_replaced("results/claims.tex", "not", "now"), "results/claims.tex"),
        (_replaced("results.json", '"stage": "assemble"', '"stage": "report"'), "results.json belongs to"),
        (_replaced("results.json", '"code": "', '"code": "0'), None),
        (_replaced("data/digits.json", '"sha256": "', '"sha256": "0'), "data/digits/card.json"),
        (_without("results.json"), "results/"),
        (_without("reports/index.json", "reports/index.html"), "reports/templates/index.ipynb is no part"),
        (_without(METRICS), f"{METRICS} is missing"),
        (_without("environment.json"), "environment.json is missing"),
        (_without("params.yaml"), "params.yaml is missing"),
        (_with("run_me.sh"), "run_me.sh is no part of a bundle"),
        (_with("results/more.csv"), "results/more.csv is there"),
        (_with("cells/digits-conventional-gan/probe/9/probes.json"), "probe/9/probes.json is there"),
        (_with("cells/digits-conventional-x/train.json"), "no manifest"),
        (_with("plugins/mine.py"), "plugins/mine.py is no part of a bundle"),
    ],
)
def test_changes_that_every_list_was_adapted_to_are_found_by_manifests(change, expected, files, tmp_path):
    found = problems(listed(change(files)), tmp_path)
    if expected is None:  # Code is compared with this package, and a difference is said.
        assert found == []
        assert "other code" in "; ".join(verify.run(tmp_path / "changed.zip").said)
    else:
        assert any(expected in line for line in found), found
        assert all(str(tmp_path) not in line and "/tmp" not in line for line in found), found


def _claim(column: str, value: object, row: int = 0):
    def edit(table: pd.DataFrame) -> None:
        table.loc[row, column] = value

    return lambda files: (CLAIMS, edited(files, CLAIMS, edit))


def _score(column: str, value: float):
    def edit(table: pd.DataFrame) -> None:
        table.loc[table["run"] == "digits-conventional-gan-0", column] = value

    return lambda files: (MATRIX, edited(files, MATRIX, edit))


def _rows(name: str, edit):
    return lambda files: (name, tables.pack(edit(tables.unpack(files[name]).rows)))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (_claim("verdict", "reproduced", 1), "verdict of better_kid is 'reproduced'"),
        (_claim("verdict", "contradicted"), "verdict of better_fid is 'contradicted'"),
        (_claim("effect", 30.0), "effect of better_fid is 30.0"),
        (_claim("low", math.nan), "low of better_fid"),
        (_claim("p_holm", 0.001), "p_holm of better_fid"),
        (_claim("pairs", 80), "pairs of better_fid is 80"),
        (_claim("reason", "because"), "reason of better_fid is 'because'"),
        (_claim("quote", "It is the best."), "quote of better_fid"),
        (_claim("claim", "other"), "does not have the claims"),
        (
            _score("fid_efficientnet_lite0_ema", 1.0),
            "as fid_efficientnet_lite0_ema of digits-conventional-gan-0",
        ),
        (_score("fgsm_auroc", math.nan), "as fgsm_auroc of digits-conventional-gan-0"),
        (_rows(CLAIMS, lambda table: table.iloc[:1]), "does not have the claims"),
        (_rows(CLAIMS, lambda table: table.drop(columns="verdict")), "verdict of better_fid is None"),
        (_rows(MATRIX, lambda table: table.iloc[::-1]), "does not have the runs"),
        (_rows(MATRIX, lambda table: table.iloc[1:]), "does not have the runs"),
        (_rows(MATRIX, lambda table: pd.concat([table, table])), "ValueError"),
        (_rows(MATRIX, lambda table: table.drop(columns="run")), "KeyError"),
        (_rows(MATRIX, lambda table: table.assign(weights_sha256="0")), "names other weights"),
        (lambda files: (MATRIX, b"PAR1"), "Arrow"),
        (lambda files: (SUMMARY, b"[]"), "TypeError"),
        (lambda files: (SUMMARY, b"[" * 100_000), SUMMARY),
    ],
)
def test_results_that_manifests_vouch_for_are_recomputed(change, expected, files, tmp_path):
    found = problems(vouched(files, *change(files)), tmp_path)
    assert any(expected in line for line in found), found
    assert all("\n" not in line or expected in line for line in found)


def test_a_table_that_states_too_many_values_is_not_read(files, tmp_path, monkeypatch):
    monkeypatch.setattr(verify, "MOST_VALUES", 100)
    [line] = problems(files, tmp_path)
    assert line.startswith("results/matrix.parquet states ")


def test_plugins_are_not_run_and_verdicts_are_recomputed_all_the_same(files, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    evil = b"from pathlib import Path\nPath('harm').write_text('done')\n"
    Path("plugins").mkdir()
    Path("plugins/mine.py").write_bytes(evil)
    text = b"plugins: [plugins/mine.py]\n" + files["params.yaml"]
    mine = listed(files | {"params.yaml": text, "plugins/mine.py": evil})
    found = verify.run(packed(mine, tmp_path / "a.zip"))
    assert found.problems == []
    assert any("plugins, whose code is not run" in line for line in found.said)
    name, content = _claim("verdict", "reproduced", 1)(mine)
    [line] = problems(vouched(mine, name, content), tmp_path)
    assert "verdict of better_kid" in line
    assert not Path("harm").exists()


def _bytes_of(files: Files) -> bytearray:
    return bytearray(encoded(files))


def _patched(files: Files, offset: int, value: bytes) -> bytes:
    """With other bytes in the directory's entry of the second member."""
    data = _bytes_of(files)
    at = data.find(b"PK\1\2", data.find(b"PK\1\2") + 1) + offset
    data[at : at + len(value)] = value
    return bytes(data)


def _more(name: str, mode: int = 0):
    def change(files: Files, path: Path) -> None:
        path.write_bytes(encoded(files))
        member = zipfile.ZipInfo(name)
        member.external_attr = mode << 16
        with zipfile.ZipFile(path, "a") as archive, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            archive.writestr(member, b"x")

    return change


HOSTILE = {
    "a folder": lambda files, path: path.mkdir(),
    "nothing": lambda files, path: None,
    "a text": lambda files, path: path.write_text("a" * 1000),
    "empty": lambda files, path: path.write_bytes(b""),
    "cut in half": lambda files, path: path.write_bytes(encoded(files)[: len(encoded(files)) // 2]),
    "cut by a byte": lambda files, path: path.write_bytes(encoded(files)[:-1]),
    "another archive": lambda files, path: path.write_bytes(encoded({"a.txt": b"a"})),
    "no file": lambda files, path: path.write_bytes(encoded({})),
    "encrypted": lambda files, path: path.write_bytes(_patched(files, 8, b"\1")),
    "a bomb": lambda files, path: path.write_bytes(_patched(files, 24, struct.pack("<I", 3_900_000_000))),
    "absolute": _more("/etc/evil"),
    "outside": _more("../evil"),
    "outside by a folder": _more("results/../../evil"),
    "backslashes": _more("..\\evil"),
    "a drive": _more("C:/evil"),
    "a link": _more("results/link", 0o120777),
    "a device": _more("results/device", 0o020666),
    "twice": _more("params.yaml"),
    "a file as a folder": _more("params.yaml/evil"),
    "a folder in it": _more("results/"),
    "hidden": _more(".bashrc"),
    "a line end": _more("results/a\nb"),
    "a long name": _more("a" * 3000),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_archive_is_refused_in_one_line_and_writes_nothing(kind, files, tmp_path):
    path = tmp_path / "inner" / "hostile.zip"
    path.parent.mkdir()
    HOSTILE[kind](files, path)
    before = sorted(tmp_path.rglob("*"))
    refused(lambda: verify.run(path), key=str(path), mend="")
    assert sorted(tmp_path.rglob("*")) == before


def test_a_bundle_of_a_newer_version_says_so(files, tmp_path):
    ledger = json.loads(files[LEDGER]) | {"bundle": 2}
    refused(
        lambda: problems(files | {LEDGER: as_json(ledger).encode()}, tmp_path),
        key=LEDGER,
        mend="update ganmatrix",
    )
    assert [path.suffix for path in tmp_path.iterdir()] == [".zip"], "nothing is unpacked"


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"null", b"[]", b"{}", b'{"bundle": 1}', b'{"bundle": 1, "files": []}', b"[" * 100_000),
        *(b'{"bundle": 1, "files": {"a": 1}}', b'{"bundle": "1", "files": {}}', b"\xff"),
        *(b'{"bundle": ' + b"9" * 5000 + b"}", b'{"bundle": 1, "files": {"a": {"sha256": [], "size": {}}}}'),
    ],
)
@pytest.mark.parametrize("name", [LEDGER, ro_crate.NAME])
def test_lists_of_any_form_are_a_problem_and_no_traceback(name, content, files, tmp_path):
    found = _found(packed(files | {name: content}, tmp_path / "a.zip"))
    assert found
    assert all(name in line or line.endswith("lists it") or "does not list it" in line for line in found)


def test_whatever_byte_is_changed_the_files_are_the_same_or_it_is_found(files, tmp_path):
    """Of a zip archive, fields without a meaning here may change, such as the time of a member."""
    data, drawn, path = _bytes_of(files), random.Random(0), tmp_path / "a.zip"
    harmless = 0
    for _ in range(20):
        at, bit = drawn.randrange(len(data)), 1 << drawn.randrange(8)
        data[at] ^= bit
        path.write_bytes(data)
        data[at] ^= bit
        if not _found(path):
            harmless += 1
            assert unpacked(path) == files
    assert harmless < 8


def _found(path: Path) -> list[str]:
    """The problems, or the one line by which the archive is refused."""
    try:
        return verify.run(path).problems
    except UserError as error:
        return [str(error)]


def test_it_needs_no_torch(original):
    code = (
        "import sys; from pathlib import Path; from ganmatrix.stages import verify; "
        f"assert verify.run(Path({str(original)!r})).problems == []; assert 'torch' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_verb_lists_every_problem_with_status_2(run, original, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copy(original, "good.zip")
    assert run("verify", "good.zip").out.startswith("good.zip: nothing is wrong. ")
    changed = unpacked(original)
    changed |= {"params.yaml": b"", "results/table.tex": b""}
    packed(changed, Path("bad.zip"))
    ended = run("verify", "bad.zip")
    assert (ended.status, ended.out) == (2, "")
    lines = ended.err.splitlines()
    assert [line.split()[:3] for line in lines] == [
        ["error:", "bad.zip:", "params.yaml"],
        ["error:", "bad.zip:", "results/table.tex"],
    ]
