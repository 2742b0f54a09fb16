import sys

import numpy as np
import pytest

from lstm_md.analysis import markov, markov_models
from lstm_md.analysis.markov_models import HiddenMarkovModel, fit_hmm, fit_msm, simulate_hmm

CHAIN = np.array([[0.97, 0.02, 0.01], [0.04, 0.94, 0.02], [0.02, 0.02, 0.96]])  # reversible
HIDDEN = np.array([[0.98, 0.02], [0.05, 0.95]])
OUTPUT = np.array([[0.5, 0.3, 0.15, 0.05, 0.0], [0.0, 0.1, 0.2, 0.3, 0.4]])
KNOWN = HiddenMarkovModel(HIDDEN, np.array([5, 2]) / 7, OUTPUT, -1 / np.log([0.93]), 1)


def test_msm_recovers_an_exact_chain_at_any_lag():
    labels = markov.simulate_markov_chain(CHAIN, 300_000, seed=1)
    exact = markov.stationary(CHAIN)
    eigenvalues = np.sort(np.linalg.eigvals(CHAIN).real)[::-1]
    for lag in (1, 5):
        model = fit_msm(labels, lag, 3)
        np.testing.assert_allclose(
            model.transition_matrix, np.linalg.matrix_power(CHAIN, lag), atol=0.02
        )
        np.testing.assert_allclose(model.stationary, exact, atol=0.02)
        np.testing.assert_allclose(model.timescales, -1 / np.log(eigenvalues[1:]), rtol=0.05)
        assert model.lag_frames == lag


def test_msm_without_detailed_balance_is_the_plain_count_ratio():
    labels = markov.simulate_markov_chain(CHAIN, 20_000, seed=2)
    model = fit_msm(labels, 3, 3, reversible=False)
    np.testing.assert_allclose(
        model.transition_matrix, markov.markov_chain(labels, 3, lag_frames=3), atol=1e-12
    )


def test_msm_of_two_chains_counts_no_transition_between_them():
    model = fit_msm([[0, 1, 0, 1, 0, 0], [2, 3, 2, 3, 2, 3]], 1, 4)
    assert set(np.flatnonzero(model.stationary)) in ({0, 1}, {2, 3})


def test_msm_with_labels_that_never_occur_can_be_simulated():
    labels = 2 * markov.simulate_markov_chain(CHAIN, 50_000, seed=3)  # 0, 2, 4
    model = fit_msm(labels, 1, 6)
    np.testing.assert_array_equal(model.stationary[[1, 3, 5]], 0)
    np.testing.assert_allclose(model.transition_matrix.sum(axis=1), 1)
    drawn = markov.simulate_markov_chain(model.transition_matrix, 1000, seed=1)
    assert set(drawn) <= {0, 2, 4}


def test_msm_of_one_label_stays_there():
    model = fit_msm(np.ones(100, np.uint8), 1, 3)
    np.testing.assert_array_equal(model.stationary, [0, 1, 0])
    assert model.timescales.size == 0


def sorted_by_output(model):
    order = np.argsort(model.output_probabilities @ np.arange(model.output_probabilities.shape[1]))
    return model.transition_matrix[np.ix_(order, order)], model.output_probabilities[order]


def test_hmm_recovers_a_hidden_chain_that_an_msm_gets_wrong():
    labels = simulate_hmm(KNOWN, 100_000, seed=1)
    model = fit_hmm(labels, 2, 1, 5)
    hidden, output = sorted_by_output(model)
    np.testing.assert_allclose(hidden, HIDDEN, atol=0.01)
    np.testing.assert_allclose(output, OUTPUT, atol=0.02)
    np.testing.assert_allclose(model.stationary.max(), 5 / 7, atol=0.03)
    np.testing.assert_allclose(model.timescales, KNOWN.timescales, rtol=0.1)
    np.testing.assert_allclose(model.populations, np.bincount(labels) / labels.size, atol=0.01)
    assert model.iterations > 1 and np.isfinite(model.log_likelihood)
    assert fit_msm(labels, 1, 5).timescales[0] < 0.5 * KNOWN.timescales[0]


def test_hmm_at_a_lag_gives_the_same_timescale_in_frames():
    labels = simulate_hmm(KNOWN, 200_000, seed=2)
    model = fit_hmm(labels.reshape(2, -1), 2, 5, 5)
    np.testing.assert_allclose(model.timescales, KNOWN.timescales, rtol=0.25)
    hidden, _ = sorted_by_output(model)
    np.testing.assert_allclose(hidden, np.linalg.matrix_power(HIDDEN, 5), atol=0.04)


def test_hmm_of_labels_with_gaps_gives_the_absent_ones_no_probability():
    labels = 2 * simulate_hmm(KNOWN, 20_000, seed=3)
    model = fit_hmm(labels, 2, 1, 10)
    np.testing.assert_array_equal(model.output_probabilities[:, 1::2], 0)
    np.testing.assert_allclose(model.output_probabilities.sum(axis=1), 1)


def test_simulated_hmm_has_the_populations_and_the_memory_of_the_model():
    labels = simulate_hmm(KNOWN, 50_000, seed=4, chains=4)
    assert labels.shape == (4, 50_000) and labels.dtype == np.uint8
    populations = np.bincount(labels.ravel(), minlength=5) / labels.size
    np.testing.assert_allclose(populations, KNOWN.populations, atol=0.01)
    # P(l(t), l(t + n)) = Σ π_i B_i T^n_ij B_j, exactly.
    for n in (1, 20):
        joint = OUTPUT.T @ np.diag(KNOWN.stationary) @ np.linalg.matrix_power(HIDDEN, n) @ OUTPUT
        pairs = np.zeros((5, 5))
        np.add.at(pairs, (labels[:, :-n], labels[:, n:]), 1)
        np.testing.assert_allclose(pairs / pairs.sum(), joint, atol=0.005)


def test_simulated_hmm_is_the_same_for_the_same_seed_only():
    one, same, other = (simulate_hmm(KNOWN, 200, seed=s) for s in (1, 1, 2))
    assert one.shape == (200,)
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda: fit_msm([0.5, 1.5], 1, 2), TypeError, "labels: expected integer labels"),
        (lambda: fit_msm([0, 1, 5], 1, 2), ValueError, "labels: expected labels from 0 to 1"),
        (lambda: fit_msm([0, 1, 0], 3, 2), ValueError, "at least 4 frame"),
        (lambda: fit_msm([0, 1, 0], 0, 2), ValueError, "lag_frames: expected at least 1"),
        (lambda: fit_hmm([0, 1, 0], 1, 1, 2), ValueError, "hidden_states: expected at least 2"),
        (lambda: fit_hmm([0, 1] * 9, 3, 1, 4), ValueError, "hidden_states: 3, but only 2"),
        (lambda: simulate_hmm(KNOWN, 0, seed=1), ValueError, "expected at least 1"),
        (
            lambda: simulate_hmm(
                HiddenMarkovModel(HIDDEN, np.ones(2) / 2, OUTPUT * 2, np.ones(1), 1), 9, seed=1
            ),
            ValueError,
            "output_probabilities: each row",
        ),
        (
            lambda: simulate_hmm(
                HiddenMarkovModel(HIDDEN, np.ones(2) / 2, OUTPUT[:1], np.ones(1), 1), 9, seed=1
            ),
            ValueError,
            "a row for each of the 2 hidden states, found 1",
        ),
    ],
)
def test_bad_input_is_refused_with_its_name(call, error, says):
    with pytest.raises(error, match=says):
        call()


def test_without_deeptime_the_message_says_how_to_get_it(monkeypatch):
    for name in list(sys.modules):
        if name.split(".")[0] == "deeptime":
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "deeptime", None)
    with pytest.raises(ModuleNotFoundError, match="pip install deeptime"):
        markov_models.fit_msm([0, 1, 0, 1], 1, 2)
