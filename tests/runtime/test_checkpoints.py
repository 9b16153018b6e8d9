"""Checkpoints: two good ones are kept, and none is believed that does not fit."""

from pathlib import Path

import pytest

from ganmatrix.errors import UserError
from ganmatrix.runtime import checkpoints
from ganmatrix.runtime.checkpoints import KEYS, Checkpoints, digest, pack
from helpers.denying import deny

RUN, MADE_FROM = "a-b-c-0", "digest"
ENVIRONMENT = {"device": "cpu", "threads": 1, "torch": "2.6"}


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "scratch"


def _of(folder, **changes):
    fields = {"run_id": RUN, "made_from": MADE_FROM, "environment": ENVIRONMENT} | changes
    return Checkpoints(folder, **fields)


def _newest(folder, **changes):
    return next(_of(folder, **changes).states(), None)


def _steps(folder):
    return sorted(int(path.name.split("-")[1]) for path in folder.iterdir())


def _forge(folder, step, content):
    """A file whose name has the right checksum."""
    data = content if isinstance(content, bytes) else pack(content)
    folder.mkdir(exist_ok=True)
    path = folder / f"step-{step:09d}-{digest(data)}.ckpt"
    path.write_bytes(data)
    return path


def _content(**changes):
    return {"run": RUN, "made_from": MADE_FROM, "environment": ENVIRONMENT, "state": {"step": 7}} | changes


def test_the_newest_two_are_kept(folder):
    kept = _of(folder)
    for step in (1, 2, 60):
        kept.save(step, {"step": step})
        assert _newest(folder) == {"step": step}
    assert _steps(folder) == [2, 60]
    kept.clear()
    assert not folder.exists()


def test_damaged_ones_do_not_crowd_out_good_ones(folder):
    folder.mkdir()
    for step in (90, 100):
        (folder / f"step-{step:09d}-{'0' * 16}.ckpt").write_bytes(b"damaged")
    kept = _of(folder)
    assert next(kept.states(), None) is None
    for step in (1, 2, 60):
        kept.save(step, {"step": step})
        assert _newest(folder) == {"step": step}
    assert _steps(folder) == [2, 60]


def test_the_good_one_before_a_damaged_one_outlives_the_next_save(folder):
    _of(folder).save(50, {"step": 50})
    (folder / f"step-{100:09d}-{'0' * 16}.ckpt").write_bytes(b"damaged")
    second = _of(folder)
    assert next(second.states())["step"] == 50
    second.save(51, {"step": 51})
    assert _steps(folder) == [50, 51]


def test_one_that_cannot_be_read_is_neither_skipped_nor_removed(folder, monkeypatch):
    kept = _of(folder)
    for step in (1, 2):
        kept.save(step, {"step": step})
    newest = max(folder.iterdir())
    deny(monkeypatch, Path, "read_bytes", newest)
    with pytest.raises(UserError) as error:
        _newest(folder)
    assert str(error.value) == (
        f"{newest} cannot be read: Permission denied; mend its permissions, or remove it to go on from "
        "the one before"
    )
    assert _steps(folder) == [1, 2]


def test_one_that_turns_out_to_be_none_does_not_outlive_the_next_save(folder, capsys):
    _of(folder).save(50, {"step": 50})
    forged = _forge(folder, 100, _content(state={"step": 100}))
    second = _of(folder)
    states = second.states()
    assert next(states)["step"] == 100
    second.unusable("its step is 100 of 60")
    assert capsys.readouterr().err == (
        f"warning: {forged} is unusable (its step is 100 of 60); using the one before\n"
    )
    assert next(states)["step"] == 50
    second.save(51, {"step": 51})
    assert _steps(folder) == [50, 51]


FORGED = {
    "no checkpoint": (b"no checkpoint at all", "no checkpoint"),
    "nothing": (b"", "no checkpoint"),
    "no mapping": ([1, 2], "no checkpoint of ganmatrix"),
    **{f"no {key}": ({k: v for k, v in _content().items() if k != key}, "no checkpoint of") for key in KEYS},
    "one key more": (_content(more=1), "no checkpoint of ganmatrix"),
    "a state of another step": (_content(state={"step": 8}), "its state is of another step than its name"),
    "a state of no step": (_content(state={}), ""),
    "a step that is no number": (_content(state={"step": "7"}), ""),
    "a state that is none": (_content(state=None), ""),
    "an environment that is none": (_content(environment=["cpu"]), ""),
}


@pytest.mark.parametrize("what", FORGED)
def test_what_is_none_despite_its_checksum_gives_way_to_the_one_before(what, folder, capsys):
    _of(folder).save(5, {"step": 5})
    content, problem = FORGED[what]
    path = _forge(folder, 7, content)
    assert _newest(folder) == {"step": 5}
    said = capsys.readouterr().err
    assert said.startswith(f"warning: {path} is unusable (")
    assert problem in said
    assert said.count("\n") == 1


class Malicious:
    def __reduce__(self):
        return print, ("executed",)


def test_a_checkpoint_executes_nothing(folder, capsys):
    _forge(folder, 7, _content(state={"step": 7, "more": Malicious()}))
    assert _newest(folder) is None
    assert capsys.readouterr().out == ""


def test_one_of_another_run_is_an_error_and_stays(folder):
    _of(folder).save(5, {"step": 5})
    with pytest.raises(UserError, match=rf"is a checkpoint of {RUN}, not of a-b-c-1; remove it"):
        _newest(folder, run_id="a-b-c-1")
    assert _steps(folder) == [5]


def test_one_that_was_made_from_other_things_is_left_aside(folder, capsys):
    _of(folder).save(5, {"step": 5})
    assert _newest(folder, made_from="other") is None
    assert f"{RUN}: params, code or data changed since step-000000005-" in capsys.readouterr().err
    assert _steps(folder) == [5], "until there is another"


@pytest.mark.parametrize(
    ("name", "value", "mend"),
    [
        ("threads", 4, "GANMATRIX_THREADS sets it"),
        ("device", "cuda", "--device sets it"),
        ("torch", "2.7", "install that version"),
    ],
)
def test_one_of_another_environment_is_an_error_and_stays(name, value, mend, folder):
    _of(folder).save(5, {"step": 5})
    with pytest.raises(UserError) as error:
        _newest(folder, environment=ENVIRONMENT | {name: value})
    said = str(error.value)
    assert f"was made with {name} {ENVIRONMENT[name]}, this is {name} {value}; go on with" in said
    assert f"({mend}), or remove {folder} to start afresh" in said
    assert "\n" not in said
    assert _newest(folder) == {"step": 5}
    assert set(checkpoints.MEND) == set(ENVIRONMENT)


def test_what_a_killed_write_left_goes(folder):
    kept = _of(folder)
    kept.save(5, {"step": 5})
    (folder / ".step-000000006-0.ckpt.k1ll3d_0").write_bytes(b"half")
    kept.save(6, {"step": 6})
    assert _steps(folder) == [5, 6]
