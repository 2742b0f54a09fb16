"""Path entropy: sums over all paths by hand, closed forms, the forward recursion against both."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from lstm_md.analysis.markov import stationary
from lstm_md.analysis.markov_models import HiddenMarkovModel
from reproduction.common.higher_order import fit_higher_order_chain
from reproduction.path_entropy.entropy import (
    block_means,
    conditional_entropies,
    entropy_rate,
    markov_entropy_rate,
    semi_markov_entropy_rate,
)
from reproduction.path_entropy.processes import (
    markov_process,
    second_order_process,
    semi_markov_process,
)

RNG = np.random.default_rng(0)
MATRIX = np.array([[0.90, 0.08, 0.02], [0.06, 0.88, 0.06], [0.02, 0.08, 0.90]])
TENSOR = RNG.dirichlet(np.ones(3), size=(3, 3))
JUMPS = np.array([[0.0, 0.8, 0.2], [0.5, 0.0, 0.5], [0.2, 0.8, 0.0]])
STAYS = RNG.dirichlet(np.ones(9), size=3)
HIDDEN = HiddenMarkovModel(MATRIX, [[0.8, 0.2, 0.0], [0.1, 0.8, 0.1], [0.0, 0.3, 0.7]])


def probability_by_hand(process, labels):
    """Σ over all paths of the hidden states."""
    total = 0.0
    for hidden in product(range(len(process.transition_matrix)), repeat=len(labels)):
        p = process.stationary[hidden[0]]
        for now, later in zip(hidden, hidden[1:]):
            p *= process.transition_matrix[now, later]
        for state, label in zip(hidden, labels, strict=True):
            p *= process.output_probabilities[state, label]
        total += p
    return total


@pytest.mark.parametrize("process", [markov_process(MATRIX), HIDDEN], ids=["markov", "hidden"])
def test_the_recursion_is_the_sum_over_all_hidden_paths(process):
    labels = process.simulate(6, seed=1, n_chains=4)
    losses = process.losses(labels)
    assert losses.shape == (4, 6)
    for chain, loss in zip(labels, losses, strict=True):
        for frames in (1, 3, 6):
            by_hand = -np.log(probability_by_hand(process, chain[:frames]))
            assert loss[:frames].sum() == pytest.approx(by_hand)


def is_found_by_the_recursion(process, rate, seed=2):
    estimate = entropy_rate(process, process.simulate(400_000, seed=seed))
    assert 0 < estimate.error < 0.01 * rate
    assert abs(estimate.deviation_from(rate)) < 4


def test_the_recursion_finds_the_closed_form_of_a_markov_chain():
    by_hand = -sum(
        p * t * np.log(t) for p, row in zip(stationary(MATRIX), MATRIX, strict=True) for t in row
    )
    assert markov_entropy_rate(MATRIX) == pytest.approx(by_hand)
    is_found_by_the_recursion(markov_process(MATRIX), by_hand)


def test_the_recursion_finds_the_closed_form_of_a_second_order_chain():
    process = second_order_process(TENSOR)
    pairs = process.stationary.reshape(3, 3)
    by_hand = -(pairs[:, :, None] * TENSOR * np.log(TENSOR)).sum()
    assert markov_entropy_rate(process.transition_matrix) == pytest.approx(by_hand)
    is_found_by_the_recursion(process, by_hand)


def test_the_recursion_finds_the_closed_form_of_a_semi_markov_process():
    process = semi_markov_process(JUMPS, STAYS)
    rate = semi_markov_entropy_rate(JUMPS, STAYS)
    # Label and age are a Markov chain, and the labels reveal the age.
    assert markov_entropy_rate(process.transition_matrix) == pytest.approx(rate)
    is_found_by_the_recursion(process, rate)


def test_certain_and_fair_processes():
    assert markov_entropy_rate(np.eye(2)[::-1]) == 0.0
    fair = HiddenMarkovModel([[0.3, 0.7], [0.6, 0.4]], np.full((2, 4), 0.25))
    assert np.allclose(fair.losses([0, 3, 1]), np.log(4))
    assert np.allclose(conditional_entropies(fair, 3), np.log(4))


def test_conditional_entropies_fall_to_the_rate():
    chain = conditional_entropies(markov_process(MATRIX), 4)
    rate = markov_entropy_rate(MATRIX)
    assert np.allclose(chain[1:], rate) and chain[0] > 2 * rate
    second = conditional_entropies(second_order_process(TENSOR), 4)
    assert second[1] > second[2] and np.allclose(second[2:], second[2])
    hidden = conditional_entropies(HIDDEN, 8)
    assert (np.diff(hidden) < 0).all()
    labels = HIDDEN.simulate(400_000, seed=3)
    assert abs(entropy_rate(HIDDEN, labels).deviation_from(hidden[-1])) < 4


def test_conditional_entropies_are_those_of_counted_words():
    labels = HIDDEN.simulate(1_000_000, seed=4).astype(int)
    words = np.bincount(9 * labels[:-2] + 3 * labels[1:-1] + labels[2:]) / (labels.size - 2)
    pairs = np.bincount(3 * labels[:-1] + labels[1:]) / (labels.size - 1)
    entropy = [-(p[p > 0] * np.log(p[p > 0])).sum() for p in (pairs, words)]
    assert conditional_entropies(HIDDEN, 2)[2] == pytest.approx(entropy[1] - entropy[0], abs=5e-3)


def test_a_fitted_chain_has_the_conditional_entropy_of_its_order():
    process = second_order_process(TENSOR)
    chain = fit_higher_order_chain(process.simulate(400_000, seed=5), 3, n_labels=3)
    labels = process.simulate(400_000, seed=6)
    exact, entropies = process.losses(labels).mean(), conditional_entropies(process, 3)
    for order, entropy in enumerate(entropies):
        expected = exact + entropy - entropies[-1]
        assert chain.losses(labels, order).mean() == pytest.approx(expected, rel=3e-3)


def test_block_means_leave_out_what_fills_no_block():
    assert block_means(np.arange(7.0), 3).tolist() == [0.5, 2.5, 4.5]
    with pytest.raises(ValueError, match="n_blocks: found 8 for 7 losses"):
        block_means(np.arange(7.0), 8)


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: entropy_rate(HIDDEN, [0, 3]), "labels: expected labels from 0 to 2"),
        (lambda: conditional_entropies(HIDDEN, -1), "order: expected at least 0"),
        (lambda: markov_entropy_rate(STAYS), r"matrix: expected shape \(N, N\)"),
        (lambda: semi_markov_entropy_rate(MATRIX, STAYS), "jumps: expected shape"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
