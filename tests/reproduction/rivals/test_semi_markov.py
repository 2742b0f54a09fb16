"""Semi-Markov chains: stays that come back, the loss by hand, bad input."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy import stats
from scipy.special import entr

from lstm_md.analysis._probabilities import CHANCE
from lstm_md.analysis.kinetics import dwell_times, stays_of
from lstm_md.analysis.markov import fit_markov_chain, simulate_markov_chain, stationary
from reproduction.rivals.semi_markov import fit_semi_markov_chain

SHAPE, STEPS = (4.0, 9.0, 2.0), np.array([[0, 0.8, 0.2], [0.5, 0, 0.5], [0.1, 0.9, 0]])


@pytest.fixture(scope="module")
def gamma_stays():
    """Three states whose stays are gamma-distributed, and where each leads."""
    generator = np.random.default_rng(10)
    order = simulate_markov_chain(STEPS, 20_000, seed=11)
    lengths = 1 + generator.gamma(np.take(SHAPE, order), 10.0).astype(int)
    return np.repeat(order, lengths)


def test_stays_that_are_gamma_distributed_come_back_and_from_a_first_order_chain_do_not(
    gamma_stays,
):
    generated = fit_semi_markov_chain(gamma_stays).simulate(gamma_stays.size, seed=12)
    first = fit_markov_chain(gamma_stays).simulate(gamma_stays.size, seed=12)
    for state in range(3):
        stays = dwell_times(gamma_stays, state)
        assert stats.ks_2samp(stays, dwell_times(generated, state)).pvalue > 1e-3
        assert stats.ks_2samp(stays, dwell_times(first, state)).pvalue < 1e-10


def test_the_labels_follow_each_other_as_in_the_training_data(gamma_stays):
    generated = fit_semi_markov_chain(gamma_stays).simulate(gamma_stays.size, seed=13)
    order = stays_of(generated).label
    np.testing.assert_allclose(fit_markov_chain(order).transition_matrix, STEPS, atol=0.02)
    shares = [np.bincount(states, minlength=3) / states.size for states in (gamma_stays, generated)]
    np.testing.assert_allclose(*shares, atol=0.01)


def test_a_stay_is_drawn_together_with_the_state_it_leads_to():
    # From 0: two frames before 1, five before 2.
    record = np.tile([0, 0, 1, 0, 0, 0, 0, 0, 2, 2, 2], 50)
    stays = stays_of(fit_semi_markov_chain(record).simulate(5_000, seed=14))
    from_0 = np.flatnonzero(stays.label[1:-1] == 0) + 1
    found = set(zip(stays.length[from_0].tolist(), stays.label[from_0 + 1].tolist()))
    assert found == {(2, 1), (5, 2)}


def test_a_simulation_begins_within_a_stay():
    # Three frames in 0, one in 1: a random frame is in 0 three times out of four.
    model = fit_semi_markov_chain(np.tile([0, 0, 0, 1], 100))
    generated = model.simulate(4, seed=15, n_chains=8_000)
    starts = np.array([[0, 0, 0, 1], [0, 0, 1, 0], [0, 1, 0, 0], [1, 0, 0, 0]])
    found = [(generated == start).all(axis=1).sum() for start in starts]
    assert sum(found) == 8_000
    assert stats.chisquare(found).pvalue > 1e-3


def test_stays_cut_by_the_ends_of_a_chain_are_left_out():
    model = fit_semi_markov_chain([[0, 0, 0, 1, 0, 1, 1], [1, 1, 1, 1, 0, 0, 1]], n_labels=3)
    assert model.length.tolist() == [1, 2, 1]  # in 0, in 0; in 1
    assert model.next_label.tolist() == [1, 1, 0]
    assert model.first_stay.tolist() == [0, 2, 3, 3]


# Losses


def mixed(probability, n_labels):
    return (1 - CHANCE) * probability + CHANCE / n_labels


def test_the_loss_by_hand():
    # Complete stays in 0: 2 frames before 1, 2 before 2, 4 before 1. In 1: 1 before 0, 2 before 0.
    # In 2: 1 before 0.
    stays = [2, 0, 0, 1, 0, 0, 2, 0, 0, 0, 0, 1, 1, 0]
    model = fit_semi_markov_chain(stays)
    assert model.length.tolist() == [2, 2, 4, 1, 2, 1]
    # 1 ends: two of its three frames are the last of a stay. 0 goes on: all stays have two frames
    # or more. 0 ends and leads to 2: one stay of three. 2 ends.
    expected = [2 / 3, 1, 1 / 3, 1]
    losses = -np.log(mixed(np.array(expected), 3))
    assert model.loss([1, 0, 0, 2, 0]) == pytest.approx(losses.mean(), rel=1e-12)
    # 0 goes on: of its eight frames, five are followed by at least one more frame of the stay, two
    # by at least two more, and one by three more.
    losses = -np.log(mixed(np.array([5 / 8, 2 / 5, 1 / 2]), 3))
    assert model.loss([0, 0, 0, 0]) == pytest.approx(losses.mean(), rel=1e-12)


def slow_loss(model, chain):
    """Count in lists: of all stays, and of all rests of stays with which a chain can begin."""
    label_of_stay = np.repeat(np.arange(model.n_labels), np.diff(model.first_stay))
    complete = list(zip(label_of_stay, model.length, model.next_label))
    rests = [(s, left, j) for s, length, j in complete for left in range(1, length + 1)]
    losses, age = [], 1
    candidates = rests
    for before, label in zip(chain, chain[1:]):
        possible = [(length, j) for s, length, j in candidates if s == before and length >= age]
        if label == before:
            hits = sum(length > age for length, _ in possible)
        else:
            hits = sum(length == age and j == label for length, j in possible)
        share = hits / len(possible) if possible else 1 / model.n_labels
        losses.append(-np.log(mixed(share, model.n_labels)))
        age, candidates = (age + 1, candidates) if label == before else (1, complete)
    return np.mean(losses)


def test_the_loss_equals_the_slow_version():
    generator = np.random.default_rng(18)
    for _ in range(20):
        model = fit_semi_markov_chain(np.tile(generator.integers(0, 3, 40), 2), n_labels=4)
        chains = np.repeat(generator.integers(0, 4, (3, 10)), generator.integers(1, 4, 10), axis=1)
        expected = np.mean([slow_loss(model, chain) for chain in chains.tolist()])
        assert model.loss(chains) == pytest.approx(expected, rel=1e-10)


def test_the_probabilities_of_all_paths_add_up_to_one():
    model = fit_semi_markov_chain(np.random.default_rng(19).integers(0, 3, 60), n_labels=4)
    for first in range(4):
        paths = [[first, *rest] for rest in product(range(4), repeat=4)]
        total = sum(np.exp(-4 * model.loss(path)) for path in paths)
        assert total == pytest.approx(1, abs=1e-12)


def test_the_loss_reaches_the_entropy_rate_of_a_semi_markov_process():
    generator = np.random.default_rng(20)
    lengths = generator.dirichlet(np.ones(9), size=3)  # of stays of 1 to 9 frames
    order = simulate_markov_chain(STEPS, 100_000, seed=21)
    drawn = (generator.random((order.size, 1)) > lengths.cumsum(axis=1)[order]).sum(axis=1) + 1
    learned, held_back = np.array_split(np.repeat(order, drawn), 2)
    visits = stationary(STEPS)
    entropy = visits @ (entr(lengths).sum(axis=1) + entr(STEPS).sum(axis=1))
    rate = entropy / (visits @ lengths @ np.arange(1, 10))
    assert fit_semi_markov_chain(learned).loss(held_back) == pytest.approx(rate, rel=5e-3)
    assert fit_markov_chain(learned).loss(held_back) > 1.1 * rate


def test_the_seed_repeats_and_another_seed_does_not(gamma_stays):
    model = fit_semi_markov_chain(gamma_stays)
    first = model.simulate(500, seed=16, n_chains=3)
    assert first.shape == (3, 500)
    assert model.simulate(500, seed=16).shape == (500,)
    np.testing.assert_array_equal(first, model.simulate(500, seed=16, n_chains=3))
    assert not np.array_equal(first, model.simulate(500, seed=17, n_chains=3))
    assert not np.array_equal(first[0], first[1])


ALTERNATING = fit_semi_markov_chain([0, 1, 0, 1])


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (
            lambda: fit_semi_markov_chain([0, 0, 1, 1]),
            ValueError,
            "labels: found no stay .* in 2 stay",
        ),
        (lambda: fit_semi_markov_chain([0, 1, 0, 2]), ValueError, "labels: label 2 is entered"),
        (lambda: fit_semi_markov_chain([0.5, 1.0]), ValueError, "labels: expected whole"),
        (
            lambda: fit_semi_markov_chain([0, 2, 0], n_labels=2),
            ValueError,
            "labels: .*found 2 at index 1",
        ),
        (lambda: ALTERNATING.simulate(0), ValueError, "n_frames: .*at least 1"),
        (lambda: ALTERNATING.simulate(1, n_chains=0), ValueError, "n_chains: .*at least 1"),
        (lambda: ALTERNATING.simulate(1, seed=-1), ValueError, "seed: .*at least 0"),
        (lambda: ALTERNATING.loss([0, 2]), ValueError, "labels: expected labels from 0 to 1"),
        (lambda: ALTERNATING.loss([0]), ValueError, "labels: .*at least 2 frame"),
    ],
)
def test_bad_input_is_refused_with_its_name(call, error, says):
    with pytest.raises(error, match=says):
        call()
