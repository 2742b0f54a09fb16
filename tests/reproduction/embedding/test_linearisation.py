"""The steps from Eq 17 to Eq 20: known networks, numerical derivatives, and the rule."""

from __future__ import annotations

import numpy as np
import pytest

from lstm_md.analysis.markov import simulate_markov_chain
from lstm_md.equations import softmax
from lstm_md.model import language_model
from lstm_md.reading import hidden_states, logits
from reproduction.embedding import criteria
from reproduction.embedding.linearisation import (
    State,
    after_each_step,
    alignment,
    derivative,
    divergence,
    linearised,
    mean_state,
    next_state,
    output_embedding,
    without_memory,
    zero_state,
)

CHAIN = np.array([[0.9, 0.1, 0.0], [0.1, 0.8, 0.1], [0.0, 0.2, 0.8]])
LABELS = simulate_markov_chain(CHAIN, 6_001, seed=1)


@pytest.fixture(scope="module")
def weights():
    return [3 * w for w in language_model(3, 4, 16, seed=3).get_weights()]


def some_state(units=16, seed=5):
    return State(*np.random.default_rng(seed).normal(size=(2, units)))


def test_the_states_are_those_of_the_network(weights):
    state = zero_state(weights)
    for label in LABELS[:50]:
        state = next_state(weights, weights[0][label], state)
    np.testing.assert_allclose(
        state.hidden, hidden_states(weights, LABELS[:50], every=50)[0, 0], atol=1e-5
    )


def test_the_derivative_is_the_numerical_one(weights):
    at, state, step = np.array([0.3, -0.2, 0.5, 0.1]), some_state(), 1e-6
    numerical = [
        next_state(weights, at + step * unit, state).hidden
        - next_state(weights, at - step * unit, state).hidden
        for unit in np.eye(4)
    ]
    found = derivative(weights, at, state)
    assert found.shape == (16, 4)
    np.testing.assert_allclose(found, np.transpose(numerical) / (2 * step), atol=1e-7)


def test_without_memory_is_the_first_prediction_of_the_network(weights):
    first = softmax(np.array([logits(weights, [label])[0, 0] for label in range(3)], float))
    np.testing.assert_allclose(without_memory(weights, zero_state(weights)), first, atol=1e-5)


def test_linearised_is_right_near_the_point_and_only_there(weights):
    small = [weights[0] * 1e-3, *weights[1:]]
    state = some_state()
    near = np.abs(np.log(linearised(small, state) / without_memory(small, state))).max()
    far = np.abs(np.log(linearised(weights, state) / without_memory(weights, state))).max()
    assert near < 1e-5 < far


def test_linearised_is_exact_at_the_point_itself(weights):
    state, at = some_state(), weights[0][1]
    np.testing.assert_allclose(
        linearised(weights, state, at)[1], without_memory(weights, state)[1], rtol=1e-9
    )


def test_the_output_embedding_gives_the_linear_term_of_the_logits(weights):
    state, at = some_state(), weights[0][0]
    output = output_embedding(weights, state, at)
    logit = np.log(linearised(weights, state, at))
    change = (weights[0][2] - weights[0][0]) @ output.T
    found = logit[2] - logit[0]
    np.testing.assert_allclose(found - found.mean(), change - change.mean(), atol=1e-9)


def test_each_step_has_its_name(weights):
    found = after_each_step(weights, LABELS)
    np.testing.assert_array_equal(
        found["linear, from zero"], linearised(weights, zero_state(weights))
    )
    assert all(np.allclose(each.sum(axis=1), 1) for each in found.values())
    assert np.allclose(
        np.sort(found["ansatz"].ravel()), np.sort(found["ansatz, wrong rows"].ravel())
    )


def test_the_mean_state_is_the_mean_over_the_frames_that_are_read(weights):
    found = mean_state(weights, LABELS, length=1000, skip=100)
    read = hidden_states(weights, LABELS[:6000].reshape(6, 1000), every=1)[:, 100:]
    np.testing.assert_allclose(found.hidden, read.mean(axis=(0, 1)), atol=1e-5)
    assert found.cell.shape == (16,) and not np.allclose(found.cell, found.hidden)


def test_alignment_does_not_see_a_factor_or_a_common_vector():
    rows = np.random.default_rng(1).normal(size=(3, 8))
    assert alignment(2 * rows + rows[0], rows) == pytest.approx(1)
    assert abs(alignment(rows[[1, 2, 0]], rows)) < 0.9


def test_the_divergence_is_zero_for_equal_probabilities_and_weighs_the_rows():
    other = np.array([[0.5, 0.25, 0.25], [0.1, 0.8, 0.1], [0.1, 0.2, 0.7]])
    assert divergence(CHAIN, CHAIN + 1e-300, [0.3, 0.4, 0.3]) == pytest.approx(0)
    only_first = divergence(CHAIN, other, [1, 0, 0])
    assert only_first == pytest.approx(0.9 * np.log(0.9 / 0.5) + 0.1 * np.log(0.1 / 0.25))


def test_the_rule_asks_every_step_that_is_not_rare():
    own = np.array([[0.9, 0.1, 0.0], [0.05, 0.9, 0.05], [5e-5, 0.1, 0.9]])
    near = own * [[1, 1.2, 1], [1 / 1.2, 1, 1.2], [9, 1.2, 1]]
    assert criteria.steps_agree(own, near), "the rare step from C to A is not asked"
    assert not criteria.steps_agree(own, near * [[1, 1.1, 1], [1, 1, 1], [1, 1, 1]])
    outcome = criteria.steps_of_all_agree([own] * 10, [near] * 9 + [np.full((3, 3), 1 / 3)])
    assert outcome.passed and outcome.measured == "9 of 10 within a factor of 1.25"
    assert not criteria.steps_of_all_agree([own] * 3, [near, near, 2 * near]).passed
