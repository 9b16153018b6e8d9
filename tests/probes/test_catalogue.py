"""All probes of a discriminator together."""

import dataclasses
import json

import pytest
import torch

from ganmatrix.probes.catalogue import PROBES, null_probes, probe
from ganmatrix.probes.subject import COMMON_STATISTICS, FAKES_STATISTICS, OWN_STATISTICS

COLUMNS = {name for member in PROBES.values() for name in member.columns}
ONE_SIDED = ("input_gradient", "lipschitz", "gradient_noise", "generator_gradient", "gradient_profile")
OF_IMAGES = {name for member in PROBES.values() if member.lacking_on_points for name in member.columns}


def test_linear_discriminator_in_closed_form(linear, play, params, stream) -> None:
    # On reals D = 0.5 and on fakes D = -0.5, so an attack of L1 reach 7 * strength flips both at 1/14.
    reals, fakes = torch.tensor([[0.5 / 3, 0.0]] * 20), torch.tensor([[-0.5 / 3, 0.0]] * 20)
    params = params.model_copy(update={"point_strengths": [0, 0.05, 0.1]})
    entries = probe(play(linear, reals, fakes), params, stream)
    assert set(entries) == COLUMNS
    for attack in ("fgsm", "pgd"):
        for measure in ("accuracy", "auroc"):
            entry = entries[f"{attack}_{measure}"]
            assert entry["curve"] == {"axis": "strength", "at": [0, 0.05, 0.1], "value": [1.0, 1.0, 0.0]}
            assert entry["value"] == pytest.approx(0.75)
    assert entries["gradient_norm_real"]["value"] == pytest.approx(5)
    assert entries["gradient_norm_fake_max"]["value"] == pytest.approx(5)
    assert entries["gradient_norm_fake_p95"]["value"] == pytest.approx(5)
    assert entries["noise_accuracy"]["value"] > entries["fgsm_accuracy"]["value"]
    json.dumps(entries, allow_nan=False)


def test_states_its_protocol(convolutional, images, play, params, stream) -> None:
    entries = probe(play(convolutional, images, -images, bounded=True), params, stream)
    protocol = entries["pgd_auroc"]["protocol"]
    assert (protocol["steps"], protocol["relative_step"], protocol["start"]) == (10, 0.25, "uniform")
    assert (protocol["norm"], protocol["strength"]) == ("Linf", "greatest root mean square of a perturbation")
    for name, entry in entries.items():
        if entry["value"] is not None:
            assert entry["protocol"]["real_samples"] == (8 if name.startswith("universal") else 16)
    rules = {name: entry["protocol"].get("batch_statistics") for name, entry in entries.items()}
    assert rules["gradient_norm_interpolate"] == rules["gradient_growth"] == FAKES_STATISTICS
    assert rules["overfitting_gap"] == COMMON_STATISTICS
    assert rules["gradient_norm_fake"] == rules["gradient_cosine"] == OWN_STATISTICS


def test_a_method_with_one_d_lacks_what_compares_several(linear, play, params, stream) -> None:
    linear.weight.data = torch.randn(256)
    samples = torch.rand(16, 1, 16, 16) * 2 - 1
    one = play(linear, samples, samples, bounded=True)
    several = dataclasses.replace(one, members=(linear, linear))
    for entries, applies in (
        (probe(one, params, stream), False),
        (probe(several, params, stream), True),
        (null_probes("training diverged", bounded=True, several=False), False),
        (null_probes("training diverged", bounded=True, several=True), True),
    ):
        assert set(entries) == COLUMNS
        assert {name for name, entry in entries.items() if not entry.get("applies", True)} == (
            set() if applies else set(PROBES["ensemble"].columns)
        )


def test_leaves_the_discriminator_as_it_was(convolutional, images, play, params, stream) -> None:
    before = {name: value.clone() for name, value in convolutional.state_dict().items()}
    probe(play(convolutional, images, -images, bounded=True), params, stream)
    assert all(torch.equal(value, before[name]) for name, value in convolutional.state_dict().items())
    assert all(parameter.grad is None for parameter in convolutional.parameters())
    assert not convolutional.training


def test_is_reproducible_and_leaves_the_stream_alone(convolutional, images, play, params, stream) -> None:
    state = stream.get_state()
    first, second = (
        probe(play(convolutional, images, -images, bounded=True), params, stream) for _ in range(2)
    )
    assert first == second
    assert torch.equal(stream.get_state(), state)


def test_what_is_not_finite_is_a_result(linear, play, params, stream) -> None:
    points = torch.zeros(20, 2)
    broken = probe(play(linear, points, points / 0), params, stream)
    assert broken == null_probes("the generator's samples are not finite", bounded=False, several=False)
    linear.bias = float("inf")
    entries = probe(play(linear, points, points), params, stream)
    assert entries["fgsm_auroc"] == {
        "value": None,
        "protocol": {},
        "reason": "the discriminator's logits are not finite",
    }
    assert entries["gradient_norm_real"]["value"] == pytest.approx(5)
    linear.weight.data[0] = torch.nan
    entries = probe(play(linear, points, points), params, stream)
    assert set(entries) == COLUMNS
    # How far the fakes are from reals, D is not asked.
    assert {name for name, entry in entries.items() if entry["value"] is not None} == {
        "nearest_real_distance"
    }


def test_what_diverged_lacks_values_but_not_what_points_never_have() -> None:
    for bounded in (True, False):
        entries = null_probes("training diverged", bounded=bounded, several=True)
        assert set(entries) == COLUMNS
        absent = {name for name, entry in entries.items() if not entry.get("applies", True)}
        assert absent == (set() if bounded else OF_IMAGES)
        assert {entries[name]["reason"] for name in COLUMNS - absent} == {"training diverged"}


def test_reals_that_are_not_finite_are_a_null_with_its_reason(
    convolutional, images, play, params, stream
) -> None:
    broken = images.clone()
    broken[3, 0, 0, 0] = torch.nan
    entries = probe(play(convolutional, broken, images, bounded=True), params, stream)
    assert set(entries) == COLUMNS
    compared = (member for key, member in PROBES.items() if key not in ONE_SIDED)
    for name in (name for member in compared for name in member.columns):
        assert entries[name]["value"] is None, name
        if entries[name].get("applies", True):
            assert "not finite" in entries[name]["reason"]


def test_a_constant_discriminator_is_at_chance_whatever_is_done_to_its_inputs(
    linear, images, play, params, stream
) -> None:
    linear.weight.data, linear.bias = torch.zeros(256), 0.3
    entries = probe(play(linear, images, -images, bounded=True), params, stream)
    attacked = (name for name in COLUMNS if name.endswith(("_accuracy", "_auroc")))
    for name, entry in ((name, entries[name]) for name in attacked if not name.startswith("ensemble")):
        if name.endswith("_real_accuracy"):
            assert entry["value"] == 1
        elif name.endswith("_fake_accuracy"):
            assert entry["value"] == 0
        else:
            assert entry["value"] == 0.5, name


def test_constant_images_are_at_chance(convolutional, play, params, stream) -> None:
    black = torch.full((16, 1, 16, 16), -1.0)
    entries = probe(play(convolutional, black, black, bounded=True), params, stream)
    for member in (member for member in PROBES.values() if member.columns[0].endswith("_accuracy")):
        for name in member.columns:
            assert entries[name]["value"] is not None
            if member.lacking_on_points and name.endswith("auroc"):
                assert entries[name]["value"] == 0.5 or "noise" in name or name == "corruptions_auroc"
    assert entries["fgsm_auroc"]["curve"]["value"][0] == 0.5


def test_refuses_misuse(linear, play, params, stream) -> None:
    points = torch.zeros(2, 2)
    with pytest.raises(ValueError, match="training mode"):
        probe(play(linear.train(), points, points), params, stream)
