"""Claims in the terminal: what a bound is for."""

import pytest
from rich.console import Console

from ganmatrix.terminal.claims import claims
from ganmatrix.terminal.reading import read_in
from helpers.assembled_matrix import assembled
from helpers.fake_matrix import FakeMatrix
from helpers.stated import flow

CLAIM = f"""claims:
  cost: {{{flow(sentence="It costs no more.")}, metric: operations_per_step, method: as_gan, baseline: gan,
         direction: higher, effect: relative, BOUND: 0.25}}"""


@pytest.mark.parametrize(
    ("bound", "said"),
    [("at_most", "must be at most 25"), ("smallest_effect", "must exceed 25")],
)
def test_a_bound_is_one_to_pass_or_one_to_stay_below(bound, said, tmp_path):
    fake = assembled(FakeMatrix(tmp_path, claims=CLAIM.replace("BOUND", bound)))
    console = Console(width=200)
    with console.capture() as printed:
        console.print(claims(read_in(fake.layout)))
    assert said in printed.get()
