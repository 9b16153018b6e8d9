"""The made-up matrix of the results' tests, assembled as the reports read it."""

from ganmatrix.reporting import report_data
from helpers.fake_matrix import FakeMatrix
from helpers.stated import PAPER, lines

CLAIMS = f"""claims:
  better_fid:
{lines(4, paper=PAPER | {"label": "A paper of 2021"}, sentence="It halves FID & more.")}
    metric: fid_efficientnet_lite0_ema
    method: as_gan
    baseline: gan
    direction: lower
    effect: relative
    smallest_effect: 0.1
  more_modes:
{lines(4, paper=PAPER | {"label": "Another paper"}, sentence="It finds more modes.")}
    metric: modes_ema
    method: as_gan
    baseline: gan
    direction: higher
    effect: difference
    smallest_effect: 2
  recall:
{lines(4, paper=PAPER | {"label": "A third paper"}, sentence="It remembers everything.")}
    metric: universal_auroc
    method: as_gan
    baseline: gan
    direction: higher
    effect: difference
    smallest_effect: 0.1"""


def assembled(fake: FakeMatrix) -> FakeMatrix:
    """The matrix, written and assembled."""
    return fake.write().assemble()


def read(fake: FakeMatrix) -> report_data.ReportData:
    """What the reports see of it."""
    return report_data.read(str(fake.root), str(fake.root), "")
