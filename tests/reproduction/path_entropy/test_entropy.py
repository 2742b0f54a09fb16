"""Path entropy: sums over all paths by hand, closed forms, the forward recursion against both."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from lstm_md.analysis.markov import stationary
from reproduction.path_entropy.entropy import (
    block_means,
    conditional_entropies,
    context_chain,
    entropy_rate,
    markov_entropy_rate,
    path_losses,
    semi_markov_entropy_rate,
)
from reproduction.path_entropy.processes import (
    HiddenProcess,
    markov_process,
    second_order_process,
    semi_markov_process,
    simulate_process,
)

RNG = np.random.default_rng(0)
MATRIX = np.array([[0.90, 0.08, 0.02], [0.06, 0.88, 0.06], [0.02, 0.08, 0.90]])
TENSOR = RNG.dirichlet(np.ones(3), size=(3, 3))
JUMPS = np.array([[0.0, 0.8, 0.2], [0.5, 0.0, 0.5], [0.2, 0.8, 0.0]])
STAYS = RNG.dirichlet(np.ones(9), size=3)
HIDDEN = HiddenProcess(MATRIX, [[0.8, 0.2, 0.0], [0.1, 0.8, 0.1], [0.0, 0.3, 0.7]])


def probability_by_hand(process, labels):
    """Σ over all paths of the hidden states."""
    total = 0.0
    for hidden in product(range(len(process.transitions)), repeat=len(labels)):
        p = process.stationary[hidden[0]]
        for now, later in zip(hidden, hidden[1:]):
            p *= process.transitions[now, later]
        for state, label in zip(hidden, labels, strict=True):
            p *= process.emissions[state, label]
        total += p
    return total


@pytest.mark.parametrize("process", [markov_process(MATRIX), HIDDEN], ids=["markov", "hidden"])
def test_the_recursion_is_the_sum_over_all_hidden_paths(process):
    labels = simulate_process(process, 6, seed=1, chains=4)
    losses = path_losses(process, labels)
    assert losses.shape == (4, 6)
    for chain, loss in zip(labels, losses, strict=True):
        for frames in (1, 3, 6):
            by_hand = -np.log(probability_by_hand(process, chain[:frames]))
            assert loss[:frames].sum() == pytest.approx(by_hand)


def test_a_label_that_cannot_be_is_named():
    process = HiddenProcess([[0.5, 0.5], [0.5, 0.5]], [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    with pytest.raises(ValueError, match="chain 1 has label 2 at frame 2"):
        path_losses(process, [[0, 1, 0], [0, 1, 2]])


def within(process, rate, seed=2):
    estimate = entropy_rate(process, simulate_process(process, 400_000, seed=seed))
    assert 0 < estimate.error < 0.01 * rate
    assert abs(estimate.deviation_from(rate)) < 4


def test_the_recursion_finds_the_closed_form_of_a_markov_chain():
    by_hand = -sum(
        p * t * np.log(t) for p, row in zip(stationary(MATRIX), MATRIX, strict=True) for t in row
    )
    assert markov_entropy_rate(MATRIX) == pytest.approx(by_hand)
    within(markov_process(MATRIX), by_hand)


def test_the_recursion_finds_the_closed_form_of_a_second_order_chain():
    process = second_order_process(TENSOR)
    pairs = process.stationary.reshape(3, 3)
    by_hand = -(pairs[:, :, None] * TENSOR * np.log(TENSOR)).sum()
    assert markov_entropy_rate(process.transitions) == pytest.approx(by_hand)
    within(process, by_hand)


def test_the_recursion_finds_the_closed_form_of_a_semi_markov_process():
    process = semi_markov_process(JUMPS, STAYS)
    rate = semi_markov_entropy_rate(JUMPS, STAYS)
    # Label and age are a Markov chain, and the labels tell the age.
    assert markov_entropy_rate(process.transitions) == pytest.approx(rate)
    within(process, rate)


def test_certain_and_fair_processes():
    assert markov_entropy_rate(np.eye(2)[::-1]) == 0.0
    fair = HiddenProcess([[0.3, 0.7], [0.6, 0.4]], np.full((2, 4), 0.25))
    assert np.allclose(path_losses(fair, [0, 3, 1]), np.log(4))
    assert np.allclose(conditional_entropies(fair, 3), np.log(4))


def test_conditional_entropies_fall_to_the_rate():
    chain = conditional_entropies(markov_process(MATRIX), 4)
    rate = markov_entropy_rate(MATRIX)
    assert np.allclose(chain[1:], rate) and chain[0] > 2 * rate
    second = conditional_entropies(second_order_process(TENSOR), 4)
    assert second[1] > second[2] and np.allclose(second[2:], second[2])
    hidden = conditional_entropies(HIDDEN, 8)
    assert (np.diff(hidden) < 0).all()
    text = simulate_process(HIDDEN, 400_000, seed=3)
    assert abs(entropy_rate(HIDDEN, text).deviation_from(hidden[-1])) < 4


def test_conditional_entropies_are_those_of_words_counted():
    text = simulate_process(HIDDEN, 1_000_000, seed=4).astype(int)
    words = np.bincount(9 * text[:-2] + 3 * text[1:-1] + text[2:]) / (text.size - 2)
    pairs = np.bincount(3 * text[:-1] + text[1:]) / (text.size - 1)
    entropy = [-(p[p > 0] * np.log(p[p > 0])).sum() for p in (pairs, words)]
    assert conditional_entropies(HIDDEN, 2)[2] == pytest.approx(entropy[1] - entropy[0], abs=5e-3)


def test_a_chain_of_contexts_by_hand():
    chain = context_chain([0, 1, 0, 1, 1], order=1, n_labels=2)
    shares = (2 + 0.5) / 6, (3 + 0.5) / 6  # one half of a label more for each
    assert np.allclose(chain.tables[0], [shares])
    # After 0 came 1 twice; after 1 came 0 and 1.
    assert np.allclose(
        chain.tables[1],
        [[shares[0] / 3, (2 + shares[1]) / 3], [(1 + shares[0]) / 3, (1 + shares[1]) / 3]],
    )
    losses = chain.losses([1, 0], order=1)
    assert np.allclose(losses, -np.log([shares[1], (1 + shares[0]) / 3]))


def test_contexts_are_read_in_order_and_not_across_chains():
    # After "0 1" always 2, after "1 0" always 0.
    text = np.tile([0, 0, 1, 2, 1, 0], 200)
    chain = context_chain(text, order=2, n_labels=3)
    losses = chain.losses([[0, 1, 2], [1, 0, 0]], order=2)
    assert (losses[:, 2] < 0.01).all()
    both = chain.losses(text.reshape(2, -1), 2)
    assert np.allclose(both[1, :2], [chain.losses([0], 0)[0], chain.losses([0, 0], 1)[1]])
    assert np.allclose(both[0], chain.losses(text[:600], 2))


def test_a_context_never_seen_predicts_what_the_shorter_one_does():
    chain = context_chain([0, 1, 0, 1, 0, 2, 0], order=3, n_labels=3)
    assert np.allclose(chain.tables[3][13], chain.tables[2][13 % 9])  # 1 1 1 is not in the text
    assert all(np.allclose(table.sum(axis=1), 1) and (table > 0).all() for table in chain.tables)


def test_the_shorter_context_is_the_nearer_past():
    chain = context_chain(np.tile([0, 1, 2], 100), order=2, n_labels=3)
    # "1 0" was never seen; after 0 comes 1, after 1 would come 2.
    assert chain.losses([1, 0, 1], 2)[2] < 0.02 < 3 < chain.losses([1, 0, 2], 2)[2]


def test_a_chain_of_the_right_order_finds_the_rate_and_a_shorter_one_does_not():
    process = second_order_process(TENSOR)
    chain = context_chain(simulate_process(process, 400_000, seed=5), 3, 3)
    text = simulate_process(process, 400_000, seed=6)
    exact, entropies = path_losses(process, text).mean(), conditional_entropies(process, 3)
    for order, entropy in enumerate(entropies):
        expected = exact + entropy - entropies[-1]
        assert chain.losses(text, order).mean() == pytest.approx(expected, rel=3e-3)


def test_blocks():
    assert block_means(np.arange(7.0), 3).tolist() == [0.5, 2.5, 4.5]
    with pytest.raises(ValueError, match="n_blocks: found 8 for 7 losses"):
        block_means(np.arange(7.0), 8)


@pytest.mark.parametrize(
    "call, error, message",
    [
        (lambda: path_losses(HIDDEN, [0, 3]), ValueError, "labels: expected labels from 0 to 2"),
        (lambda: path_losses(HIDDEN, [0.5]), TypeError, "labels: expected integer labels"),
        (lambda: context_chain([0, 1], 2, 2), ValueError, "labels: expected at least 3 frame"),
        (lambda: context_chain([0, 1], 40, 2), ValueError, "order: 2 labels have 2\\^40 contexts"),
        (lambda: context_chain([0, 1], -1, 2), ValueError, "order: expected at least 0"),
        (
            lambda: context_chain([0, 1, 1], 1, 2).losses([0, 1], 2),
            ValueError,
            "order: found 2, and the chain was fitted up to 1",
        ),
        (lambda: semi_markov_entropy_rate(MATRIX, STAYS), ValueError, "jumps: expected shape"),
    ],
)
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
