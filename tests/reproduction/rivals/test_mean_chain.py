"""Chains with a mean of the past: the slow form of the equation, known rates, bad input."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from lstm_md._support.checks import rows_are_chains
from lstm_md.analysis.markov import simulate_markov_chain
from lstm_md.analysis.markov_models import HiddenMarkovModel
from reproduction.common.higher_order import fit_higher_order_chain
from reproduction.rivals.mean_chain import MeanChain, fit_mean_chain

# Two slow states under a noise that reaches far into each other.
NOISY = HiddenMarkovModel(
    [[0.98, 0.02], [0.04, 0.96]],
    [[0.4, 0.3, 0.15, 0.1, 0.05], [0.05, 0.1, 0.15, 0.3, 0.4]],
)
LEARNED = NOISY.simulate(200_000, seed=1)
HELD_BACK = NOISY.simulate(200_000, seed=2)
# Made-up distributions after a low and after a high mean.
MADE = MeanChain(
    window=3.0,
    edges=np.array([0.9]),
    concentrations=np.ones(3),
    first=np.array([0.5, 0.2, 0.3]),
    second=np.array([[0.2, 0.3, 0.5], [0.6, 0.2, 0.2], [0.3, 0.4, 0.3]]),
    later=np.random.default_rng(3).dirichlet(np.full(3, 2.0), size=(2, 3)),
)


def slow_mean(past, window):
    """Average the labels before the last one of the past."""
    before = np.asarray(past[:-1][::-1], float)
    return np.average(before, weights=np.exp(-np.arange(1, before.size + 1) / window))


def contexts_of(past, model):
    """List the contexts of a past, from the empty one to the finest bin."""
    contexts = [()]
    if len(past) > 0:
        contexts.append((past[-1],))
    if len(past) > 1:
        bin_ = int((slow_mean(past, model.window) >= model.edges).sum())
        cuts = len(model.concentrations) - 2
        contexts += [(past[-1], cut, bin_ >> (cuts - cut)) for cut in range(1, cuts + 1)]
    return contexts


def counts_of(chains, model):
    """List the labels that followed each context."""
    followed = {}
    for chain in chains:
        for at, label in enumerate(chain):
            for context in contexts_of(chain[:at], model):
                followed.setdefault(context, []).append(label)
    return followed


def slow_probability(followed, model, past, label):
    probability = 1 / model.n_labels
    for context, alpha in zip(contexts_of(past, model), model.concentrations):
        labels = followed.get(context, [])
        probability = (labels.count(label) + alpha * probability) / (len(labels) + alpha)
    return probability


CHAINS = NOISY.simulate(150, seed=4, n_chains=3).tolist()
OTHERS = NOISY.simulate(20, seed=5, n_chains=3).tolist()


# The fit


@pytest.mark.parametrize(("window", "bins"), [(4.0, 8), (1.5, 2), (30.0, 16)])
def test_the_model_equals_the_slow_version_and_joins_no_chains(window, bins):
    model = fit_mean_chain(CHAINS, window, n_labels=6, n_bins=bins)  # label 5 never occurs
    means = [slow_mean(chain[:at], window) for chain in CHAINS for at in range(2, len(chain))]
    np.testing.assert_allclose(model.edges, np.quantile(means, np.arange(1, bins) / bins))
    followed, losses = counts_of(CHAINS, model), []
    for chain in OTHERS:
        for at in range(1, len(chain)):
            past = chain[:at]
            expected = [slow_probability(followed, model, past, label) for label in range(6)]
            row = model.second[past[-1]]
            if at > 1:
                row = model.later[(slow_mean(past, window) >= model.edges).sum(), past[-1]]
            np.testing.assert_allclose(row, expected, rtol=1e-10)
            losses.append(-np.log(expected[chain[at]]))
    expected = [slow_probability(followed, model, [], label) for label in range(6)]
    np.testing.assert_allclose(model.first, expected, rtol=1e-10)
    assert model.loss(OTHERS) == pytest.approx(np.mean(losses), rel=1e-10)


def test_the_concentrations_make_each_frame_likeliest_given_all_the_others():
    model = fit_mean_chain(CHAINS, 4.0, n_labels=5, n_bins=2)
    followed = counts_of(CHAINS, model)
    pasts = [(chain[:at], chain[at]) for chain in CHAINS for at in range(2, len(chain))]

    def loss(alpha):
        tried = replace(model, concentrations=np.append(model.concentrations[:2], alpha))
        total = 0.0
        for past, label in pasts:
            for context in contexts_of(past, model):
                followed[context].remove(label)
            total -= np.log(slow_probability(followed, tried, past, label))
            for context in contexts_of(past, model):
                followed[context].append(label)
        return total

    best = loss(model.concentrations[2])
    assert all(best < loss(alpha) + 1e-3 for alpha in np.geomspace(0.01, 1e5, 15))
    assert loss(1e-2) > best + 1


def losses_of_rows(model, rows):
    with rows_are_chains():
        return model.losses(rows)


def test_one_bin_is_a_first_order_chain():
    model, first = (
        fit_mean_chain(LEARNED, 5.0, n_labels=6, n_bins=1),
        fit_higher_order_chain(LEARNED, 1, n_labels=6),
    )
    assert model.edges.size == 0
    np.testing.assert_allclose(model.concentrations, first.concentrations)
    np.testing.assert_allclose(
        model.first, np.exp(-losses_of_rows(first, np.arange(6)[:, None]))[:, 0]
    )
    for label in range(6):
        rows = [[label, following] for following in range(6)]
        expected = np.exp(-losses_of_rows(first, rows)[:, 1])
        np.testing.assert_allclose(model.second[label], expected)
        np.testing.assert_allclose(model.later[0, label], expected)
    assert model.loss(HELD_BACK) == pytest.approx(first.loss(HELD_BACK))


@pytest.mark.parametrize("frames", [3, 10, 1_000])
def test_what_follows_anything_is_a_distribution(frames):
    model = fit_mean_chain(LEARNED[:frames], 5.0, n_labels=6)  # label 5 never occurs
    assert model.later.shape == (64, 6, 6)
    for table in (model.first, model.second, model.later):
        np.testing.assert_allclose(table.sum(axis=-1), 1, rtol=1e-12)
        assert (table > 0).all()


def test_a_mean_of_equal_labels_is_that_label():
    model = fit_mean_chain(np.full(1_000, 3), 7.3, n_labels=5, n_bins=4)
    assert (model.edges == 3).all()
    assert (model.later[-1, 3] == model.later[-1, 3].max()).sum() == 1
    assert model.later[-1, 3, 3] > 0.99


# Losses


def test_a_window_that_shows_one_label_makes_a_chain_of_order_2():
    tensor = np.random.default_rng(6).dirichlet([0.5] * 3, size=(3, 3))
    pairs = np.zeros((3, 3, 3, 3))
    for i, j in np.ndindex(3, 3):
        pairs[i, j, j] = tensor[i, j]
    learned, held = (
        simulate_markov_chain(pairs.reshape(9, 9), 200_000, seed=seed) % 3 for seed in (7, 8)
    )
    model = fit_mean_chain(learned, 0.01, n_labels=3, n_bins=32)
    exact = -np.log(tensor[held[:-2], held[1:-1], held[2:]]).mean()
    assert abs(model.loss(held) - exact) < 3e-4
    assert fit_higher_order_chain(learned, 1).loss(held) > exact + 0.05


def test_under_noise_its_loss_is_nearer_to_the_lowest_possible_one_than_that_of_any_order():
    least = NOISY.losses(HELD_BACK)[1:].mean()
    found = fit_mean_chain(LEARNED, 3.0).loss(HELD_BACK)
    orders = [
        fit_higher_order_chain(LEARNED, 7).losses(HELD_BACK, k)[1:].mean() for k in (1, 3, 5, 7)
    ]
    assert least < found < least + 0.004
    assert found < min(orders) - 0.01


def test_too_many_bins_cost_nothing():
    few, sufficient, many = (
        fit_mean_chain(LEARNED, 8.0, n_bins=n_bins).loss(HELD_BACK) for n_bins in (2, 32, 1_024)
    )
    assert few > sufficient + 5e-3
    assert many < sufficient + 1e-4


def test_labels_counted_from_the_other_end_give_the_same_model():
    # Ranks between two means: an edge that is a mean would belong to the other side.
    learned = LEARNED[:2_000]
    model, other = (
        fit_mean_chain(learned, 8.0, n_labels=5),
        fit_mean_chain(4 - learned, 8.0, n_labels=5),
    )
    np.testing.assert_allclose(other.edges, 4 - model.edges[::-1])
    np.testing.assert_allclose(other.later, model.later[::-1, ::-1, ::-1], rtol=1e-9)
    loss = model.loss(HELD_BACK)
    assert other.loss(4 - HELD_BACK) == pytest.approx(loss, rel=1e-9)


def test_each_row_begins_anew():
    model = fit_mean_chain(LEARNED, 8.0, n_labels=5)
    rows = HELD_BACK.reshape(-1, 4)
    alone = [model.loss(row) for row in rows[:100]]
    assert model.loss(list(rows[:100])) == pytest.approx(np.mean(alone))
    assert model.loss(list(rows)) > model.loss(HELD_BACK) + 0.01
    pairs = HELD_BACK.reshape(-1, 2)
    expected = -np.log(model.second[pairs[:, 0], pairs[:, 1]]).mean()
    assert model.loss(list(pairs)) == pytest.approx(expected)


# Generated labels


def test_each_label_and_mean_is_followed_as_its_distribution_says():
    generated = MADE.simulate(20_000, seed=9).tolist()
    observed = np.zeros((2, 3, 3))
    for at in range(2, len(generated)):
        past = generated[max(0, at - 60) : at]  # what lies before has a weight of e^-20
        observed[int(slow_mean(past, 3.0) >= 0.9), past[-1], generated[at]] += 1
    expected = MADE.later * observed.sum(axis=2, keepdims=True)
    assert expected.min() > 50
    assert stats.chisquare(observed.ravel(), expected.ravel(), ddof=5).pvalue > 1e-3
    other = MADE.later[::-1] * observed.sum(axis=2, keepdims=True)
    assert stats.chisquare(observed.ravel(), other.ravel(), ddof=5).pvalue < 1e-10


def test_a_chain_begins_from_the_populations_and_goes_on_from_its_first_label():
    generated = MADE.simulate(3, seed=10, n_chains=30_000)
    first = np.bincount(generated[:, 0], minlength=3)
    assert stats.chisquare(first, 30_000 * MADE.first).pvalue > 1e-3
    for label in range(3):
        second = generated[generated[:, 0] == label, 1]
        expected = second.size * MADE.second[label]
        assert stats.chisquare(np.bincount(second, minlength=3), expected).pvalue > 1e-3
        after = generated[(generated[:, 0] == label) & (generated[:, 1] == 0), 2]  # the mean: label
        expected = after.size * MADE.later[int(label >= 0.9), 0]
        assert stats.chisquare(np.bincount(after, minlength=3), expected).pvalue > 1e-3


def test_all_of_a_prompt_is_what_the_first_labels_follow():
    low, high = [0, 0, 0, 0, 2, 1], [2, 2, 2, 2, 0, 1]
    assert slow_mean(low, 3.0) < 0.9 < slow_mean(high, 3.0)
    generated = MADE.simulate(1, seed=11, prompt=[np.array(low), np.array(high)] * 10_000)
    assert generated.shape == (20_000, 1)
    for bin_ in range(2):
        observed = np.bincount(generated[bin_::2, 0], minlength=3)
        assert stats.chisquare(observed, 10_000 * MADE.later[bin_, 1]).pvalue > 1e-3
    one = MADE.simulate(10_000, seed=12, prompt=[2], n_chains=2)
    assert one.shape == (2, 10_000)
    following = MADE.simulate(1, seed=12, prompt=[2], n_chains=10_000)[:, 0]
    assert (
        stats.chisquare(np.bincount(following, minlength=3), 10_000 * MADE.second[2]).pvalue > 1e-3
    )


def test_a_mean_on_an_edge_belongs_to_the_upper_bin():
    later = np.stack([np.tile(row, (3, 1)) for row in np.eye(3)[:2]])  # 0 after low, 1 after high
    model = replace(MADE, edges=np.array([2.0]), later=later)
    assert model.simulate(1, seed=1, prompt=[2, 2, 2, 0]).tolist() == [1]
    assert model.simulate(1, seed=1, prompt=[1, 2, 2, 0]).tolist() == [0]
    assert model.loss([2, 2, 1]) == pytest.approx(-np.log(model.second[2, 2]) / 2)


def test_a_fit_to_generated_labels_finds_the_probabilities():
    learned, held = (MADE.simulate(200_000, seed=seed) for seed in (13, 14))
    model = fit_mean_chain(learned, 3.0, n_labels=3)
    low, high = model.edges[model.edges < 0.85], model.edges[model.edges > 0.95]
    assert min(low.size, high.size) > 10
    for bins, expected in ((model.later[: low.size], 0), (model.later[-high.size :], 1)):
        np.testing.assert_allclose(bins.mean(axis=0), MADE.later[expected], atol=0.01)
        assert np.abs(bins - MADE.later[expected]).max() < 0.1
    own = MADE.loss(held)
    assert own < model.loss(held) < own + 3e-3  # one bin holds the edge
    assert replace(MADE, window=1.0).loss(held) > own + 0.01
    assert fit_higher_order_chain(learned, 5).loss(held) > own + 0.01


def test_more_than_256_labels_need_the_larger_type():
    labels = np.random.default_rng(17).integers(0, 300, 5_000)
    generated = fit_mean_chain(labels, 5.0, n_bins=2).simulate(2_000, seed=1)
    assert generated.dtype == np.uint16
    assert generated.max() > 255


def test_the_seed_repeats_and_another_seed_does_not():
    one = MADE.simulate(500, seed=18, n_chains=3)
    assert one.shape == (3, 500)
    assert MADE.simulate(500, seed=18).shape == (500,)
    np.testing.assert_array_equal(one, MADE.simulate(500, seed=18, n_chains=3))
    assert not np.array_equal(one, MADE.simulate(500, seed=19, n_chains=3))
    assert not np.array_equal(one[0], one[1])


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (
            lambda: fit_mean_chain([0.5, 1, 0], 5.0),
            ValueError,
            "labels: expected whole",
        ),
        (
            lambda: fit_mean_chain([0, 5, 1], 5.0, n_labels=2),
            ValueError,
            "labels: .*found 5 at index 1",
        ),
        (lambda: fit_mean_chain([0, 1], 5.0), ValueError, "labels: .*at least 3 frame"),
        (
            lambda: fit_mean_chain([0, 1, 0], 0),
            ValueError,
            "window: expected more than 0",
        ),
        (lambda: fit_mean_chain([0, 1, 0], np.inf), TypeError, "window: .*finite"),
        (lambda: fit_mean_chain([0, 1, 0], 5.0, n_labels=0), ValueError, "n_labels: .*at least 1"),
        (
            lambda: fit_mean_chain([0, 1, 0], 5.0, n_bins=12),
            ValueError,
            "n_bins: expected a power of 2, found 12; give 8 or 16",
        ),
        (
            lambda: fit_mean_chain([0, 1, 0], 5.0, n_bins=0),
            ValueError,
            "n_bins: .*at least 1",
        ),
        (
            lambda: fit_mean_chain([0, 1, 0], 5.0, n_bins=4.0),
            TypeError,
            "n_bins: .*give an int",
        ),
        (
            lambda: fit_mean_chain([0, 1, 0], 5.0, n_labels=2_000),
            ValueError,
            "n_bins: 64 bins of 2000 labels .* give fewer",
        ),
        (lambda: MADE.loss([0, 3]), ValueError, "labels: expected labels from 0 to 2"),
        (lambda: MADE.loss([0]), ValueError, "labels: .*at least 2 frame"),
        (lambda: MADE.simulate(0, seed=1), ValueError, "n_frames: .*at least 1"),
        (lambda: MADE.simulate(9, seed=-1), ValueError, "seed: .*at least 0"),
        (lambda: MADE.simulate(9, seed=1, n_chains=0), ValueError, "n_chains: .*least 1"),
        (
            lambda: MADE.simulate(9, seed=1, prompt=[7]),
            ValueError,
            "prompt: expected labels from 0 to 2",
        ),
        (
            lambda: MADE.simulate(9, seed=1, prompt=[np.array([0]), np.array([1])], n_chains=3),
            ValueError,
            "n_chains: found 3, but the prompt has 2 rows",
        ),
    ],
)
def test_bad_input_is_refused_with_its_name(call, error, says):
    with pytest.raises(error, match=says):
        call()
