"""Tables from elsewhere: what is read, and one line for each kind of thing that is wrong with one."""

import io

import pandas as pd
import pytest

from ganmatrix.params.imported import Import
from ganmatrix.results import import_table
from ganmatrix.results.import_table import Read, read
from helpers.refusal import names

HEADER = "dataset,architecture,method,seed,column,value,protocol"
ROW = "cifar10,resnet,wgan,3,fid_inception_ema,21.5,"
GOOD = f"{HEADER}\n{ROW}\n"


def _read(text: str | bytes, file: str = "imports/a.csv", **more: object) -> Read:
    data = text.encode() if isinstance(text, str) else text
    return read("theirs", Import(file=file, source="a paper", **more), data)


def _parquet(**columns: object) -> bytes:
    table = pd.DataFrame(
        {
            "dataset": ["cifar10"],
            "architecture": ["resnet"],
            "method": ["wgan"],
            "seed": [3],
            "column": ["fid_inception_ema"],
            "value": [21.5],
        }
        | columns
    )
    buffer = io.BytesIO()
    table.drop(columns=[name for name in table if table[name].astype(str).eq("drop").all()]).to_parquet(
        buffer
    )
    return buffer.getvalue()


FORMS = {
    "plain": GOOD,
    "byte order mark": "\ufeff" + GOOD,
    "Windows line ends": GOOD.replace("\n", "\r\n"),
    "no last line end": GOOD.rstrip(),
    "blank lines": f"\n{HEADER}\n\n{ROW}\n,,,,,,\n",
    "spaces around": GOOD.replace(",", " , "),
    "another order": "value,seed,method,column,dataset,architecture\n"
    "21.5,3,wgan,fid_inception_ema,cifar10,resnet",
    "quotes": GOOD.replace("wgan", '"wgan"'),
    "exponent": GOOD.replace("21.5", "2.15e+1"),
}


@pytest.mark.parametrize("text", FORMS.values(), ids=FORMS)
def test_forms_of_csv(text):
    found = _read(text)
    assert found.problems == []
    [row] = found.rows
    assert row[1:7] == ("cifar10", "resnet", "wgan", 3, "fid_inception_ema", 21.5)


@pytest.mark.parametrize("seed", [[3], [3.0]])
def test_parquet_has_the_same_rows(seed):
    found = _read(_parquet(seed=seed), "imports/a.parquet")
    assert (found.problems, [row[1:7] for row in found.rows]) == ([], [row[1:7] for row in _read(GOOD).rows])


PROTOCOLS = {
    "words": ("50k samples", {}, {"protocol": "50k samples"}),
    "facts": ('"{""samples"": 50000}"', {}, {"samples": 50000}),
    "of the import": ("", {"protocol": {"samples": 10}}, {"samples": 10}),
    "the row's first": ("mine", {"protocol": "theirs"}, {"protocol": "mine"}),
    "none": ("", {}, {"protocol": "unstated", "import": "theirs"}),
}


@pytest.mark.parametrize(("stated", "more", "protocol"), PROTOCOLS.values(), ids=PROTOCOLS)
def test_protocols(stated, more, protocol):
    [row] = _read(f"{HEADER}\n{ROW}{stated}\n", **more).rows
    assert row.protocol == protocol


def _line(old: str, new: str) -> str:
    assert old in ROW
    return f"{HEADER}\n{ROW}\n{ROW.replace(old, new).replace(',3,', ',4,')}\n"


OTHER = ROW.replace(",3,", ",4,")
BAD = {
    "decimal comma": (_line("21.5", '"21,5"'), "line 3: value is 21,5", "21.5"),
    "decimal comma without quotes": (_line("21.5", "21,5"), "line 3 has 8 fields", "with a point"),
    "thousands": (_line("21.5", '"1,021.5"'), "line 3: value is 1,021.5", "without separators"),
    "thousands with spaces": (_line("21.5", "1 021.5"), "line 3: value is 1 021.5", "without separators"),
    "thousands as in Python": (_line("21.5", "1_021.5"), "line 3: value is 1_021.5", "without separators"),
    "unit": (_line("21.5", "21.5%"), "line 3: value is 21.5%", "without separators and units"),
    "spread": (_line("21.5", "21.5±0.3"), "line 3: value is", "a number such as 12.5"),
    "other digits": (_line("21.5", "٢١"), "line 3: value is", "a number such as 12.5"),
    "hexadecimal": (_line("21.5", "0x15"), "line 3: value is 0x15", "a number such as 12.5"),
    "NaN": (_line("21.5", "NaN"), "line 3: value is NaN", "leave the row out"),
    "infinity": (_line("21.5", "-inf"), "line 3: value is -inf", "leave the row out"),
    "too large": (_line("21.5", "1e999"), "line 3: value is 1e999", "a finite number"),
    "no value": (_line("21.5", ""), "line 3: value is empty", "leave the row out"),
    "below its bounds": (_line("21.5", "-3"), "line 3: value is -3", "fid_inception_ema is from 0 to inf"),
    "no seed": (_line(",3,", ",,"), "line 3: seed is empty", "a whole number"),
    "half a seed": (_line(",3,", ",1.5,"), "line 3: seed is 1.5", "a whole number"),
    "negative seed": (_line(",3,", ",-1,"), "line 3: seed is -1", "from 0 to"),
    "large seed": (_line(",3,", ",2147483648,"), "line 3: seed is 2147483648", "from 0 to 2,147,483,647"),
    "word as seed": (_line(",3,", ",three,"), "line 3: seed is three", "a whole number"),
    "unknown column": (
        _line("fid_inception_ema", "fid_inceptoin_ema"),
        "line 3: column is",
        "fid_inception_ema",
    ),
    "column in capitals": (
        _line("fid_inception_ema", "FID_Inception_ema"),
        "line 3: column is",
        "fid_inception",
    ),
    "no column": (_line("fid_inception_ema", ""), "line 3: column is empty", "docs/measures.md"),
    "name in capitals": (_line("wgan", "WGAN-GP"), "line 3: method is WGAN-GP", "such as wgan_gp"),
    "no dataset": (_line("cifar10", ""), "line 3: dataset is empty", "name it"),
    "long name": (_line("resnet", "r" * 61), "line 3: architecture is", "names match"),
    "protocol cut off": (f"{HEADER}\n{ROW}{{a\n", "line 2: protocol is {a", "no JSON object"),
    "protocol that is a list": (
        f'{HEADER}\n{ROW}"{{""modes"": ""x""}}"\n',
        "line 2: protocol says modes x",
        "number",
    ),
    "same row twice": (f"{HEADER}\n{ROW}\n{ROW}\n", "line 3: fid_inception_ema of cifar10", "line 2 already"),
    "two values": (
        f"{HEADER}\n{ROW}\n{ROW.replace('21.5', '9')}\n",
        "line 3: fid_inception_ema",
        "9 here, but 21.5",
    ),
    "two protocols": (
        f"{HEADER}\n{ROW}a\n{OTHER}b\n",
        "line 3: the protocol of fid_inception_ema",
        "another name",
    ),
    "protocol missing once": (f"{HEADER}\n{ROW}a\n{OTHER}\n", "line 3: the protocol", "another name"),
    "header twice": (f"{HEADER}\n{ROW}\n{HEADER}\n", "line 3 is the header again", "remove it"),
    "semicolons": (GOOD.replace(",", ";"), "line 1: its fields are separated by semicolons", "commas"),
    "tabs": (GOOD.replace(",", "\t"), "line 1: its fields are separated by tabs", "commas"),
    "no header": (f"{ROW}\n{OTHER}\n", "line 1 is no header", HEADER),
    "header lacks a field": (GOOD.replace(",seed", ",").replace(",,", ","), "line 1", "lacks seed"),
    "header with capitals": (
        GOOD.replace("seed", "Seed"),
        "line 1: unknown field Seed",
        "did you mean seed?",
    ),
    "header with more": (GOOD.replace("protocol", "remark"), "line 1: unknown field remark", "leave it out"),
    "field twice": (GOOD.replace("protocol", "value"), "line 1: value stands twice", "once"),
    "too few fields": (f"{HEADER}\ncifar10,resnet,wgan\n", "line 2 has 3 fields, the header 7", ""),
    "open quote": (f'{HEADER}\n"{ROW}\n', "line", "no CSV"),
    "empty": ("", "it is empty", HEADER),
    "header alone": (f"{HEADER}\n", "it has a header, but no rows", "add some"),
    "Latin-1": (GOOD.replace("wgan", "wgän").encode("latin-1"), "line 2: byte 0xe4", "UTF-8"),
    "UTF-16": (GOOD.encode("utf-16"), "it is no CSV file", "UTF-8"),
    "spreadsheet": (b"PK\x03\x04" + bytes(40), "it is no CSV file", "save the table as CSV"),
    "Parquet": (_parquet(), "it is no CSV file", "save the table as CSV"),
    "web page": ("<html><body>Not found</body></html>", "line 1 is no header", HEADER),
}


@pytest.mark.parametrize(("text", "problem", "mend"), BAD.values(), ids=BAD)
def test_what_is_wrong_is_one_line(text, problem, mend):
    [line] = _read(text).problems
    assert line.startswith(f"imports/a.csv: {problem}")
    names(line, key="imports/a.csv", mend=mend)


BAD_PARQUET = {
    "text as value": ({"value": ["21.5"]}, "value has the type", "expected numbers"),
    "truth as value": ({"value": [True]}, "value has the type bool", "expected numbers"),
    "text as seed": ({"seed": ["3"]}, "seed has the type", "expected whole numbers"),
    "half a seed": ({"seed": [1.5]}, "row 1: seed is 1.5", "a whole number"),
    "number as method": ({"method": [7]}, "method has the type int64", "expected text"),
    "NaN": ({"value": [float("nan")]}, "row 1: value is empty", "leave the row out"),
    "infinity": ({"value": [float("inf")]}, "row 1: value is inf", "leave the row out"),
    "no name": ({"method": [""]}, "row 1: method is empty", "name it"),
    "more": ({"remark": ["x"]}, "the schema: unknown field remark", "leave it out"),
    "lacks a field": ({"seed": ["drop"]}, "the schema: the header lacks seed", "expected"),
}


@pytest.mark.parametrize(("columns", "problem", "mend"), BAD_PARQUET.values(), ids=BAD_PARQUET)
def test_what_is_wrong_with_parquet_is_one_line(columns, problem, mend):
    [line] = _read(_parquet(**columns), "imports/a.parquet").problems
    assert line.startswith(f"imports/a.parquet: {problem}")
    names(line, key="imports/a.parquet", mend=mend)


@pytest.mark.parametrize("data", [b"", GOOD.encode(), _parquet()[:-9]], ids=["empty", "csv", "cut"])
def test_what_is_no_parquet_says_so(data):
    [line] = _read(data, "imports/a.parquet").problems
    assert names(line, key="imports/a.parquet", mend="it is no Parquet file") == line


def test_shares_given_as_percent_say_what_to_write():
    row = ROW.replace("fid_inception_ema", "precision_inception_ema")
    [line] = _read(f"{HEADER}\n{row}\n").problems
    assert "write 0.215" in names(line, key="imports/a.csv", mend="it is a share: write 0.215")


@pytest.mark.parametrize(("value", "sound"), [("1", True), ("0", True), ("0.5", False), ("2", False)])
def test_divergence_is_yes_or_no(value, sound):
    row = ROW.replace("fid_inception_ema", "diverged").replace("21.5", value)
    assert (_read(f"{HEADER}\n{row}\n").problems == []) is sound


def test_very_many_problems_are_cut(monkeypatch):
    monkeypatch.setattr(import_table, "SHOWN", 3)
    rows = "\n".join(ROW.replace("21.5", "x") for _ in range(9))
    assert len(_read(f"{HEADER}\n{rows}\n").problems) == 3


def test_all_problems_of_a_file_are_named():
    text = f"{HEADER}\n{ROW}\n{ROW}\n{ROW.replace('21.5', 'NaN')}\n{ROW.replace(',3,', ',x,')}\n"
    assert [line.split(":")[1].strip() for line in _read(text).problems] == ["line 4", "line 5", "line 3"]
