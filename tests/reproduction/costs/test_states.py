"""Joint labels of x and y, and A, B and C along x in them."""

import numpy as np
import pytest

from lstm_md.labels import nearest_state
from reproduction.costs.states import (
    CENTRES,
    FINE,
    GRIDS,
    SERIES,
    joint_labels,
    labels_of,
    n_labels_of,
    states_of,
)

X, Y = np.random.default_rng(1).normal(scale=2, size=(2, 10_000))


@pytest.mark.parametrize("series", SERIES)
def test_labels_of_every_series_give_the_state_along_x(series):
    labels = labels_of(series, X, Y)
    assert labels.dtype == np.uint8
    np.testing.assert_array_equal(np.unique(labels), np.arange(n_labels_of(series)))
    np.testing.assert_array_equal(states_of(series, labels), nearest_state(X, centres=CENTRES))


def test_the_grids_have_9_and_36_cells():
    assert [n_labels_of(series) for series in SERIES] == [3, 9, 36]
    assert list(SERIES) == ["x", *GRIDS]


def test_values_far_outside_belong_to_the_outer_cells():
    assert joint_labels([-99.0, 99.0], [99.0, -99.0], FINE).tolist() == [5, 30]
