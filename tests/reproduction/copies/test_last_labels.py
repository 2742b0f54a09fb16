"""The model of the last labels: what it generates, and that it copies more with each label."""

from __future__ import annotations

import numpy as np
import pytest

from lstm_md.analysis.kinetics import transition_counts
from lstm_md.analysis.markov import fit_markov_chain, simulate_markov_chain
from reproduction.copies.last_labels import generate_by_last_labels
from reproduction.copies.matches import match_lengths

MATRIX = np.array([[0.9, 0.08, 0.02], [0.1, 0.8, 0.1], [0.05, 0.15, 0.8]])
DATA = simulate_markov_chain(MATRIX, 20_000, seed=1)


def test_one_label_is_a_first_order_markov_chain():
    generated = generate_by_last_labels(DATA, 1, 200_000, seed=2)
    expected = fit_markov_chain(DATA, n_labels=3).transition_matrix
    counts = transition_counts(generated, [1], n_labels=3)[0].astype(float)
    counts[np.diag_indices(3)] = np.bincount(generated[:-1], minlength=3) - counts.sum(axis=1)
    np.testing.assert_allclose(counts / counts.sum(axis=1, keepdims=True), expected, atol=0.01)


@pytest.mark.parametrize("order", [1, 3, 8])
def test_each_passage_of_one_label_more_occurs_in_the_data(order):
    generated = generate_by_last_labels(DATA, order, 5_000, seed=3)
    joined = np.concatenate([DATA, DATA[:order]])  # the end is followed by the beginning
    assert match_lengths(generated, joined)[order:].min() > order


def test_the_longer_the_memory_the_longer_the_matches():
    short, long = (
        match_lengths(generate_by_last_labels(DATA, order, 20_000, seed=4), DATA).mean()
        for order in (2, 20)
    )
    assert long > 1.5 * short


def test_data_that_repeat_are_continued_as_they_are():
    assert set(generate_by_last_labels([0, 1] * 5, 1, 100)) == {0, 1}
    cycle = generate_by_last_labels([0, 1, 2] * 4, 2, 9, seed=5).astype(int)
    assert (np.diff(cycle) % 3 == 1).all()
    assert (generate_by_last_labels([2, 2, 2, 2], 2, 5) == 2).all()
    assert generate_by_last_labels(np.zeros(4, int), 3, 5).tolist() == [0] * 5


def test_the_seed_decides():
    one, same, other = (generate_by_last_labels(DATA, 2, 100, seed=s) for s in (1, 1, 2))
    assert (one == same).all() and (one != other).any()


@pytest.mark.parametrize(
    ("data", "order", "message"),
    [
        ([[0, 1], [1, 0]], 1, r"found the shape \(2, 2\)"),
        ([0, 1, 0], 3, "more than 3 labels"),
        (np.arange(20), 15, r"20\^15 passages; give another chain, or a smaller order"),
        ([0, 1, 0], 0, "order"),
    ],
)
def test_what_cannot_be_continued_is_refused(data, order, message):
    with pytest.raises(ValueError, match=message):
        generate_by_last_labels(data, order, 10)
