"""Points between reals and fakes."""

import pytest
import torch

from ganmatrix.probes.interpolation import interpolates


def test_shares_are_uniform_and_one_for_each_pair(stream) -> None:
    found = interpolates(torch.ones(4000, 1, 2, 2), -torch.ones(4000, 1, 2, 2), stream).flatten(1)
    assert torch.equal(found, found[:, :1].expand(4000, 4))
    shares = (found[:, 0] + 1) / 2
    # Five standard errors of a mean of 4,000 uniform numbers.
    assert shares.mean().item() == pytest.approx(1 / 2, abs=5 * (1 / 12 / 4000) ** 0.5)
    assert 0 <= shares.min() < 0.01
    assert 0.99 < shares.max() < 1
