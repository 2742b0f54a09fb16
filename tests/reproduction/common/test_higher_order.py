"""Higher-order chains: exact entropy rates, the slow form of the equation, bad input."""

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

from lstm_md._support.checks import rows_are_chains
from lstm_md._support.processes import check_memory
from lstm_md.analysis.markov import fit_markov_chain, simulate_markov_chain, stationary
from reproduction.common import contexts
from reproduction.common.higher_order import fit_higher_order_chain

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
    return fit_higher_order_chain(LEARNED, 2, n_labels=3)


def next_label(model, context):
    """Return the distribution of the label after a context."""
    rows = [[*context, label] for label in range(model.n_labels)]
    with rows_are_chains():
        return np.exp(-model.losses(rows)[:, -1])


@pytest.mark.parametrize("order", [2, 5])
def test_the_loss_reaches_the_entropy_rate_of_a_chain_of_order_2(order):
    loss = fit_higher_order_chain(LEARNED, order, n_labels=3).loss(HELD_BACK)
    exact = -np.log(SECOND[HELD_BACK[:-2], HELD_BACK[1:-1], HELD_BACK[2:]]).mean()
    assert abs(loss - exact) < 2e-4  # 18 parameters from 200,000 frames add 4.5e-5
    assert abs(loss - -(TRIPLES * np.log(SECOND)).sum()) < 5e-3  # the scatter of 200,000 frames


def test_order_1_misses_the_entropy_rate_by_the_information_in_the_label_before():
    pairs = TRIPLES.sum(axis=0)
    first = pairs / pairs.sum(axis=1, keepdims=True)
    rate, rate_of_1 = -(TRIPLES * np.log(SECOND)).sum(), -(pairs * np.log(first)).sum()
    loss = fit_higher_order_chain(LEARNED, 1, n_labels=3).loss(HELD_BACK)
    assert rate_of_1 - rate > 0.1
    assert abs(loss - rate_of_1) < 5e-3


def test_the_concentrations_show_how_far_back_the_memory_goes():
    model = fit_higher_order_chain(LEARNED, 4, n_labels=3)
    frames_per_context = LEARNED.size / 3.0 ** np.arange(5)
    assert (model.concentrations[:3] < 0.01 * frames_per_context[:3]).all()
    assert (model.concentrations[3:] > frames_per_context[3:]).all()


@pytest.mark.parametrize("frames", [10, 1_000])
def test_what_follows_any_context_is_a_distribution(frames):
    model = fit_higher_order_chain(LEARNED[:frames], 3, n_labels=4)  # label 3 never occurs
    for length in range(5):
        for context in product(range(4), repeat=length):
            probabilities = next_label(model, context)
            assert probabilities.sum() == pytest.approx(1, abs=1e-12)
            assert (probabilities > 0).all()


CHAINS = arrays(
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
@given(CHAINS, CHAINS, st.integers(1, 3))
def test_the_model_equals_the_slow_version_and_joins_no_chains(chains, others, order):
    model = fit_higher_order_chain(chains, order, n_labels=3)
    counts = Counter(
        tuple(chain[at - length : at + 1].tolist())
        for chain in chains
        for length in range(order + 1)
        for at in range(length, chain.size)
    )
    losses = model.losses(others)
    assert model.loss(others) == pytest.approx(losses[:, 1:].mean(), rel=1e-10)
    for chain, of_chain in zip(others.tolist(), losses):
        for at in range(len(chain)):
            context = chain[max(0, at - order) : at]
            expected = [
                slow_probability(counts, model.concentrations, context, label, 3)
                for label in range(3)
            ]
            np.testing.assert_allclose(next_label(model, chain[:at]), expected, rtol=1e-10)
            assert of_chain[at] == pytest.approx(-np.log(expected[chain[at]]), rel=1e-10)


def test_the_concentrations_make_each_frame_likeliest_given_all_the_others():
    labels = np.random.default_rng(4).integers(0, 5, 120).tolist()
    model = fit_higher_order_chain(labels, 1, n_labels=5)
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
    model = fit_higher_order_chain(LEARNED, 1, n_labels=3)
    matrix = fit_markov_chain(LEARNED).transition_matrix
    smoothed = [next_label(model, [label]) for label in range(3)]
    np.testing.assert_allclose(smoothed, matrix, atol=1e-3)
    bare = replace(model, concentrations=np.full(2, 1e-12))
    counted = [next_label(bare, [label]) for label in range(3)]
    np.testing.assert_allclose(counted, matrix, rtol=1e-9)


def test_one_fit_holds_the_chains_of_all_lower_orders():
    fourth = fit_higher_order_chain(LEARNED, 4)
    rows = HELD_BACK[:3_000].reshape(3, 1_000)
    for order in range(5):
        alone = fit_higher_order_chain(LEARNED, order)
        assert alone.order == order
        np.testing.assert_allclose(fourth.concentrations[: order + 1], alone.concentrations)
        losses = fourth.losses(rows, order)
        assert losses.shape == rows.shape
        np.testing.assert_allclose(losses, alone.losses(rows), rtol=1e-12)
    np.testing.assert_array_equal(fourth.losses(rows), losses)
    np.testing.assert_array_equal(fourth.losses(rows[0]), losses[0])
    populations = np.bincount(LEARNED) / LEARNED.size
    np.testing.assert_allclose(np.exp(-fourth.losses(rows, 0)), populations[rows], rtol=1e-3)


def test_a_simulation_has_the_pairs_and_triples_of_the_training_data(second):
    generated = second.simulate(1_000_000, seed=5)
    frequency = np.zeros((3, 3, 3))
    np.add.at(frequency, (generated[:-2], generated[1:-1], generated[2:]), 1 / (generated.size - 2))
    np.testing.assert_allclose(frequency.sum(axis=0), TRIPLES.sum(axis=0), atol=4e-3)
    np.testing.assert_allclose(frequency, TRIPLES, atol=4e-3)
    first = fit_higher_order_chain(LEARNED, 1).simulate(1_000_000, seed=5)
    of_first = np.zeros((3, 3, 3))
    np.add.at(of_first, (first[:-2], first[1:-1], first[2:]), 1 / (first.size - 2))
    assert np.abs(of_first - TRIPLES).max() > 0.02


def test_each_context_is_followed_as_its_distribution_says():
    # With few labels smoothing matters; label 3 never occurs.
    few = fit_higher_order_chain(LEARNED[:200], 3, n_labels=4)
    few = replace(few, concentrations=np.array([100.0, 30.0, 30.0, 60.0]))
    generated = few.simulate(2_000, seed=6, n_chains=100)
    for context in ([0, 1, 2], [2, 2, 2], [1, 1, 0], [0, 3, 1]):
        here = np.ones((100, 1_997), bool)
        for at, label in enumerate(context):
            here &= generated[:, at : at - 3] == label
        observed = np.bincount(generated[:, 3:][here], minlength=4)
        expected = next_label(few, context) * observed.sum()
        assert expected.min() > 5
        assert stats.chisquare(observed, expected).pvalue > 1e-3


def test_a_prompt_is_what_the_first_labels_follow(second):
    prompt = [[0, 0, 1], [2, 1, 1]]
    generated = second.simulate(1, seed=7, prompt=[np.array(row) for row in prompt] * 10_000)
    assert generated.shape == (20_000, 1)
    for k, context in enumerate(prompt):
        observed = np.bincount(generated[k::2, 0], minlength=3)
        expected = SECOND[context[1], context[2]] * 10_000
        assert stats.chisquare(observed, expected).pvalue > 1e-3
    one = second.simulate(5, seed=7, prompt=[1, 0], n_chains=4)
    assert one.shape == (4, 5)


def test_without_a_prompt_a_chain_begins_from_the_populations(second):
    first = second.simulate(1, seed=8, n_chains=10_000)[:, 0]
    expected = np.bincount(LEARNED, minlength=3) / LEARNED.size * 10_000
    assert stats.chisquare(np.bincount(first, minlength=3), expected).pvalue > 1e-3


def test_more_than_256_labels_need_the_larger_type():
    labels = np.random.default_rng(9).integers(0, 300, 5_000)
    generated = fit_higher_order_chain(labels, 2).simulate(2_000, seed=1)
    assert generated.dtype == np.uint16
    assert generated.max() > 255


def test_the_seed_repeats_and_another_seed_does_not(second):
    first = second.simulate(500, seed=16, n_chains=3)
    assert first.shape == (3, 500)
    assert second.simulate(500, seed=16).shape == (500,)
    np.testing.assert_array_equal(first, second.simulate(500, seed=16, n_chains=3))
    assert not np.array_equal(first, second.simulate(500, seed=17, n_chains=3))
    assert not np.array_equal(first[0], first[1])


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda m: fit_higher_order_chain([0.5, 1], 1), ValueError, "labels: expected whole"),
        (
            lambda m: fit_higher_order_chain([0, 5], 1, n_labels=2),
            ValueError,
            "labels: .*found 5 at index 1",
        ),
        (lambda m: fit_higher_order_chain([0, 1], 2), ValueError, "labels: .*at least 3 frame"),
        (lambda m: fit_higher_order_chain([0, 1], -1), ValueError, "order: .*at least 0"),
        (lambda m: fit_higher_order_chain([0, 1], 1.0), TypeError, "order: .*give an int"),
        (
            lambda m: fit_higher_order_chain([0, 1], 1, n_labels=0),
            ValueError,
            "n_labels: .*at least 1",
        ),
        (lambda m: m.loss([0, 3]), ValueError, "labels: expected labels from 0 to 2"),
        (lambda m: m.loss([0]), ValueError, "labels: .*at least 2 frame"),
        (lambda m: m.losses([0, 3]), ValueError, "labels: expected labels from 0 to 2"),
        (lambda m: m.losses([0, 1], 3), ValueError, "order: found 3, but .* up to order 2; fit"),
        (lambda m: m.losses([0, 1], -1), ValueError, "order: expected at least 0"),
        (lambda m: m.simulate(0), ValueError, "n_frames: .*at least 1"),
        (lambda m: m.simulate(9, n_chains=0), ValueError, "n_chains: .*at least 1"),
        (lambda m: m.simulate(9, seed=-1), ValueError, "seed: .*at least 0"),
        (
            lambda m: m.simulate(9, prompt=[7]),
            ValueError,
            "prompt: expected labels from 0 to 2",
        ),
        (
            lambda m: m.simulate(9, prompt=[np.array([0]), np.array([1])], n_chains=3),
            ValueError,
            "n_chains: found 3, but the prompt has 2 rows",
        ),
    ],
)
def test_bad_input_is_refused_with_its_name(second, call, error, says):
    with pytest.raises(error, match=says):
        call(second)


def test_an_order_that_would_fill_the_memory_is_refused_in_time(monkeypatch):
    asked = []

    def little(n_bytes, name, advice):
        asked.append(n_bytes)
        if len(asked) == 4:
            check_memory(1e18, name, advice)

    monkeypatch.setattr(contexts, "check_memory", little)
    with pytest.raises(MemoryError, match="order: .*GiB.*an order below 3"):
        fit_higher_order_chain(LEARNED[:1000], 900)
