"""Processes of known entropy: what each hides, what it writes, what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from lstm_md.analysis.markov import fit_markov_chain
from reproduction.path_entropy.processes import (
    HiddenProcess,
    markov_process,
    second_order_process,
    semi_markov_process,
    simulate_process,
)

MATRIX = np.array([[0.8, 0.2], [0.4, 0.6]])
JUMPS = np.array([[0.0, 1.0, 0.0], [0.3, 0.0, 0.7], [0.0, 1.0, 0.0]])
STAYS = np.array([[0.0, 0.5, 0.5], [1.0, 0.0, 0.0], [0.25, 0.25, 0.5]])


def random_tensor(n=3, seed=0):
    return np.random.default_rng(seed).dirichlet(np.ones(n), size=(n, n))


def test_a_markov_chain_hides_nothing():
    process = markov_process(MATRIX)
    assert np.allclose(process.transitions, MATRIX) and (process.emissions == np.eye(2)).all()
    assert np.allclose(process.stationary, [2 / 3, 1 / 3]) and process.n_labels == 2


def test_a_second_order_chain_writes_what_its_tensor_says():
    tensor = random_tensor()
    labels = simulate_process(second_order_process(tensor), 200_000, seed=1).astype(int)
    counts = np.zeros((3, 3, 3))
    np.add.at(counts, (labels[:-2], labels[1:-1], labels[2:]), 1)
    assert np.allclose(counts / counts.sum(axis=2, keepdims=True), tensor, atol=0.02)


def test_a_semi_markov_process_stays_as_long_as_it_should_and_jumps_where_it_should():
    labels = simulate_process(semi_markov_process(JUMPS, STAYS), 200_000, seed=2)
    cuts = np.flatnonzero(np.diff(labels.astype(int))) + 1
    lengths, where = np.diff(cuts), labels[cuts[:-1]]
    for label in range(3):
        shares = np.bincount(lengths[where == label], minlength=4)[1:] / (where == label).sum()
        assert np.allclose(shares, STAYS[label], atol=0.01)
    jumps = fit_markov_chain(labels[np.r_[0, cuts]], n_labels=3)
    assert np.allclose(jumps, JUMPS, atol=0.01)


def test_a_semi_markov_process_with_geometric_stays_is_a_markov_chain():
    ages = np.arange(200)
    stays = np.array([0.2 * 0.8**ages, 0.4 * 0.6**ages])
    process = semi_markov_process([[0, 1], [1, 0]], stays / stays.sum(axis=1, keepdims=True))
    labels = simulate_process(process, 100_000, seed=3)
    assert np.allclose(fit_markov_chain(labels, n_labels=2), [[0.8, 0.2], [0.4, 0.6]], atol=0.01)
    held = labels[:-2] == labels[1:-1]  # the age decides nothing
    for now in range(2):
        again = (labels[2:] == now)[held & (labels[1:-1] == now)].mean()
        assert again == pytest.approx(MATRIX[now, now], abs=0.01)


def test_what_shows_is_drawn_apart_from_what_is_hidden():
    shown = np.array([[0.9, 0.1, 0.0], [0.2, 0.3, 0.5]])
    labels = simulate_process(HiddenProcess(MATRIX, shown), 200_000, seed=4)
    assert labels.dtype == np.uint8
    shares = np.bincount(labels, minlength=3) / labels.size
    assert np.allclose(shares, [2 / 3, 1 / 3] @ shown, atol=0.01)
    pair = shown.T @ np.diag([2 / 3, 1 / 3]) @ MATRIX @ shown  # of neighbouring labels
    counts = np.zeros((3, 3))
    np.add.at(counts, (labels[:-1], labels[1:]), 1)
    assert np.allclose(counts / counts.sum(), pair, atol=0.01)


@pytest.mark.parametrize(
    "process", [markov_process(MATRIX), HiddenProcess(MATRIX, [[0.9, 0.1], [0.2, 0.8]])]
)
def test_the_seed_decides(process):
    first = simulate_process(process, 1000, seed=5, chains=2)
    assert first.shape == (2, 1000) and (first[0] != first[1]).any()
    assert (first == simulate_process(process, 1000, seed=5, chains=2)).all()
    assert (first != simulate_process(process, 1000, seed=6, chains=2)).any()


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: HiddenProcess(MATRIX, [[0.5, 0.4], [1, 0]]), "emissions: row 0 is"),
        (lambda: HiddenProcess(MATRIX, np.eye(3)), r"transitions: expected shape \(3, 3\)"),
        (lambda: markov_process([[1.5, -0.5], [0, 1]]), "matrix: row 0 is"),
        (lambda: second_order_process(np.full((2, 3, 3), 1 / 3)), "tensor: expected shape"),
        (lambda: second_order_process(np.ones((2, 2, 2))), r"tensor: row \(0, 0\) is"),
        (lambda: semi_markov_process(MATRIX, STAYS[:2]), "jumps: expected shape"),
        (lambda: semi_markov_process(JUMPS, STAYS / 2), "stays: row 0 is"),
    ],
)
def test_what_is_no_process_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
