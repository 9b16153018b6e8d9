"""What figures say of the seeds that their means rest on, where some were lost."""

import pytest
from assembled_matrix import assembled, read
from fake_matrix import FakeMatrix

from ganmatrix.reporting import fooling, geometry, probe_curves, transfers
from ganmatrix.reporting.seeds import resting, span

DIGITS = "datasets: [digits]\n  architectures: [conventional]\n  methods: [gan, as_gan]\n  seeds: [0, 1, 2]"


@pytest.fixture(scope="module")
def lost(tmp_path_factory):
    """One seed of as_gan diverged."""
    diverged = {"digits-conventional-as_gan-1": 240}
    return read(assembled(FakeMatrix(tmp_path_factory.mktemp("lost"), grid=DIGITS, diverged=diverged)))


def test_robustness_counts_the_seeds_that_are_left_and_names_who_lacks_some(lost):
    (setting,) = lost.settings
    said = "n = 2 to 3 (as_gan 2 of 3)"
    assert f"Means over strengths and seeds, {said}." in fooling.losses(lost, setting).html
    assert (
        f"Means with 95% intervals over seeds, {said}." in geometry.chart(lost, setting, geometry.SLOPES).html
    )
    assert "Means over seeds, n = 2 to 3; bands" in fooling.curves(lost, setting, fooling.LINF).html
    assert "intervals, n = 2 to 3." in probe_curves.curves(lost, setting, ("gradient_growth",)).html


def test_transfers_name_the_side_that_lacks_seeds(lost):
    html = transfers.maps(lost, "digits").html
    assert "n = 2 to 3 (attacks on as_gan 2 of 3, as_gan&#x27;s D 2 of 3)." in html


def test_means_that_do_not_exist_have_no_seeds():
    assert span([0, 2, 3]) == "2 to 3"
    assert span([3, 3]) == "3"
    assert span([]) == span([0]) == "0"
    groups = {"gan": {"n": 3, "missing": 0}, "dat": {"n": 0, "missing": 3}}
    assert resting(groups.values(), groups) == "n = 3 (dat 0 of 3)"
