"""Processes of known path entropy: their hidden states, what they generate, what is refused."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from lstm_md.analysis.markov import fit_markov_chain
from reproduction.path_entropy.processes import (
    markov_process,
    second_order_process,
    semi_markov_process,
)
from reproduction.path_entropy.run import trajectory
from reproduction.path_entropy.states import known_process

MATRIX = np.array([[0.8, 0.2], [0.4, 0.6]])
JUMPS = np.array([[0.0, 1.0, 0.0], [0.3, 0.0, 0.7], [0.0, 1.0, 0.0]])
STAYS = np.array([[0.0, 0.5, 0.5], [1.0, 0.0, 0.0], [0.25, 0.25, 0.5]])


def random_tensor(n=3, seed=0):
    return np.random.default_rng(seed).dirichlet(np.ones(n), size=(n, n))


def test_a_markov_chain_shows_its_hidden_states():
    process = markov_process(MATRIX)
    assert np.allclose(process.transition_matrix, MATRIX)
    assert (process.output_probabilities == np.eye(2)).all()
    assert np.allclose(process.stationary, [2 / 3, 1 / 3]) and process.n_labels == 2


def test_a_second_order_chain_has_the_probabilities_of_its_tensor():
    tensor = random_tensor()
    labels = second_order_process(tensor).simulate(200_000, seed=1).astype(int)
    counts = np.zeros((3, 3, 3))
    np.add.at(counts, (labels[:-2], labels[1:-1], labels[2:]), 1)
    assert np.allclose(counts / counts.sum(axis=2, keepdims=True), tensor, atol=0.02)


def test_a_semi_markov_process_has_the_lengths_and_the_jumps_that_were_asked_for():
    labels = semi_markov_process(JUMPS, STAYS).simulate(200_000, seed=2)
    cuts = np.flatnonzero(np.diff(labels.astype(int))) + 1
    lengths, where = np.diff(cuts), labels[cuts[:-1]]
    for label in range(3):
        shares = np.bincount(lengths[where == label], minlength=4)[1:] / (where == label).sum()
        assert np.allclose(shares, STAYS[label], atol=0.01)
    jumps = fit_markov_chain(labels[np.r_[0, cuts]], n_labels=3)
    assert np.allclose(jumps.transition_matrix, JUMPS, atol=0.01)


def test_a_semi_markov_process_with_geometric_stays_is_a_markov_chain():
    ages = np.arange(200)
    stays = np.array([0.2 * 0.8**ages, 0.4 * 0.6**ages])
    process = semi_markov_process([[0, 1], [1, 0]], stays / stays.sum(axis=1, keepdims=True))
    labels = process.simulate(100_000, seed=3)
    chain = fit_markov_chain(labels, n_labels=2)
    assert np.allclose(chain.transition_matrix, MATRIX, atol=0.01)
    stayed = labels[:-2] == labels[1:-1]  # the age changes nothing
    for now in range(2):
        again = (labels[2:] == now)[stayed & (labels[1:-1] == now)].mean()
        assert again == pytest.approx(MATRIX[now, now], abs=0.01)


@pytest.mark.parametrize(
    "name, checksum",
    [
        ("markov", "c934f9533c60f47c"),
        ("second_order", "f6b48298e4775e64"),
        ("hidden_markov", "543b03973613e950"),
        ("semi_markov", "d190b4125154d4d7"),
    ],
)
def test_the_trajectories_are_those_that_the_record_was_made_from(name, checksum):
    """The record holds no labels; these checksums were computed by the code that made it."""
    labels = [trajectory(name, 20_000, seed, k) for seed, k in ((1, 0), (1, 2), (2, 5))]
    labels.append(known_process(name).simulate(1000, seed=5, n_chains=3))
    found = hashlib.sha256(b"".join(array.tobytes() for array in labels))
    assert found.hexdigest().startswith(checksum)


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: markov_process([[1.5, -0.5], [0, 1]]), "matrix: row 0 is"),
        (lambda: second_order_process(np.full((2, 3, 3), 1 / 3)), "tensor: expected shape"),
        (lambda: second_order_process(np.ones((2, 2, 2))), r"tensor: row \(0, 0\) is"),
        (lambda: semi_markov_process(MATRIX, STAYS[:2]), "jumps: expected shape"),
        (lambda: semi_markov_process(JUMPS, STAYS / 2), "stays: row 0 is"),
    ],
)
def test_what_is_not_a_process_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
