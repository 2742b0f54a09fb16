"""Waiting times in C7eq and C7ax, counted by hand and of exact Markov chains."""

import numpy as np
import pytest

from lstm_md.analysis.markov import simulate_markov_chain
from reproduction.dipeptide.states import PS_PER_FRAME
from reproduction.dipeptide.waiting_times import (
    mean_waits,
    p_exponential,
    p_same_distribution,
    waits,
)
from tests.reproduction.dipeptide.test_states import ANGLES, IN_AX, IN_EQ, labels_from


@ANGLES
def test_waiting_times_are_those_counted_by_hand_in_picoseconds(angle):
    # The start of the first wait in C7eq and the end of the last one in C7ax are not seen.
    from_eq, from_ax = waits(labels_from(angle, "eeaaaeeeeaaee.ea"), angle, commit_frames=1)
    np.testing.assert_allclose(from_eq, [0.4, 0.4])
    np.testing.assert_allclose(from_ax, [0.3, 0.2])
    # With a commit time of 3 frames, the stay of 2 frames in C7ax does not count.
    from_eq, from_ax = waits(labels_from(angle, "eeeaaaeeeeaaee.eaaa"), angle, commit_frames=3)
    np.testing.assert_allclose(from_eq, [1.0])
    np.testing.assert_allclose(from_ax, [0.3])


@ANGLES
def test_waits_of_chains_are_joined_and_none_crosses_chains(angle):
    chains = np.stack([labels_from(angle, "eaaeea"), labels_from(angle, "aeeeea")])
    from_eq, from_ax = waits(chains, angle, commit_frames=1)
    np.testing.assert_allclose(from_eq, [0.2, 0.4])
    np.testing.assert_allclose(from_ax, [0.2])


@ANGLES
def test_there_are_no_waits_where_nothing_commits(angle):
    for letters in ("eaeaeaea", "eeeeeeee"):
        from_eq, from_ax = waits(labels_from(angle, letters), angle, commit_frames=4)
        assert from_eq.shape == from_ax.shape == (0,)
    # A chain in which nothing commits does not affect the other.
    both = np.stack([labels_from(angle, "eaeaeaea"), labels_from(angle, "eeaaeeaa")])
    from_eq, from_ax = waits(both, angle, commit_frames=2)
    np.testing.assert_allclose([from_eq, from_ax], [[0.2], [0.2]])


@ANGLES
def test_waits_of_a_two_state_chain_have_the_exact_means(angle):
    leave_eq, leave_ax = 1 / 2000, 1 / 400
    chain = simulate_markov_chain(
        [[1 - leave_eq, leave_eq], [leave_ax, 1 - leave_ax]], 2_000_000, seed=3
    )
    labels = np.array([IN_EQ[angle], IN_AX[angle]], np.uint8)[chain]
    for found, leave in zip(waits(labels, angle, commit_frames=1), (leave_eq, leave_ax)):
        expected = PS_PER_FRAME / leave
        assert found.size > 500
        assert abs(found.mean() - expected) <= 4 * expected / np.sqrt(found.size)


def test_the_error_of_a_mean_wait_is_over_waits_or_over_trainings_if_larger():
    fast, slow = "eaea" * 10, "eeeeaaaa" * 10  # waits of 1 and of 4 frames, without any spread
    labels = [labels_from("phi", letters) for letters in (fast, fast)]
    from_eq, _ = mean_waits(labels, "phi", commit_frames=1)
    assert (from_eq.value, from_eq.error) == (pytest.approx(0.1), pytest.approx(0, abs=1e-12))
    assert from_eq.n == 2 * waits(labels[0], "phi", commit_frames=1)[0].size
    labels[1] = labels_from("phi", slow)
    from_eq, _ = mean_waits(labels, "phi", commit_frames=1)
    # The two means are 1 and 4 frames: the error of their mean is 1.5 frames.
    assert from_eq.error == pytest.approx(0.15)


def test_a_mean_of_fewer_than_two_waits_is_unknown():
    from_eq, from_ax = mean_waits([labels_from("phi", "eaeaa")], "phi", commit_frames=1)
    assert (from_eq.n, from_ax.n) == (0, 0)
    assert np.isnan([from_eq.value, from_eq.error]).all()


def test_exponential_waits_have_a_uniform_p():
    random = np.random.default_rng(4)
    p = [p_exponential(random.exponential(500.0, size=30), seed=s) for s in range(200)]
    # A uniform p is below 0.05 in 10 of 200 cases, and the mean of 200 is within 0.08 of a half.
    assert 0.01 <= np.mean(np.array(p) < 0.05) <= 0.11
    assert abs(np.mean(p) - 0.5) < 0.08 and min(p) > 0 and max(p) <= 1


def test_waits_that_are_too_regular_or_too_irregular_are_not_exponential():
    random = np.random.default_rng(5)
    assert p_exponential(random.gamma(4.0, size=60)) < 0.01
    assert p_exponential(random.gamma(0.3, size=60)) < 0.01


def test_p_does_not_depend_on_the_mean_wait():
    sample = np.random.default_rng(6).exponential(size=20)
    assert p_exponential(sample) == p_exponential(1024 * sample)


@pytest.mark.parametrize("n", [0, 1, 2])
def test_p_is_nan_for_fewer_than_three_waits(n):
    assert np.isnan(p_exponential(np.ones(n)))
    assert np.isfinite(p_exponential(np.arange(1.0, 4.0)))


def test_samples_of_different_distributions_are_distinguished():
    random = np.random.default_rng(7)
    one, other = random.exponential(size=(2, 100))
    assert p_same_distribution(one, other) > 0.01
    assert p_same_distribution(one, 3 * other) < 0.001
    assert np.isnan(p_same_distribution(one, np.empty(0)))
    assert np.isnan(p_same_distribution(np.empty(0), one))
