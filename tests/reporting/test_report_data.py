"""What pages read: a summary that lacks something is refused, and what is missing is counted."""

import pytest

from ganmatrix.errors import UserError
from ganmatrix.reporting import (
    run_details,
)
from helpers.assembled_matrix import assembled, read
from helpers.fake_matrix import FakeMatrix
from helpers.publishing import rewrite

GRID = "datasets: [digits]\n  architectures: [conventional]\n  methods: [gan, as_gan]\n  seeds: [0]"


def test_a_summary_that_lacks_what_reports_need_is_refused_by_name(tmp_path):
    fake = assembled(FakeMatrix(tmp_path, grid=GRID))
    rewrite(fake.layout, "assemble", "", None, "summary.json", b"{}")
    with pytest.raises(UserError, match=r"summary.json has no runs; .*run `ganmatrix assemble` again"):
        read(fake)


def test_a_summary_of_another_matrix_is_refused(tmp_path, planted):
    fake = assembled(FakeMatrix(tmp_path, grid=GRID))
    fake.result("summary.json").write_bytes(planted.result("summary.json").read_bytes())
    with pytest.raises(UserError, match=r"summary.json is damaged"):
        read(fake)


def test_what_is_lost_is_counted_in_one_order():
    lost = [
        run_details.Missing(kind, "") for kind in ("not measured", "not trained", "not trained", "diverged")
    ]
    said = "2 not trained, 1 diverged, 1 not measured"
    assert run_details.count_missing(lost) == run_details.count_missing(reversed(lost)) == said
