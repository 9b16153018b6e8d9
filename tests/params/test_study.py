"""The study of a params file: its title and question, and what stands for them where they are left out."""

import pytest

from ganmatrix.params import load
from ganmatrix.params.study import question_of, title_of


def _header(path):
    params, _ = load(path)
    return title_of(params.study, params.grid), question_of(params.study, params.grid)


def test_what_is_stated_is_taken_as_it_is(project):
    study = "study: {title: ' A & B ', question: '<b>Which?</b>'}"
    assert _header(project(("claims: {}", study))) == ("A & B", "<b>Which?</b>")


@pytest.mark.parametrize(
    ("methods", "title", "question"),
    [
        ("gan", "gan on ring8 and digits", "How well does gan train on ring8 and digits?"),
        ("gan, dat", "gan and dat on ring8 and digits", "How does dat compare with gan on ring8 and digits?"),
        (
            "gan, as_gan, dat, fargan",
            "gan, as_gan, dat and fargan on ring8 and digits",
            "How do as_gan, dat and fargan compare with gan on ring8 and digits?",
        ),
        (
            "gan, as_gan, dat, fargan, a, b",
            "6 methods on ring8 and digits",
            "How do 5 other methods compare with gan on ring8 and digits?",
        ),
    ],
)
def test_what_is_left_out_is_made_from_the_grid(methods, title, question, project):
    more = "\n  a: {kind: gan}\n  b: {kind: gan}\n  gan: {"
    path = project(("[gan, as_gan, dat, fargan]", f"[{methods}]"), ("\n  gan: {", more))
    assert _header(path) == (title, question)
