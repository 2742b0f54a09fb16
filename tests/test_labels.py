"""Labels: known answers, comparison with slow and simple versions, bad input."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lstm_md.labels import (
    bin_centres,
    equal_width,
    nearest_state,
    to_values,
    with_edges,
)

NUMBERS = st.floats(-100, 100, width=32)
TRAJECTORIES = st.lists(NUMBERS, min_size=1, max_size=60)


def slow_bin(value, edges):
    for label in range(len(edges) - 1):
        if value < edges[label + 1]:
            return label
    return len(edges) - 2


# --- bins ---------------------------------------------------------------------------------------


def test_edges_belong_to_the_bin_above_and_the_last_one_to_the_last_bin():
    assert with_edges([0, 1, 2.9, 3, 4], [0, 1, 3, 4]).tolist() == [0, 1, 1, 2, 2]


def test_bins_of_the_sine_of_an_angle_are_the_twenty_of_the_paper():
    values = [-1.0, -0.91, -0.89, 0.05, 0.95, 1.0]
    assert equal_width(values, -1, 1, n_labels=20).tolist() == [0, 0, 1, 10, 19, 19]


@given(TRAJECTORIES, st.lists(NUMBERS, min_size=2, max_size=8, unique=True).map(sorted))
def test_binning_equals_the_slow_version(values, edges):
    expected = [slow_bin(v, edges) for v in values]
    assert with_edges(values, edges, outside="clip").tolist() == expected


@given(TRAJECTORIES, st.integers(1, 300))
def test_equal_width_is_with_edges_at_equal_distances(values, n_labels):
    labels = equal_width(values, -100, 100, n_labels=n_labels)
    edges = np.linspace(-100, 100, n_labels + 1)
    assert labels.dtype == (np.uint8 if n_labels <= 256 else np.uint16)
    assert np.array_equal(labels, with_edges(values, edges))


def test_each_walker_is_binned_like_a_trajectory_of_its_own():
    walkers = np.random.default_rng(0).normal(size=(3, 50))
    labels = with_edges(walkers, [-9, 0, 9])
    assert labels.shape == (3, 50)
    for labelled, walker in zip(labels, walkers, strict=True):
        assert np.array_equal(labelled, with_edges(walker, [-9, 0, 9]))


@given(TRAJECTORIES, st.integers(1, 20))
def test_the_centre_of_a_label_is_within_half_a_bin_of_the_value(values, n_labels):
    centres = bin_centres(np.linspace(-100, 100, n_labels + 1))
    back = to_values(equal_width(values, -100, 100, n_labels=n_labels), centres)
    assert np.abs(back - values).max() <= 100 / n_labels + 1e-9


def test_values_outside_are_counted_and_the_first_is_named():
    with pytest.raises(ValueError, match=r'2 of 4 lie outside.*index 1 with 5\.0.*outside="clip"'):
        equal_width([0.5, 5.0, 0.2, -1.0], 0, 1, n_labels=4)
    with pytest.raises(ValueError, match=r"index \(1, 0\) with 2\.0"):
        with_edges([[0.5, 0.5], [2.0, 0.5]], [0, 1])
    assert equal_width([0.5, 5.0, 0.2, -1.0], 0, 1, n_labels=4, outside="clip").tolist() == [
        2,
        3,
        0,
        0,
    ]


def test_a_constant_trajectory_has_one_label():
    assert set(equal_width(np.ones(10), 0, 2, n_labels=5).tolist()) == {2}
    assert set(nearest_state(np.ones(10), [0, 2.5]).tolist()) == {0}


# --- nearest centre -----------------------------------------------------------------------------


@given(TRAJECTORIES, st.lists(NUMBERS, min_size=1, max_size=8, unique=True))
@example(np.zeros(2), [1.0, -1.0])  # of two that are as near, the first
def test_nearest_centre_equals_the_slow_version_in_any_order(values, centres):
    expected = [min(range(len(centres)), key=lambda i: abs(v - centres[i])) for v in values]
    assert nearest_state(values, centres).tolist() == expected


@given(
    arrays(np.float64, st.tuples(st.integers(1, 30), st.just(2)), elements=NUMBERS),
    st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=6, unique=True),
)
def test_nearest_centre_in_the_plane_equals_the_slow_version(points, centres):
    labels = nearest_state(points, centres)
    for point, label in zip(points, labels, strict=True):
        distances = [math.dist(point, centre) for centre in centres]
        assert distances[label] <= min(distances) * (1 + 1e-12)


def test_labels_keep_their_centres_when_these_change_places():
    values = np.random.default_rng(1).normal(size=1000)
    centres, order = np.array([-1.0, 0.1, 0.8]), np.array([2, 0, 1])
    assert np.array_equal(
        order[nearest_state(values, centres[order])], nearest_state(values, centres)
    )


def test_more_frames_than_a_block_make_no_difference():
    values = np.random.default_rng(2).normal(size=600_000).astype(np.float32)
    assert np.array_equal(nearest_state(values, [0.5, -0.5]), (values < 0).astype(int))


def test_walkers_with_plain_centres_keep_their_shape():
    assert nearest_state([[0.1, 0.9], [2.0, -1.0]], [0, 1]).tolist() == [[0, 1], [1, 0]]


# --- bad input ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: equal_width([0, np.nan], 0, 1, n_labels=2),
            ValueError,
            "values: found nan at index 1",
        ),
        (lambda: with_edges([np.inf], [0, 1]), ValueError, "values: found inf at index 0"),
        (lambda: nearest_state([0, 0, np.nan], [0]), ValueError, "values: .* index 2"),
        (lambda: equal_width(np.zeros(0), 0, 1, n_labels=2), ValueError, "values"),
        (lambda: equal_width(np.zeros((2, 0)), 0, 1, n_labels=2), ValueError, "values"),
        (lambda: equal_width(["a"], 0, 1, n_labels=2), TypeError, "values"),
        (lambda: equal_width([0.5], 1, 0, n_labels=2), ValueError, "stop: .*start"),
        (lambda: equal_width([0.5], 0, 1, n_labels=2.0), TypeError, "n_labels"),
        (lambda: equal_width([0.5], 0, 1, n_labels=70_000), ValueError, "n_labels"),
        (lambda: equal_width([0.5], 0, 1, n_labels=2, outside="drop"), ValueError, "outside"),
        (lambda: with_edges([0.5], [0, 2, 1]), ValueError, "edges: .*1.0 after 2.0 at index 2"),
        (lambda: with_edges([0.5], [0, 1, 1]), ValueError, "edges: .*at index 2"),
        (lambda: with_edges([0.5], [0]), ValueError, "edges: .*at least 2"),
        (lambda: with_edges([0.5], [0, np.inf]), ValueError, "edges: found inf"),
        (lambda: bin_centres([1, 0]), ValueError, "edges"),
        (lambda: nearest_state([0.5], [0, 1, 0]), ValueError, "centres: .*twice"),
        (lambda: nearest_state([0.5], [[0, 1]]), ValueError, "centres: .*shape"),
        (lambda: nearest_state([[0, 1, 2]], [[0, 1]]), ValueError, "centres: .*shape"),
        (lambda: to_values([0, 2], [0.0, 1.0]), ValueError, "labels"),
        (lambda: to_values([0.5], [0.0, 1.0]), ValueError, "labels"),
    ],
)
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
