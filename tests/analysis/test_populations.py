"""Populations and free energies: known answers and bad input."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstm_md.analysis.markov import simulate_markov_chain
from lstm_md.analysis.populations import free_energies, populations


@given(st.lists(st.integers(0, 9), min_size=1, max_size=50))
def test_populations_are_the_shares_of_the_frames(labels):
    expected = [labels.count(label) / len(labels) for label in range(10)]
    assert populations(labels, n_labels=10).tolist() == expected
    assert populations(labels).size == max(labels) + 1


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int32, np.int64])
def test_chains_are_pooled_whatever_their_integer_type(dtype):
    chains = np.array([[0, 0, 1], [2, 2, 2]], dtype=dtype)
    assert populations(chains).tolist() == [2 / 6, 1 / 6, 3 / 6]


def test_more_frames_than_a_block_are_all_counted():
    labels = np.arange(2_500_000) % 5
    assert populations(labels).tolist() == [0.2] * 5


def test_free_energies_of_a_known_chain_are_found():
    # Detailed balance between neighbours: the populations are 4 : 2 : 1.
    matrix = [[0.9, 0.1, 0.0], [0.2, 0.6, 0.2], [0.0, 0.4, 0.6]]
    labels = simulate_markov_chain(matrix, 1_000_000, seed=5)
    energies = free_energies(populations(labels), beta=2.0)
    np.testing.assert_allclose(energies, np.log([1, 2, 4]) / 2, atol=0.01)


def test_a_label_never_visited_has_infinite_free_energy():
    assert free_energies([3, 0, 1]) == pytest.approx([0.0, np.inf, np.log(3)], rel=1e-14)


def test_free_energies_do_not_depend_on_the_normalisation():
    np.testing.assert_allclose(free_energies([1, 5, 4]), free_energies([0.1, 0.5, 0.4]))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: populations([0.5, 1.0]), ValueError, "labels"),
        (lambda: populations(np.zeros(0, int)), ValueError, "labels"),
        (lambda: populations([0, 3], n_labels=3), ValueError, "labels: .*0 to 2"),
        (lambda: populations([-1, 0]), ValueError, "labels"),
        (lambda: populations([0], n_labels=0), ValueError, "n_labels"),
        (lambda: free_energies([0.5, -0.5]), ValueError, "populations: .*index 1"),
        (lambda: free_energies([0.0, 0.0]), ValueError, "populations"),
        (lambda: free_energies([0.5, np.nan]), ValueError, "populations: .*index 1"),
        (lambda: free_energies([0.5, 0.5], beta=0.0), ValueError, "beta"),
    ],
)
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
