"""All that is wrong with a params file at once, by `params.check` and by the verb."""

import itertools

import pytest

from ganmatrix.errors import UserError
from ganmatrix.params import check, load


def test_a_sound_file_has_no_problems(project):
    document, problems = check(project())
    assert problems == []
    assert document == load(project())[0]


def test_problems_of_one_kind_are_all_named(project):
    """Values in four sections, and a key that is unknown, which comes first."""
    edits = [
        ("seeds: [0, 1]", "seeds: [-1, 1.5]"),
        ("modes: 8", "modez: 8"),
        ("beta1: 0.5", "beta1: 1"),
    ]
    document, problems = check(project(*edits))
    assert document is None
    assert problems[0] == "datasets.ring8.modez: unknown key; did you mean modes?"
    assert not any("modes is missing" in line for line in problems)
    for start in ("grid.seeds[0] is -1", "grid.seeds[1] is 1.5"):
        assert sum(line.startswith(start) for line in problems) == 1
    assert sum("beta1 is 1; expected < 1" in line for line in problems) >= 1


CONTRADICTIONS = {
    "kid_subset_size: 20": ("kid_subset_size: 5000", "evaluation.images.kid_subset_size is 5000"),
    "claims: {}": (
        "claims:\n  a: {paper: as_gan, sentence: A b., quote: A b., source: c, where: d, setting: "
        "{datasets: [a], baseline: b}, metric: nothing, method: nobody, baseline: gan, direction: lower, "
        "effect: relative, smallest_effect: 0.1}",
        "claims.a.method: nobody",
    ),
    "seeds: [0, 1]": ("seeds: [3, 3]", "grid.seeds: 3 stands twice"),
}


@pytest.mark.parametrize("chosen", list(itertools.combinations(CONTRADICTIONS, 2)), ids="+".join)
def test_contradictions_in_several_sections_are_all_named(chosen, project):
    path = project(*((old, CONTRADICTIONS[old][0]) for old in chosen))
    document, problems = check(path)
    assert document is not None
    for old in chosen:
        shown = [line for line in problems if line.startswith(CONTRADICTIONS[old][1])]
        # Where names are wrong, nothing is said of values.
        assert len(shown) == 1 or (old.startswith("kid") and "seeds: [0, 1]" in chosen and not shown)
    assert len(problems) == len(set(problems))
    more = r" \(and \d+ more; the verb `check` names all\)$" if len(problems) > 1 else "$"
    with pytest.raises(UserError, match=more):
        load(path)


def test_a_file_that_cannot_be_read_is_one_line(tmp_path):
    with pytest.raises(UserError, match="does not exist"):
        check(tmp_path / "params.yaml")
