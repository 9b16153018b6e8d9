"""`check`: all that is wrong with params.yaml, of prepared data too, or what it comes to."""

import shutil
from pathlib import Path


def _edit(folder: Path, *pairs: tuple[str, str]) -> None:
    path = folder / "params.yaml"
    text = path.read_text()
    for old, new in pairs:
        assert text.count(old) >= 1
        text = text.replace(old, new)
    path.write_text(text)


def test_a_sound_file_is_described(run, whole):
    ended = run("check")
    assert (ended.status, ended.err) == (0, "")
    assert ended.out == "params.yaml: 2 cells, 2 seeds, 4 runs, 0 claims\n"
    shutil.rmtree(whole / "data")
    lines = run("check").out.splitlines()
    assert lines[1] == "params.yaml: not prepared, so that their sizes are not known: ring8"


def test_several_things_wrong_are_several_lines(run, whole):
    _edit(whole, ("modes: 8", "modez: 8"), ("seeds: [0, 1]", "seeds: [0, -1]"))
    ended = run("check")
    assert (ended.status, ended.out) == (2, "")
    lines = ended.err.splitlines()
    assert all(line.startswith("error: params.yaml: ") for line in lines[:-1])
    for key in ("datasets.ring8.modez", "grid.seeds[1]"):
        assert sum(f" {key}" in line for line in lines) == 1
    assert "not checked yet" in lines[-1]


def test_what_only_data_can_tell_is_named_with_the_rest(run, whole):
    """40 held-out points, 100 training points."""
    _edit(whole, ("  samples: 16", "  samples: 64"), ("warm_up: 0", "warm_up: 7"))
    ended = run("check")
    assert ended.status == 2
    lines = ended.err.splitlines()
    assert sum("probes.samples is 64, but ring8 has 40 held-out samples" in line for line in lines) == 1
    assert sum("methods.as_gan on ring8: warm_up is 7" in line for line in lines) == 1


def test_a_folder_of_ones_own_that_is_not_there_is_named(run, whole):
    mine = "mine: {kind: image_folder, train: pictures, held_out: elsewhere, resolution: 16}"
    _edit(whole, ("datasets: [ring8]", "datasets: [ring8, mine]"), ("datasets:\n", f"datasets:\n  {mine}\n"))
    _edit(whole, ("  digits: *short", "  digits: *short\n  mine: *short"))
    (whole / "pictures").mkdir()
    ended = run("check")
    assert ended.status == 2
    assert "error: params.yaml: datasets.mine.held_out is elsewhere, which does not exist" in ended.err
    assert "datasets.mine.train" not in ended.err
    assert run("check", "--sources", "nowhere").err.count("does not exist") == 2


def test_other_params_are_checked_in_their_own_folder(run, whole):
    """Their data are not prepared, whatever lies at the root."""
    (whole / "half.yaml").write_text((whole / "params.yaml").read_text())
    assert (
        "half.yaml: not prepared, so that their sizes are not known: ring8"
        in run("check", "--params", "half.yaml").out
    )
