"""The made-up matrix of the results' tests, assembled for the reports."""

from collections.abc import Iterator

import pytest

from ganmatrix.stages import report
from helpers import here
from helpers.assembled_matrix import CLAIMS, assembled
from helpers.fake_matrix import GRID, FakeMatrix


@pytest.fixture(scope="session")
def planted(tmp_path_factory):
    """A matrix with one large effect on FID, one diverged run and three claims."""
    return assembled(
        FakeMatrix(
            tmp_path_factory.mktemp("planted"),
            grid=GRID.replace("[0, 1, 2]", "6"),
            claims=CLAIMS,
            effects={("as_gan", "fid_efficientnet_lite0"): 0.5},
            diverged={"ring8-conventional-gan-1": 240},
        )
    )


@pytest.fixture(scope="module")
def without_kernels() -> Iterator[None]:
    """Notebooks run in this process. `test_rendering` has kernels, and finds the same bytes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(report, "_execute", here.execute)
        yield
