"""Memory of a preparation does not grow with its source."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from helpers import archives
from helpers.archives import encoded, picture

SCRIPT = """
import sys
from ganmatrix.cli import main
sys.argv = ["ganmatrix", "prepare", "mine"]
try:
    main()
except SystemExit as stop:
    assert not stop.code, stop.code
[line] = [line for line in open("/proc/self/status") if line.startswith("VmHWM:")]
print("peak", line.split()[1])
"""


def _peak_bytes(root: Path, count: int) -> int:
    """The largest resident set of a process that prepares so many images, mapped pages included.

    VmHWM, for the ru_maxrss of a new process begins with that of its parent.
    """
    archives.lsun(root / "lmdb", [encoded(picture(n, 16, 20), "PPM") for n in range(count)])
    small = (Path(__file__).parents[1] / "small.yaml").read_text()
    mine = {"kind": "lsun_bedroom", "resolution": 32, "folder": "lmdb"}
    (root / "params.yaml").write_text(
        small.replace("datasets:\n", f"datasets:\n  mine: {json.dumps(mine)}\n", 1)
    )
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=root,
        env=os.environ | {"OMP_NUM_THREADS": "2"},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    card = json.loads((root / "data/mine/card.json").read_text())
    assert sum(card["counts"].values()) == count
    return int(done.stdout.split()[-1]) * 1024


@pytest.mark.slow
def test_memory_does_not_depend_on_the_count(tmp_path: Path) -> None:
    peaks = {}
    for count in (5_000, 200_000):
        root = tmp_path / str(count)
        root.mkdir()
        peaks[count] = _peak_bytes(root, count)
    print(peaks)  # noqa: T201
    assert peaks[200_000] < 2 * 1024**3
    assert peaks[200_000] - peaks[5_000] < 100 * 1024**2
