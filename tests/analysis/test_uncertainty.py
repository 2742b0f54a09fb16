"""Standard errors: known answers, formats, and intervals that cover the exact value in 95 %."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from lstm_md.analysis.kinetics import transition_counts
from lstm_md.analysis.markov import simulate_markov_chain, stationary
from lstm_md.analysis.populations import free_energies, populations
from lstm_md.analysis.uncertainty import (
    Estimate,
    block_bootstrap,
    by_segments,
    over_trainings,
    segments,
)

TWO_STATES = np.array([[0.9, 0.1], [0.05, 0.95]])  # correlation time −1/ln 0.85 = 6.2 frames
EXACT = stationary(TWO_STATES)[1]
REPLICAS = 1000


@pytest.fixture(scope="module")
def replicas():
    return simulate_markov_chain(TWO_STATES, 4_000, seed=31, n_chains=REPLICAS)


def share_of_ones(labels):
    return labels.mean()


def coverage(estimates):
    """Return the share of 95 % intervals, by Student's t, that cover the exact value."""
    z = [(np.abs(estimate.deviation_from(EXACT)), estimate.n) for estimate in estimates]
    return np.mean([deviation <= stats.t.ppf(0.975, n - 1) for deviation, n in z])


# --- coverage -----------------------------------------------------------------------------------


@pytest.mark.parametrize("n_segments", [5, 20])
def test_intervals_from_segments_cover_the_exact_value(replicas, n_segments):
    estimates = (by_segments(share_of_ones, chain, n_segments) for chain in replicas)
    assert 0.93 <= coverage(estimates) <= 0.97


def test_intervals_from_the_block_bootstrap_cover_the_exact_value(replicas):
    estimates = (
        block_bootstrap(share_of_ones, chain, 200, seed=seed, n_replicas=50)
        for seed, chain in enumerate(replicas)
    )
    assert 0.93 <= coverage(estimates) <= 0.97


def test_intervals_from_trainings_cover_the_exact_value(replicas):
    shares = replicas.mean(axis=1).reshape(-1, 5)
    assert 0.90 <= coverage(over_trainings(five) for five in shares) <= 0.99  # 200 replicas


def test_blocks_and_segments_shorter_than_the_correlation_time_cover_too_little(replicas):
    # The control: errors that treat frames as independent fail the test of coverage.
    some = replicas[:100]
    assert coverage(by_segments(share_of_ones, chain, 1000) for chain in some) < 0.85
    assert (
        coverage(block_bootstrap(share_of_ones, chain, 1, seed=0, n_replicas=50) for chain in some)
        < 0.6
    )


def test_errors_squared_are_the_variance_in_closed_form(replicas):
    # Var of the share = π₀ π₁ (1 + λ)/(1 − λ)/frames, with the second eigenvalue λ of the chain.
    decay = 1 - TWO_STATES[0, 1] - TWO_STATES[1, 0]
    variance = EXACT * (1 - EXACT) * (1 + decay) / (1 - decay) / replicas.shape[1]
    some = replicas[:400]
    for errors in (
        [by_segments(share_of_ones, chain, 10).error for chain in some],
        # Five blocks: without the correction for few blocks the variance would be a fifth lower.
        [
            block_bootstrap(share_of_ones, chain, 800, seed=k, n_replicas=50).error
            for k, chain in enumerate(some)
        ],
    ):
        assert np.mean(np.square(errors)) == pytest.approx(variance, rel=0.1)


# --- segments -----------------------------------------------------------------------------------


def test_segments_cut_each_chain_and_drop_what_is_left_over():
    chains = np.arange(14).reshape(2, 7)
    assert segments(chains, 3).tolist() == [[0, 1], [2, 3], [4, 5], [7, 8], [9, 10], [11, 12]]
    assert segments(np.arange(6), 1).tolist() == [[0, 1, 2, 3, 4, 5]]


def test_segments_of_one_chain_are_a_view():
    labels = np.zeros(11, dtype=np.uint8)
    assert np.shares_memory(segments(labels, 3), labels)


def test_the_mean_over_segments_by_hand():
    estimate = by_segments(lambda s: populations(s, n_labels=2), [0, 0, 0, 1, 1, 1, 0, 1], 4)
    # Shares of label 1: 0, 1/2, 1, 1/2.
    assert estimate.value.tolist() == [0.5, 0.5]
    np.testing.assert_allclose(estimate.error, np.sqrt(1 / 6) / 2)
    assert estimate.n == 4


def test_a_statistic_may_be_an_array_of_counts():
    labels = simulate_markov_chain(TWO_STATES, 4_000, seed=32, n_chains=3)
    estimate = by_segments(lambda s: transition_counts(s, [1, 5], n_labels=2), labels, 10)
    assert estimate.value.shape == estimate.error.shape == (2, 2, 2)
    assert estimate.n == 30
    bootstrapped = block_bootstrap(
        lambda s: transition_counts(s, [1, 5], n_labels=2), labels, 400, seed=1, n_replicas=50
    )
    assert np.array_equal(bootstrapped.value, transition_counts(labels, [1, 5], n_labels=2))


def test_infinite_free_energies_give_no_error_rather_than_a_wrong_one():
    estimate = by_segments(lambda s: free_energies(populations(s, n_labels=2)), [0, 0, 0, 1], 2)
    assert estimate.value[1] == np.inf
    assert np.isnan(estimate.error[1])
    assert np.isfinite(estimate.error[0])


def test_over_trainings_takes_the_mean_of_numbers_or_arrays():
    estimate = over_trainings([[1.0, 2.0], [3.0, 2.0], [5.0, 2.0]])
    assert estimate.value.tolist() == [3.0, 2.0]
    np.testing.assert_allclose(estimate.error, [2 / np.sqrt(3), 0])
    assert estimate.n == 3
    assert over_trainings([1.0, 3.0]).value == 2.0


# --- bootstrap ----------------------------------------------------------------------------------


def test_the_bootstrap_depends_on_its_seed_alone():
    labels = simulate_markov_chain(TWO_STATES, 500, seed=33)
    first = block_bootstrap(share_of_ones, labels, 50, seed=1)
    assert first.error == block_bootstrap(share_of_ones, labels, 50, seed=1).error
    assert first.error != block_bootstrap(share_of_ones, labels, 50, seed=2).error
    default = block_bootstrap(share_of_ones, labels, 50)
    assert default.error == block_bootstrap(share_of_ones, labels, 50, seed=0).error


def test_blocks_are_neighbouring_frames_of_one_chain_and_wrap_within_it():
    labels = np.arange(30).reshape(3, 10)
    replicas = []
    block_bootstrap(
        lambda blocks: replicas.append(blocks) or 0.0, labels, 4, seed=1, n_replicas=300
    )
    blocks = np.concatenate(replicas[:300])
    assert blocks.shape == (300 * 7, 4)
    assert (blocks // 10 == blocks[:, :1] // 10).all()
    assert (np.diff(blocks.astype(int) % 10) % 10 == 1).all()
    starts = np.bincount(blocks[:, 0], minlength=30)
    assert stats.chisquare(starts).pvalue > 1e-3


# --- Estimate -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "error", "printed"),
    [
        (0.3333, 0.0211, "0.333 ± 0.021"),
        (5689.2, 962.4, "5690 ± 960"),
        (5689.2, 96.2, "5689 ± 96"),
        (1.0, 0.0996, "1.00 ± 0.10"),
        (-2.5, 1.04, "-2.5 ± 1.0"),
        (0.5, 0.0, "0.5 ± 0"),
        (0.5, np.nan, "0.5 ± nan"),
        (np.inf, 1.0, "inf ± 1"),
        (0.3333333, 1.2e-12, "0.333333 ± 1.2e-12"),
    ],
)
def test_estimates_print_two_digits_of_their_error(value, error, printed):
    assert str(Estimate(value, error)) == printed


def test_estimates_print_with_a_format_and_as_arrays():
    assert f"{Estimate(1.0, 0.25):.1f}" == "1.0 ± 0.2"
    assert str(Estimate([1.0, 2.0], [0.1, 0.25])) == "[1.00 ± 0.10, 2.00 ± 0.25]"
    assert str(Estimate([[1.0]], [[0.5]])) == "[[1.00 ± 0.50]]"


def test_deviation_is_in_combined_standard_errors():
    assert Estimate(1.0, 0.3).deviation_from(Estimate(2.0, 0.4)) == pytest.approx(-2)
    assert Estimate(1.0, 0.5).deviation_from(0.0) == pytest.approx(2)
    both = Estimate([1.0, 1.0, 1.0], [0.0, 0.0, 1.0]).deviation_from([1.0, 0.0, 3.0])
    assert both.tolist() == [0.0, np.inf, -2.0]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: Estimate([1.0, 2.0], 0.1), ValueError, "error: .*shape"),
        (lambda: Estimate(1.0, -0.1), ValueError, "error: .*below 0"),
        (lambda: segments([0, 1], 3), ValueError, "n_segments: found 3 for 2 frame"),
        (lambda: segments([0.5, 1], 1), ValueError, "labels"),
        (lambda: by_segments(np.mean, [0, 1], 1), ValueError, "n_segments"),
        (lambda: by_segments(populations, [0, 0, 0, 1], 2), ValueError, "statistic: .*n_labels"),
        (lambda: over_trainings([1.0]), ValueError, "values: .*at least 2"),
        (lambda: over_trainings(1.0), ValueError, "values: .*found 1"),
        (lambda: over_trainings([[1.0, 2.0], [1.0]]), ValueError, "values: .*one shape"),
        (lambda: block_bootstrap(np.mean, [0, 1, 0], 2, seed=0), ValueError, "block_frames"),
        (
            lambda: block_bootstrap(np.mean, list(np.eye(2, dtype=int)), 3, seed=0),
            ValueError,
            "block_frames",
        ),
        (lambda: block_bootstrap(np.mean, [0, 1], 1, seed=0, n_replicas=1), ValueError, "replicas"),
    ],
)
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
