"""Losses of Markov models: the sum over hidden paths, exact rates, what a model rules out."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from lstm_md.analysis.markov import fit_markov_chain, simulate_markov_chain, stationary
from lstm_md.analysis.markov_models import HiddenMarkovModel, MarkovModel, simulate_hmm
from lstm_md.training import sequences
from reproduction.path_entropy.entropy import markov_entropy_rate
from reproduction.rivals.losses import CHANCE, hmm_loss, msm_loss

CHAIN = np.array([[0.97, 0.02, 0.01], [0.04, 0.94, 0.02], [0.02, 0.02, 0.96]])
HIDDEN = np.array([[0.9, 0.08, 0.02], [0.1, 0.7, 0.2], [0.0, 0.3, 0.7]])
OUTPUT = np.array([[0.6, 0.3, 0.1, 0.0], [0.1, 0.4, 0.4, 0.1], [0.0, 0.1, 0.2, 0.7]])


def hidden_model(transitions, outputs):
    populations = stationary(transitions)
    return HiddenMarkovModel(transitions, populations, np.array(outputs), np.empty(0), 1)


def state_model(matrix):
    return MarkovModel(np.array(matrix), stationary(matrix), np.empty(0), 1)


HMM, MSM = hidden_model(HIDDEN, OUTPUT), state_model(CHAIN)
ROW = [0, 0, 1, 3, 2, 2, 0, 1]


def probability(model, labels):
    """Of a row of labels: the sum over all hidden paths, each label put out by chance too."""
    output = (1 - CHANCE) * model.output_probabilities + CHANCE / model.output_probabilities.shape[
        1
    ]
    total = 0.0
    for path in product(range(len(output)), repeat=len(labels)):
        one = model.stationary[path[0]] * output[path[0], labels[0]]
        for before, state, label in zip(path, path[1:], labels[1:]):
            one *= model.transition_matrix[before, state] * output[state, label]
        total += one
    return total


# Hidden Markov models


def test_the_loss_is_the_sum_over_all_hidden_paths_given_the_first_label():
    expected = np.log(probability(HMM, ROW[:1])) - np.log(probability(HMM, ROW))
    assert hmm_loss(HMM, ROW) == pytest.approx(expected / 7, rel=1e-12)
    assert hmm_loss(HMM, ROW[::-1]) != pytest.approx(expected / 7, rel=1e-3)


def test_each_row_begins_anew_from_the_stationary_distribution():
    rows = [ROW, ROW[::-1], [3] * 8]
    assert hmm_loss(HMM, rows) == pytest.approx(np.mean([hmm_loss(HMM, row) for row in rows]))
    whole = np.concatenate(rows)
    assert hmm_loss(HMM, whole) != pytest.approx(hmm_loss(HMM, rows), rel=1e-3)


def test_on_its_own_text_no_other_model_loses_less():
    labels = simulate_hmm(HMM, 100_000, seed=1)
    own = hmm_loss(HMM, labels)
    slower = hidden_model(0.8 * HIDDEN + 0.2 * np.eye(3), OUTPUT)
    blurred = hidden_model(HIDDEN, 0.9 * OUTPUT + 0.1 / 4)
    memoryless = hidden_model(np.tile(HMM.stationary, (3, 1)), OUTPUT)
    populations = HMM.populations
    assert own < hmm_loss(slower, labels) - 1e-3
    assert own < hmm_loss(blurred, labels) - 1e-3
    # Without a memory only the populations are left.
    drawn = -np.log(populations[labels[1:]]).mean()
    assert hmm_loss(memoryless, labels) == pytest.approx(drawn, abs=1e-5)
    assert own < drawn - 0.1


def test_the_numbers_of_the_hidden_states_do_not_matter():
    order = [2, 0, 1]
    other = replace(
        HMM,
        transition_matrix=HIDDEN[np.ix_(order, order)],
        output_probabilities=OUTPUT[order],
        stationary=HMM.stationary[order],
    )
    assert hmm_loss(other, ROW) == pytest.approx(hmm_loss(HMM, ROW), rel=1e-12)


def test_states_that_show_what_they_are_hide_nothing():
    labels = simulate_markov_chain(CHAIN, 5_000, seed=2)
    assert hmm_loss(hidden_model(CHAIN, np.eye(3)), labels) == pytest.approx(
        msm_loss(MSM, labels), abs=1e-4
    )


def test_more_past_costs_less():
    slow = hidden_model(np.array([[0.99, 0.01], [0.01, 0.99]]), OUTPUT[[0, 2]])
    labels = simulate_hmm(slow, 100_001, seed=3)
    losses = [hmm_loss(slow, sequences(labels, length)) for length in (2, 10, 100, 100_000)]
    assert (np.diff(losses) < -1e-3).all()
    assert losses[-1] == pytest.approx(hmm_loss(slow, labels))


def test_a_label_that_no_hidden_state_puts_out_costs_a_finite_loss_and_tells_nothing():
    never = hidden_model(HIDDEN, np.column_stack([OUTPUT, np.zeros(3)]))  # label 4
    limit = np.log(5 / CHANCE)
    assert hmm_loss(never, [0, 4]) == pytest.approx(limit, abs=1e-9)
    assert hmm_loss(never, ROW) == pytest.approx(hmm_loss(HMM, ROW), abs=1e-5)
    # After it, what follows is predicted from the label two frames before.
    now = HMM.stationary * OUTPUT[:, 0]
    later = now / now.sum() @ np.linalg.matrix_power(HIDDEN, 2) @ OUTPUT[:, 3]
    expected = (limit - np.log(later)) / 2
    assert hmm_loss(never, [0, 4, 3]) == pytest.approx(expected, abs=1e-4)


def test_a_path_that_the_hidden_chain_rules_out_costs_a_finite_loss():
    turns = hidden_model(np.array([[0.0, 1.0], [1.0, 0.0]]), np.eye(2))
    assert hmm_loss(turns, [0, 1, 0, 1]) == pytest.approx(0, abs=2 * CHANCE)
    assert 13 < hmm_loss(turns, [0, 0]) < np.log(2 / CHANCE)


# Markov state models


def test_the_loss_is_that_of_the_counted_pairs():
    rows = np.array([[0, 0, 1, 2], [2, 2, 2, 0]])
    probabilities = [CHAIN[i, j] for i, j in [(0, 0), (0, 1), (1, 2), (2, 2), (2, 2), (2, 0)]]
    assert msm_loss(MSM, rows) == pytest.approx(-np.log(probabilities).mean(), abs=1e-4)
    mixed = (1 - CHANCE) * np.array(probabilities) + CHANCE / 3
    assert msm_loss(MSM, rows) == pytest.approx(-np.log(mixed).mean(), rel=1e-12)


def test_the_loss_reaches_the_entropy_rate():
    labels = simulate_markov_chain(CHAIN, 300_000, seed=4)
    assert msm_loss(MSM, labels) == pytest.approx(markov_entropy_rate(CHAIN), abs=3e-3)
    # The matrix of those labels is the one that they cost least.
    best = msm_loss(state_model(fit_markov_chain(labels, n_labels=3)), labels)
    assert msm_loss(MSM, labels) - 1e-3 < best < msm_loss(MSM, labels)


def test_in_sequences_of_a_training_every_label_but_the_first_is_predicted_once():
    labels = simulate_markov_chain(CHAIN, 1_050, seed=5)
    rows = sequences(labels, 100)
    assert rows.shape == (10, 101)
    assert msm_loss(MSM, rows) == pytest.approx(msm_loss(MSM, labels[:1_001]), rel=1e-12)


def test_a_transition_without_probability_costs_a_finite_loss():
    model = state_model([[0.5, 0.5, 0.0], [0.25, 0.5, 0.25], [0.0, 0.5, 0.5]])
    assert msm_loss(model, [0, 2]) == pytest.approx(np.log(3 / CHANCE), rel=1e-12)
    assert msm_loss(model, [0, 1]) == pytest.approx(np.log(2), abs=CHANCE)


def test_a_label_outside_the_connected_set_predicts_any_label():
    matrix = np.array([[0.5, 0.5, 0.0], [0.5, 0.5, 0.0], [1 / 3, 1 / 3, 1 / 3]])
    model = MarkovModel(matrix, np.array([0.5, 0.5, 0.0]), np.empty(0), 1)
    assert msm_loss(model, [2, 1]) == pytest.approx(np.log(3), abs=CHANCE)


# Both


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (
            lambda: hmm_loss(replace(HMM, lag_frames=3), ROW),
            ValueError,
            "model: .*3.* lag_frames=1",
        ),
        (
            lambda: msm_loss(replace(MSM, lag_frames=3), ROW),
            ValueError,
            "model: .*3.* lag_frames=1",
        ),
        (lambda: hmm_loss(HMM, [0, 4]), ValueError, "labels: expected labels from 0 to 3"),
        (lambda: msm_loss(MSM, [0, 3]), ValueError, "labels: expected labels from 0 to 2"),
        (lambda: hmm_loss(HMM, [0]), ValueError, "labels: .*at least 2 frame"),
        (lambda: msm_loss(MSM, [[0], [1]]), ValueError, "labels: .*at least 2 frame"),
        (lambda: hmm_loss(HMM, [0.0, 1.0]), TypeError, "labels: expected integer"),
        (lambda: msm_loss(MSM, [0.0, 1.0]), TypeError, "labels: expected integer"),
        (
            lambda: hmm_loss(replace(HMM, output_probabilities=2 * OUTPUT), ROW),
            ValueError,
            "row 0 is .* must be a distribution",
        ),
        (
            lambda: hmm_loss(replace(HMM, transition_matrix=np.full((2, 2), 0.5)), ROW),
            ValueError,
            "expected shape .3, 3.",
        ),
        (
            lambda: hmm_loss(replace(HMM, transition_matrix=np.eye(3)), ROW),
            ValueError,
            "never left",
        ),
        (
            lambda: msm_loss(replace(MSM, transition_matrix=2 * CHAIN), [0, 1]),
            ValueError,
            "row 0 is .* must be a distribution",
        ),
    ],
)
def test_bad_input_is_refused_with_its_name(call, error, says):
    with pytest.raises(error, match=says):
        call()
