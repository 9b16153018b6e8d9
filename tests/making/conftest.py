"""Makers of a dataset, and of a cell whose data are prepared."""

import pytest

from helpers.makers import PREPARE, TRAIN, Making


@pytest.fixture
def prepare(project):
    return Making(PREPARE)


@pytest.fixture
def train(prepare):
    """Of a cell of two runs whose data are prepared."""
    prepare()
    return Making(TRAIN)
