"""What `make bench` times is a real step; the timings themselves are no test's business."""

import pytest
from bench import METHODS
from catalogue import contenders
from ours import build

SPEC = {
    "network": "dcgan32",
    "batch": 4,
    "discriminator_steps": 1,
    "precision": "float32",
    "compile": False,
    "device": "cpu",
}


@pytest.mark.parametrize("name", METHODS)
def test_every_method_of_the_bench_takes_a_step(name):
    made = build(SPEC | {"method": METHODS[name]})
    made.take_step()
    made.update_discriminator()
    assert made.step == 1


def test_the_catalogue_is_timed_as_a_whole():
    assert {"gan", "as_gan", "gan + r1"} <= set(contenders())
    build(SPEC | {"method": contenders()["gan + info_max"]})
