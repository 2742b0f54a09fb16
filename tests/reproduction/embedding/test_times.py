"""Times from embeddings and from counts: known answers and bad input."""

from __future__ import annotations

import numpy as np
import pytest

from lstm_md.analysis.kinetics import transition_counts
from lstm_md.analysis.markov import simulate_markov_chain, stationary
from reproduction.embedding.times import (
    embedding_times,
    embedding_transition_matrix,
    one_step_times,
    scaled,
    transition_times,
)

CHAIN = np.array([[0.98, 0.02, 0.0], [0.01, 0.98, 0.01], [0.0, 0.02, 0.98]])
LN2 = np.sqrt(np.log(2))


def test_the_ansatz_is_a_softmax_of_the_products():
    # x · x is ln 2 for the first label and 0 for the second: 2 : 1, and even odds.
    np.testing.assert_allclose(
        embedding_transition_matrix([[LN2], [0.0]]), [[2 / 3, 1 / 3], [1 / 2, 1 / 2]]
    )


def test_rows_of_the_ansatz_are_distributions_by_the_formula_of_the_paper():
    x = np.random.default_rng(1).normal(size=(4, 8))
    made = embedding_transition_matrix(x)
    for start in range(4):
        weights = [np.exp(x[end] @ x[start]) for end in range(4)]
        np.testing.assert_allclose(made[start], weights / np.sum(weights))


def test_the_ansatz_of_long_rows_does_not_overflow():
    assert embedding_transition_matrix([[40.0], [-40.0]]).tolist() == [[1.0, 0.0], [0.0, 1.0]]


def test_a_rotated_embedding_suggests_the_same_and_a_stretched_one_does_not():
    rng = np.random.default_rng(2)
    x, (rotation, _) = rng.normal(size=(3, 8)), np.linalg.qr(rng.normal(size=(8, 8)))
    np.testing.assert_allclose(
        embedding_transition_matrix(x @ rotation), embedding_transition_matrix(x)
    )
    assert not np.allclose(
        embedding_transition_matrix(2 * x), embedding_transition_matrix(x), atol=0.01
    )


def test_times_of_an_embedding_are_one_over_both_flows():
    times = embedding_times([[LN2], [0.0]], [0.6, 0.4])
    assert times[0, 1] == times[1, 0] == pytest.approx(1 / (0.6 / 3 + 0.4 / 2))
    assert np.isnan(np.diag(times)).all()


def test_a_step_that_is_impossible_takes_forever():
    assert one_step_times(CHAIN, stationary(CHAIN))[0, 2] == np.inf


def test_times_of_exact_probabilities_are_half_of_those_of_raw_counts():
    labels = simulate_markov_chain(CHAIN, 2_000_000, seed=3)
    counted = transition_times(transition_counts(labels, [1], n_labels=3), labels.size)
    exact = one_step_times(CHAIN, stationary(CHAIN))
    np.testing.assert_allclose(counted[[0, 1], [1, 2]] / exact[[0, 1], [1, 2]], 2, rtol=0.03)
    assert counted[0, 2] == np.inf


def test_counts_are_averaged_over_directions_and_commit_times():
    counts = np.array([[[0, 10, 1], [8, 0, 0], [1, 0, 0]], [[0, 4, 0], [2, 0, 0], [0, 0, 0]]])
    times = transition_times(counts, 1200)
    assert times[0, 1] == times[1, 0] == pytest.approx(1200 / 6)
    assert times[0, 2] == pytest.approx(1200 / 0.5)
    assert times[1, 2] == np.inf
    assert np.isnan(np.diag(times)).all()


def test_scaled_times_go_from_0_to_1_however_alike_they_are():
    times = np.array([[np.nan, 100, 101], [100, np.nan, 100.5], [101, 100.5, np.nan]])
    assert scaled(times)[np.triu_indices(3, 1)].tolist() == [0.0, 1.0, 0.5]
    np.testing.assert_allclose(scaled(7 * times + 5), scaled(times))


def test_what_is_infinite_or_on_the_diagonal_does_not_count_for_the_scale():
    times = np.array([[0, 1, np.inf], [1, 0, 3], [np.inf, 3, 0]])
    assert scaled(times)[np.triu_indices(3, 1)].tolist() == [0.0, np.inf, 1.0]
    assert np.isnan(np.diag(scaled(times))).all()
    assert scaled([[0, 5], [5, 0]])[0, 1] == 0


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: embedding_transition_matrix([1.0, 2.0]), ValueError, "embedding"),
        (lambda: embedding_transition_matrix([[1.0, np.nan]]), ValueError, "embedding"),
        (lambda: embedding_times([[1.0], [2.0]], [1.0]), ValueError, "probabilities: .*2, 2"),
        (lambda: one_step_times([[0.5, 0.5]], [1.0]), ValueError, "probabilities"),
        (lambda: one_step_times([[1.5, -0.5]] * 2, [0.5, 0.5]), ValueError, "probabilities"),
        (lambda: one_step_times(np.eye(2), [1.5, -0.5]), ValueError, "populations"),
        (lambda: transition_times([[0, 1], [1, 0]], 9), ValueError, "counts"),
        (lambda: transition_times([[[0, 1, 1], [1, 0, 1]]], 9), ValueError, "counts"),
        (lambda: transition_times([[[0, -1], [1, 0]]], 9), ValueError, "counts"),
        (lambda: transition_times([[[0, 1], [1, 0]]], 9.5), TypeError, "frames"),
        (lambda: scaled([1.0, 2.0]), ValueError, "times"),
        (lambda: scaled([[0, np.inf], [np.inf, 0]]), ValueError, "times"),
    ],
)
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
