"""Chains with a memory: exact entropy rates and stays, the slow form of the equation, bad input."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from lstm_md.analysis.kinetics import dwell_times, stays_of
from lstm_md.analysis.markov import fit_markov_chain, simulate_markov_chain, stationary
from reproduction.rivals.higher_order import (
    fit_higher_order_chain,
    fit_semi_markov,
    mean_loss,
    next_label_probabilities,
    simulate_higher_order_chain,
    simulate_semi_markov,
)

# A chain of order 2 over 3 labels: SECOND[i, j] is the distribution of what follows i, j.
SECOND = np.random.default_rng(1).dirichlet([0.5] * 3, size=(3, 3))
PAIR_CHAIN = np.zeros((9, 9))
for i, j, k in product(range(3), repeat=3):
    PAIR_CHAIN[3 * i + j, 3 * j + k] = SECOND[i, j, k]
TRIPLES = stationary(PAIR_CHAIN).reshape(3, 3, 1) * SECOND  # their probabilities


def second_order(frames, seed):
    return simulate_markov_chain(PAIR_CHAIN, frames, seed=seed) % 3


LEARNED, HELD_BACK = second_order(200_000, seed=2), second_order(200_000, seed=3)


@pytest.fixture(scope="module")
def second():
    return fit_higher_order_chain(LEARNED, 2, 3)


# Higher order


@pytest.mark.parametrize("order", [2, 5])
def test_the_loss_reaches_the_entropy_rate_of_a_chain_of_order_2(order):
    loss = mean_loss(fit_higher_order_chain(LEARNED, order, 3), HELD_BACK)
    truth = -np.log(SECOND[HELD_BACK[:-2], HELD_BACK[1:-1], HELD_BACK[2:]]).mean()
    assert abs(loss - truth) < 2e-4  # 18 parameters from 200,000 frames cost 4.5e-5
    assert abs(loss - -(TRIPLES * np.log(SECOND)).sum()) < 5e-3  # what 200,000 frames scatter


def test_order_1_misses_the_entropy_rate_by_what_the_label_before_tells():
    pairs = TRIPLES.sum(axis=0)
    first = pairs / pairs.sum(axis=1, keepdims=True)
    rate, rate_of_1 = -(TRIPLES * np.log(SECOND)).sum(), -(pairs * np.log(first)).sum()
    loss = mean_loss(fit_higher_order_chain(LEARNED, 1, 3), HELD_BACK)
    assert rate_of_1 - rate > 0.1
    assert abs(loss - rate_of_1) < 5e-3


def test_the_concentrations_tell_how_far_back_the_memory_goes():
    model = fit_higher_order_chain(LEARNED, 4, 3)
    frames_a_context = LEARNED.size / 3.0 ** np.arange(5)
    assert (model.concentrations[:3] < 0.01 * frames_a_context[:3]).all()
    assert (model.concentrations[3:] > frames_a_context[3:]).all()


@pytest.mark.parametrize("frames", [10, 1_000])
def test_what_follows_any_context_is_a_distribution(frames):
    model = fit_higher_order_chain(LEARNED[:frames], 3, 4)  # label 3 never occurs
    for length in range(5):
        for context in product(range(4), repeat=length):
            probabilities = next_label_probabilities(model, context)
            assert probabilities.sum() == pytest.approx(1, abs=1e-12)
            assert (probabilities > 0).all()


RECORDS = arrays(
    np.uint8,
    st.tuples(st.integers(1, 3), st.integers(4, 20)),
    elements=st.integers(0, 2),
    fill=st.nothing(),
)


def slow_probability(counts, concentrations, context, label, n_labels):
    probability = 1 / n_labels
    for length, alpha in enumerate(concentrations[: len(context) + 1]):
        shorter = tuple(context[len(context) - length :])
        n_label = counts[(*shorter, label)]
        n = sum(counts[(*shorter, other)] for other in range(n_labels))
        if n:
            probability = (n_label + alpha * probability) / (n + alpha)
    return probability


@settings(deadline=None, max_examples=50)
@given(RECORDS, RECORDS, st.integers(1, 3))
def test_the_model_equals_the_slow_version_and_joins_no_chains(chains, others, order):
    model = fit_higher_order_chain(chains, order, 3)
    counts = Counter(
        tuple(chain[at - length : at + 1].tolist())
        for chain in chains
        for length in range(order + 1)
        for at in range(length, chain.size)
    )
    losses = []
    for chain in others.tolist():
        for at in range(1, len(chain)):
            context = chain[max(0, at - order) : at]
            expected = [
                slow_probability(counts, model.concentrations, context, label, 3)
                for label in range(3)
            ]
            found = next_label_probabilities(model, chain[:at])
            np.testing.assert_allclose(found, expected, rtol=1e-10)
            losses.append(-np.log(found[chain[at]]))
    assert mean_loss(model, others) == pytest.approx(np.mean(losses), rel=1e-10)


def test_the_concentrations_make_each_frame_likeliest_given_all_the_others():
    labels = np.random.default_rng(4).integers(0, 5, 120).tolist()
    model = fit_higher_order_chain(labels, 1, 5)
    counts = Counter([(j,) for j in labels] + list(zip(labels, labels[1:])))

    def loss(alpha):
        total = 0.0
        for i, j in zip(labels, labels[1:]):
            without = counts - Counter([(j,), (i, j)])
            total -= np.log(slow_probability(without, [model.concentrations[0], alpha], (i,), j, 5))
        return total

    best = loss(model.concentrations[1])
    assert all(best < loss(alpha) + 1e-3 for alpha in np.geomspace(0.01, 1e5, 30))
    assert loss(1e-2) > best + 1


def test_order_1_without_smoothing_is_the_markov_chain():
    model = fit_higher_order_chain(LEARNED, 1, 3)
    matrix = fit_markov_chain(LEARNED, n_labels=3)
    smoothed = [next_label_probabilities(model, [label]) for label in range(3)]
    np.testing.assert_allclose(smoothed, matrix, atol=1e-3)
    bare = replace(model, concentrations=np.full(2, 1e-12))
    counted = [next_label_probabilities(bare, [label]) for label in range(3)]
    np.testing.assert_allclose(counted, matrix, rtol=1e-9)


def test_an_order_is_the_next_one_without_its_last_step(second):
    third = fit_higher_order_chain(LEARNED, 3, 3)
    np.testing.assert_allclose(third.concentrations[:3], second.concentrations)
    for context in ([], [1], [0, 2]):
        np.testing.assert_allclose(
            next_label_probabilities(third, context), next_label_probabilities(second, context)
        )


def test_a_simulation_has_the_pairs_and_triples_of_the_record(second):
    written = simulate_higher_order_chain(second, 1_000_000, seed=5)
    frequency = np.zeros((3, 3, 3))
    np.add.at(frequency, (written[:-2], written[1:-1], written[2:]), 1 / (written.size - 2))
    np.testing.assert_allclose(frequency.sum(axis=0), TRIPLES.sum(axis=0), atol=4e-3)
    np.testing.assert_allclose(frequency, TRIPLES, atol=4e-3)
    first = simulate_higher_order_chain(fit_higher_order_chain(LEARNED, 1, 3), 1_000_000, seed=5)
    of_first = np.zeros((3, 3, 3))
    np.add.at(of_first, (first[:-2], first[1:-1], first[2:]), 1 / (first.size - 2))
    assert np.abs(of_first - TRIPLES).max() > 0.02


def test_each_context_is_followed_as_its_distribution_says():
    few = fit_higher_order_chain(LEARNED[:200], 3, 4)  # smoothing matters, a label never occurs
    few = replace(few, concentrations=np.array([100.0, 30.0, 30.0, 60.0]))
    written = simulate_higher_order_chain(few, 2_000, seed=6, chains=100)
    for context in ([0, 1, 2], [2, 2, 2], [1, 1, 0], [0, 3, 1]):
        here = np.ones((100, 1_997), bool)
        for at, label in enumerate(context):
            here &= written[:, at : at - 3] == label
        observed = np.bincount(written[:, 3:][here], minlength=4)
        expected = next_label_probabilities(few, context) * observed.sum()
        assert expected.min() > 5
        assert stats.chisquare(observed, expected).pvalue > 1e-3


def test_a_prompt_is_what_the_first_labels_follow(second):
    prompt = [[0, 0, 1], [2, 1, 1]]
    written = simulate_higher_order_chain(second, 1, seed=7, prompt=prompt * 10_000)
    assert written.shape == (20_000, 1)
    for k, context in enumerate(prompt):
        observed = np.bincount(written[k::2, 0], minlength=3)
        expected = SECOND[context[1], context[2]] * 10_000
        assert stats.chisquare(observed, expected).pvalue > 1e-3
    one = simulate_higher_order_chain(second, 5, seed=7, prompt=[1, 0], chains=4)
    assert one.shape == (4, 5)


def test_without_a_prompt_a_chain_begins_from_the_populations(second):
    first = simulate_higher_order_chain(second, 1, seed=8, chains=10_000)[:, 0]
    expected = np.bincount(LEARNED, minlength=3) / LEARNED.size * 10_000
    assert stats.chisquare(np.bincount(first, minlength=3), expected).pvalue > 1e-3


def test_more_than_256_labels_need_the_larger_type():
    labels = np.random.default_rng(9).integers(0, 300, 5_000)
    written = simulate_higher_order_chain(fit_higher_order_chain(labels, 2, 300), 2_000, seed=1)
    assert written.dtype == np.uint16
    assert written.max() > 255


# Semi-Markov

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
    written = simulate_semi_markov(fit_semi_markov(gamma_stays, 3), gamma_stays.size, seed=12)
    first = simulate_markov_chain(
        fit_markov_chain(gamma_stays, n_labels=3), gamma_stays.size, seed=12
    )
    for state in range(3):
        stays = dwell_times(gamma_stays, state)
        assert stats.ks_2samp(stays, dwell_times(written, state)).pvalue > 1e-3
        assert stats.ks_2samp(stays, dwell_times(first, state)).pvalue < 1e-10


def test_the_states_follow_each_other_as_in_the_record(gamma_stays):
    written = simulate_semi_markov(fit_semi_markov(gamma_stays, 3), gamma_stays.size, seed=13)
    order = stays_of(written).label
    np.testing.assert_allclose(fit_markov_chain(order, n_labels=3), STEPS, atol=0.02)
    shares = [np.bincount(states, minlength=3) / states.size for states in (gamma_stays, written)]
    np.testing.assert_allclose(*shares, atol=0.01)


def test_a_stay_is_drawn_together_with_the_state_it_leads_to():
    # From 0: two frames before 1, five before 2.
    record = np.tile([0, 0, 1, 0, 0, 0, 0, 0, 2, 2, 2], 50)
    runs = stays_of(simulate_semi_markov(fit_semi_markov(record, 3), 5_000, seed=14))
    from_0 = np.flatnonzero(runs.label[1:-1] == 0) + 1
    seen = set(zip(runs.length[from_0].tolist(), runs.label[from_0 + 1].tolist()))
    assert seen == {(2, 1), (5, 2)}


def test_a_simulation_begins_within_a_stay():
    # Three frames in 0, one in 1: a random frame is in 0 three times out of four.
    model = fit_semi_markov(np.tile([0, 0, 0, 1], 100), 2)
    written = simulate_semi_markov(model, 4, seed=15, chains=8_000)
    starts = np.array([[0, 0, 0, 1], [0, 0, 1, 0], [0, 1, 0, 0], [1, 0, 0, 0]])
    seen = [(written == start).all(axis=1).sum() for start in starts]
    assert sum(seen) == 8_000
    assert stats.chisquare(seen).pvalue > 1e-3


def test_stays_cut_by_the_ends_of_a_chain_are_left_out():
    model = fit_semi_markov([[0, 0, 0, 1, 0, 1, 1], [1, 1, 1, 1, 0, 0, 1]], 3)
    assert model.length.tolist() == [1, 2, 1]  # in 0, in 0; in 1
    assert model.next_state.tolist() == [1, 1, 0]
    assert model.first_stay.tolist() == [0, 2, 3, 3]


# Both


def test_the_seed_repeats_and_another_seed_does_not(second, gamma_stays):
    stays = fit_semi_markov(gamma_stays, 3)
    for simulate in (
        lambda **how: simulate_higher_order_chain(second, 500, **how),
        lambda **how: simulate_semi_markov(stays, 500, **how),
    ):
        one = simulate(seed=16, chains=3)
        assert one.shape == (3, 500)
        assert simulate(seed=16).shape == (500,)
        np.testing.assert_array_equal(one, simulate(seed=16, chains=3))
        assert not np.array_equal(one, simulate(seed=17, chains=3))
        assert not np.array_equal(one[0], one[1])


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda m: fit_higher_order_chain([0.5, 1], 1, 2), TypeError, "labels: expected integer"),
        (lambda m: fit_higher_order_chain([0, 5], 1, 2), ValueError, "labels: .*found 0 to 5"),
        (lambda m: fit_higher_order_chain([0, 1], 2, 2), ValueError, "labels: .*at least 3 frame"),
        (lambda m: fit_higher_order_chain([0, 1], 0, 2), ValueError, "order: .*at least 1"),
        (lambda m: fit_higher_order_chain([0, 1], 1.0, 2), TypeError, "order: .*give an int"),
        (lambda m: fit_higher_order_chain([0, 1], 1, 0), ValueError, "n_labels: .*at least 1"),
        (lambda m: mean_loss(m, [0, 3]), ValueError, "labels: expected labels from 0 to 2"),
        (lambda m: mean_loss(m, [0]), ValueError, "labels: .*at least 2 frame"),
        (lambda m: next_label_probabilities(m, [0, 3]), ValueError, "context: .*from 0 to 2"),
        (lambda m: next_label_probabilities(m, [[0, 1]]), ValueError, "context: .*give one row"),
        (lambda m: next_label_probabilities(m, 1), ValueError, "context: .*reshape"),
        (lambda m: simulate_higher_order_chain(m, 0, seed=1), ValueError, "steps: .*at least 1"),
        (lambda m: simulate_higher_order_chain(m, 9, seed=-1), ValueError, "seed: .*at least 0"),
        (
            lambda m: simulate_higher_order_chain(m, 9, seed=1, prompt=[7]),
            ValueError,
            "prompt: expected labels from 0 to 2",
        ),
        (
            lambda m: simulate_higher_order_chain(m, 9, seed=1, prompt=[[0], [1]], chains=3),
            ValueError,
            "chains: expected 2, one a row of prompt, found 3",
        ),
        (lambda m: fit_semi_markov([0, 0, 1, 1], 2), ValueError, "states: found no stay .* in 2"),
        (lambda m: fit_semi_markov([0, 1, 0, 2], 3), ValueError, "states: state 2 is entered"),
        (lambda m: fit_semi_markov([0.0, 1.0], 2), TypeError, "states: expected integer"),
        (lambda m: fit_semi_markov([0, 2, 0], 2), ValueError, "states: .*found 0 to 2"),
        (
            lambda m: simulate_semi_markov(fit_semi_markov([0, 1, 0, 1], 2), 0, seed=1),
            ValueError,
            "frames: .*at least 1",
        ),
    ],
)
def test_bad_input_is_refused_with_its_name(second, call, error, says):
    with pytest.raises(error, match=says):
        call(second)
