"""The hidden state of a network, and what a linear probe reads from it."""

import numpy as np
import pytest

from reproduction.projections.probe import SPANS, averages, probe


def two_states(chains=20, frames=2000, hold=0.99, seed=1):
    random = np.random.default_rng(seed)
    return np.cumsum(random.random((chains, frames)) > hold, axis=1) % 2


def test_averages_over_the_past_are_means_and_know_no_future():
    values = np.arange(40.0)[None]
    seen = averages(values, every=20)
    assert seen.shape == (1, 2, len(SPANS))
    np.testing.assert_allclose(seen[0, 1, :4], [39, 38, 34.5, 24.5])
    assert seen[0, 0, -1] == values[0, :20].mean(), "at the beginning over what there is"


def test_a_probe_reads_what_is_there_and_only_that():
    truth, random = two_states(), np.random.default_rng(2)
    noise = random.normal(size=(*truth.shape, 6))
    clear = noise.copy()
    clear[..., 3] += 8.0 * truth
    assert probe(clear, truth).value > 0.999
    nothing = probe(noise, truth)
    assert abs(nothing.value - 0.5) < 0.02 and 0 < nothing.error < 0.02
    # Two normal distributions one standard deviation apart: Φ(1/2).
    noise[..., 0] += truth
    some = probe(noise, truth)
    assert abs(some.value - 0.6915) < 4 * some.error < 0.04


def test_a_rare_state_counts_as_much_as_the_other_and_other_states_do_not_count():
    random = np.random.default_rng(3)
    truth = (random.random((20, 2000)) < 0.03).astype(int)
    x = random.normal(size=(20, 2000, 1))
    assert abs(probe(x, truth).value - 0.5) < 0.05, "to say always the common one is worth 0.5"
    # Φ(1), which who goes for the common state misses by far.
    assert probe(x + 2 * truth[..., None], truth).value == pytest.approx(0.841, abs=0.02)
    elsewhere = random.random(truth.shape) < 0.5
    x[..., 0] += np.where(elsewhere, random.choice([-99, 99], truth.shape), 6 * truth)
    assert probe(x, np.where(elsewhere, -1, truth)).value > 0.99


def test_the_error_is_over_chains_that_hold_their_states():
    spread = []
    for seed in range(40):
        held = np.random.default_rng(seed).normal(size=(20, 1, 1))
        spread.append(
            probe(np.broadcast_to(held, (20, 1000, 1)), two_states(20, 1000, 0.995, seed))
        )
    values = np.array([e.value for e in spread])
    claimed = np.sqrt(np.mean([e.error**2 for e in spread]))
    assert 0.6 < values.std() / claimed < 1.6


def test_errors_say_what_to_do():
    truth = np.zeros((4, 100), int)
    with pytest.raises(ValueError, match="states: found 200 frame.s. of one state and 0 of the"):
        probe(np.ones((4, 100, 1)), truth)
    truth[:2, ::2] = 1
    with pytest.raises(ValueError, match="second half of 4 chain"):
        probe(np.ones((4, 100, 1)), truth)
