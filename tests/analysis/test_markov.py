"""Markov chains: exact answers, frequencies against the matrix, bad input."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

import lstm_md
from lstm_md.analysis import markov
from lstm_md.analysis._probabilities import CHANCE
from lstm_md.analysis.markov import (
    MarkovModel,
    fit_markov_chain,
    simulate_markov_chain,
    stationary,
)
from lstm_md.training import sequences

THREE_STATES = np.array([[0.80, 0.15, 0.05], [0.10, 0.85, 0.05], [0.02, 0.08, 0.90]])
CHAINS = arrays(
    np.uint8,
    st.tuples(st.integers(1, 4), st.integers(4, 30)),
    elements=st.integers(0, 2),
    fill=st.nothing(),
)


def test_the_matrix_by_hand():
    labels = [0, 0, 0, 1, 1, 0]
    # From 0: to 0, 0, 1. From 1: to 1, 0.
    matrix = fit_markov_chain(labels).transition_matrix
    assert matrix.tolist() == [[2 / 3, 1 / 3], [1 / 2, 1 / 2]]
    # At lag 2: 0→0, 0→1, 0→1, 1→0.
    model = fit_markov_chain(labels, lag_frames=2)
    assert model.transition_matrix.tolist() == [[1 / 3, 2 / 3], [1, 0]]
    assert model.lag_frames == 2


@settings(deadline=None)
@given(CHAINS, st.integers(1, 3))
def test_the_matrix_equals_the_slow_version_and_joins_no_chains(chains, lag):
    counts = np.zeros((3, 3))
    for chain in chains:
        for now, later in zip(chain[:-lag], chain[lag:], strict=True):
            counts[now, later] += 1
    left, entered = counts.sum(axis=1) > 0, counts.sum(axis=0) > 0
    if (entered & ~left).any():
        label = np.flatnonzero(entered & ~left)[0]
        with pytest.raises(ValueError, match=f"label {label} occurs only in the last {lag} frame"):
            fit_markov_chain(chains, n_labels=3, lag_frames=lag)
        return
    matrix = fit_markov_chain(chains, n_labels=3, lag_frames=lag).transition_matrix
    np.testing.assert_allclose(matrix[left], counts[left] / counts[left].sum(axis=1)[:, None])
    assert np.allclose(matrix[~left], 1 / 3)


def test_a_label_that_never_occurs_changes_no_population():
    labels = [0, 2, 2, 0, 0, 2, 0, 0]
    with_hole = fit_markov_chain(labels, n_labels=4)
    without = fit_markov_chain(np.array(labels) // 2)
    assert np.allclose(with_hole.stationary, np.insert(without.stationary, [1, 2], 0))
    assert with_hole.connected.tolist() == [0, 2] and without.connected is None
    np.testing.assert_allclose(with_hole.timescales, without.timescales)
    assert set(with_hole.simulate(1000).tolist()) == {0, 2}


@given(
    arrays(np.float64, st.integers(1, 6).map(lambda n: (n, n)), elements=st.floats(0.01, 1)),
)
def test_stationary_populations_do_not_change_in_a_step(weights):
    matrix = weights / weights.sum(axis=1, keepdims=True)
    populations = stationary(matrix)
    np.testing.assert_allclose(populations @ matrix, populations, atol=1e-13)
    assert populations.sum() == pytest.approx(1, abs=1e-14)


def test_stationary_populations_of_known_chains():
    assert np.allclose(stationary([[0.9, 0.1], [0.05, 0.95]]), [1 / 3, 2 / 3])
    assert np.allclose(stationary([[0, 1, 0], [0, 0, 1], [1, 0, 0]]), [1 / 3] * 3)  # a cycle
    assert np.allclose(stationary([[0.5, 0.5], [0, 1]]), [0, 1])  # a label left for good
    rare = 1e-9
    assert np.allclose(stationary([[1 - rare, rare], [3 * rare, 1 - 3 * rare]]), [0.75, 0.25])


def test_simulated_steps_follow_the_matrix():
    labels = simulate_markov_chain(THREE_STATES, 2_000, seed=21, n_chains=500)
    for label in range(3):
        after = labels[:, 1:][labels[:, :-1] == label]
        observed = np.bincount(after, minlength=3)
        assert stats.chisquare(observed, THREE_STATES[label] * after.size).pvalue > 1e-3
    first = np.bincount(labels[:, 0], minlength=3)
    assert stats.chisquare(first, stationary(THREE_STATES) * 500).pvalue > 1e-3


def test_simulated_steps_do_not_remember_the_step_before():
    labels = simulate_markov_chain(THREE_STATES, 1_000_000, seed=22)
    here = labels[1:-1] == 1
    table = np.zeros((3, 3))
    np.add.at(table, (labels[:-2][here], labels[2:][here]), 1)
    assert stats.chi2_contingency(table).pvalue > 1e-3


def test_the_matrix_of_a_simulated_chain_comes_back():
    labels = simulate_markov_chain(THREE_STATES, 1_000_000, seed=23)
    np.testing.assert_allclose(fit_markov_chain(labels).transition_matrix, THREE_STATES, atol=3e-3)
    squared = fit_markov_chain(labels, lag_frames=2).transition_matrix
    np.testing.assert_allclose(squared, THREE_STATES @ THREE_STATES, atol=4e-3)


def test_a_model_simulates_its_matrix():
    expected = simulate_markov_chain(THREE_STATES, 50, seed=28, n_chains=2)
    found = MarkovModel(THREE_STATES).simulate(50, seed=28, n_chains=2)
    np.testing.assert_array_equal(found, expected)


def test_impossible_steps_never_happen():
    ring = np.zeros((30, 30))
    for label in range(30):
        ring[label, label], ring[label, (label + 1) % 30] = 0.3, 0.7
    steps = np.diff(simulate_markov_chain(ring, 100_000, seed=24).astype(int)) % 30
    assert set(steps.tolist()) == {0, 1}


def test_the_seed_repeats_and_another_seed_does_not():
    first = simulate_markov_chain(THREE_STATES, 500, seed=25, n_chains=3)
    assert first.shape == (3, 500)
    assert np.array_equal(first, simulate_markov_chain(THREE_STATES, 500, seed=25, n_chains=3))
    assert not np.array_equal(first, simulate_markov_chain(THREE_STATES, 500, seed=26, n_chains=3))
    assert not np.array_equal(first[0], first[1])
    assert simulate_markov_chain(THREE_STATES, 500, seed=25).shape == (500,)


# Relaxation times


def test_relaxation_times_of_known_chains():
    slow, fast = 0.5, 0.2
    chain = np.kron([[1 - slow / 2, slow / 2]] * 2, [[1 - fast / 2, fast / 2]] * 2)
    chain[2:] = np.roll(chain[:2], 2, axis=1)
    chain[1::2] = chain[1::2][:, [1, 0, 3, 2]]
    # Two independent pairs of states: the eigenvalues are products of 1, 0.5 and 1, 0.8.
    expected = -3 / np.log([0.8, 0.5, 0.4])
    np.testing.assert_allclose(MarkovModel(chain, lag_frames=3).timescales, expected)


@pytest.mark.parametrize("size", [2, 3, 34])
def test_a_chain_without_memory_has_no_relaxation_time(size):
    populations = np.random.default_rng(size).dirichlet(np.ones(size))
    model = MarkovModel(np.tile(populations, (size, 1)))
    assert model.timescales.tolist() == [0.0] * (size - 1)


def test_a_cycle_never_relaxes():
    assert MarkovModel([[0, 1, 0], [0, 0, 1], [1, 0, 0]]).timescales.tolist() == [np.inf] * 2


def test_labels_that_are_not_connected_add_no_relaxation_time():
    matrix = np.full((4, 4), 0.25)
    matrix[1:3] = [[0, 0.9, 0.1, 0], [0, 0.1, 0.9, 0]]
    model = MarkovModel(matrix, 5, connected=np.array([1, 2]))
    np.testing.assert_allclose(model.timescales, [-5 / np.log(0.8)])


# Losses


def test_the_loss_is_that_of_the_counted_pairs():
    rows = np.array([[0, 0, 1, 2], [2, 2, 2, 0]])
    pairs = [(0, 0), (0, 1), (1, 2), (2, 2), (2, 2), (2, 0)]
    probabilities = np.array([THREE_STATES[pair] for pair in pairs])
    model = MarkovModel(THREE_STATES)
    assert model.loss(rows) == pytest.approx(-np.log(probabilities).mean(), abs=1e-4)
    mixed = (1 - CHANCE) * probabilities + CHANCE / 3
    assert model.loss(rows) == pytest.approx(-np.log(mixed).mean(), rel=1e-12)


def test_the_loss_reaches_the_entropy_rate():
    labels = simulate_markov_chain(THREE_STATES, 300_000, seed=4)
    exact = MarkovModel(THREE_STATES)
    rate = -exact.stationary @ (THREE_STATES * np.log(THREE_STATES)).sum(axis=1)
    assert exact.loss(labels) == pytest.approx(rate, abs=3e-3)
    # The fitted matrix has the lowest loss on its own labels.
    best = fit_markov_chain(labels).loss(labels)
    assert exact.loss(labels) - 1e-3 < best < exact.loss(labels)


def test_in_training_sequences_every_label_but_the_first_is_predicted_once():
    labels = simulate_markov_chain(THREE_STATES, 1_050, seed=5)
    rows = sequences(labels, 100)
    assert rows.shape == (10, 101)
    model = MarkovModel(THREE_STATES)
    assert model.loss(rows) == pytest.approx(model.loss(labels[:1_001]), rel=1e-12)


def test_a_transition_without_probability_has_a_finite_loss():
    model = MarkovModel([[0.5, 0.5, 0.0], [0.25, 0.5, 0.25], [0.0, 0.5, 0.5]])
    assert model.loss([0, 2]) == pytest.approx(np.log(3 / CHANCE), rel=1e-12)
    assert model.loss([0, 1]) == pytest.approx(np.log(2), abs=CHANCE)


def test_a_label_that_is_not_connected_predicts_any_label():
    matrix = [[0.5, 0.5, 0.0], [0.5, 0.5, 0.0], [1 / 3, 1 / 3, 1 / 3]]
    model = MarkovModel(matrix, connected=np.array([0, 1]))
    assert model.loss([2, 1]) == pytest.approx(np.log(3), abs=CHANCE)


# All


def test_more_than_256_labels_need_the_larger_type():
    labels = simulate_markov_chain(np.full((300, 300), 1 / 300), 10_000, seed=27)
    assert labels.dtype == np.uint16
    assert labels.max() > 255


def test_a_read_only_installation_works(tmp_path):
    # A file in the place of each folder that numba could write to, so that root fails as well.
    shutil.copytree(
        Path(lstm_md.__file__).parent,
        tmp_path / "lstm_md",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    for folder in (tmp_path / "lstm_md").rglob("*/"):
        if folder.is_dir():
            (folder / "__pycache__").write_text("not a folder")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("NUMBA", "XDG"))}
    environment |= {"HOME": os.devnull, "PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    code = (
        "from lstm_md.analysis import kinetics, markov\n"
        "print(kinetics.__file__)\n"
        "print(markov._walk._cache.cache_path)\n"
        "labels = markov.simulate_markov_chain([[0.0, 1.0], [1.0, 0.0]], 5, seed=1)\n"
        "print(kinetics.transition_counts(labels, [1]).sum())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    where, cache, transitions = done.stdout.split()
    assert where.startswith(str(tmp_path))
    assert cache == "None"
    assert transitions == "4"


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: fit_markov_chain([0.5, 1.0]), ValueError, "labels"),
        (lambda: fit_markov_chain([0]), ValueError, "labels: .*at least 2"),
        (lambda: fit_markov_chain([0, 1, 0], lag_frames=3), ValueError, "labels: .*at least 4"),
        (lambda: fit_markov_chain([0, 1], lag_frames=0), ValueError, "lag_frames"),
        (lambda: fit_markov_chain([0, 5], n_labels=3), ValueError, "labels"),
        (
            lambda: fit_markov_chain([0, 0, 2]),
            ValueError,
            "label 2 occurs only in the last 1 frame",
        ),
        (lambda: stationary([[0.5, 0.5]]), ValueError, "matrix"),
        (lambda: stationary([[0.5, 0.5], [0.5, 0.6]]), ValueError, "matrix: row 1"),
        (lambda: stationary([[1.5, -0.5], [0.5, 0.5]]), ValueError, "matrix: row 0"),
        (lambda: stationary([[np.nan, 1], [0.5, 0.5]]), ValueError, "matrix"),
        (lambda: stationary(np.eye(2)), ValueError, r"matrix: .*\[0\] and \[1\]"),
        (lambda: simulate_markov_chain(np.eye(2), 5, seed=0), ValueError, "matrix"),
        (lambda: simulate_markov_chain(THREE_STATES, 0, seed=0), ValueError, "n_frames"),
        (lambda: simulate_markov_chain(THREE_STATES, 5, seed=-1), ValueError, "seed"),
        (
            lambda: simulate_markov_chain(THREE_STATES, 5, seed=0, n_chains=0),
            ValueError,
            "n_chains",
        ),
        (lambda: MarkovModel(2 * THREE_STATES), ValueError, "transition_matrix: row 0 is .* must"),
        (lambda: MarkovModel(THREE_STATES).loss([0, 3]), ValueError, "labels: .*from 0 to 2"),
        (lambda: MarkovModel(THREE_STATES).loss([[0], [1]]), ValueError, "labels: .*1 frame"),
        (lambda: MarkovModel(THREE_STATES).loss([0.5, 1.0]), ValueError, "labels: .*whole"),
        (
            lambda: MarkovModel(THREE_STATES, lag_frames=3).loss([0, 1, 2]),
            ValueError,
            "model: .*3.* lag_frames=1",
        ),
    ],
)
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize(("n_frames", "n_chains"), [(50, 1), (50, 3), (3, 20)])
def test_a_walk_in_several_calls_is_the_same(monkeypatch, n_frames, n_chains):
    whole = simulate_markov_chain(THREE_STATES, n_frames, seed=4, n_chains=n_chains)
    monkeypatch.setattr(markov, "FRAMES_PER_CALL", 7)
    again = simulate_markov_chain(THREE_STATES, n_frames, seed=4, n_chains=n_chains)
    assert np.array_equal(again, whole)
