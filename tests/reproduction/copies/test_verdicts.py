"""N1 of records whose answer is known."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from lstm_md.analysis.markov import simulate_markov_chain
from reproduction.copies import comparison
from reproduction.copies import verdicts as copying

CHAIN = np.array([[0.98, 0.02, 0.0], [0.01, 0.98, 0.01], [0.0, 0.02, 0.98]])
N_FRAMES, PROMPT_FRAMES = 20_000, 100


def record(change=None):
    """A record of five networks that generated simulations of the chain of their data.

    ``change`` takes the data and the trajectories of one network, and returns others.
    """
    data = simulate_markov_chain(CHAIN, N_FRAMES, seed=1)
    generated = [simulate_markov_chain(CHAIN, N_FRAMES, seed=10 + k, n_chains=2) for k in range(5)]
    return SimpleNamespace(
        settings={"potential": "linear_three_state", "seed": 1},
        data=data,
        reference=simulate_markov_chain(CHAIN, 10 * N_FRAMES, seed=2),
        generated=generated if change is None else [change(data, chains) for chains in generated],
        recorded=lambda: "recorded",
    )


@pytest.fixture(scope="module")
def honest():
    return copying.CopyTest(record())


def test_networks_without_copies_reproduce_and_copies_fail(honest):
    verdict = honest.verdict()
    assert verdict.line() == "N1: reproduced" and verdict.source == "recorded"
    assert set(verdict.controls) == {"100 pieces of the training data", "training data, shifted"}
    assert not any(control.passed for control in verdict.controls.values())
    assert verdict.best.passed


def test_the_verdict_carries_the_numbers_of_the_model(honest):
    numbers = honest.verdict().numbers
    assert numbers["excess"] == pytest.approx(np.expm1(honest.excess.log_ratio))
    assert numbers["longest"] == honest.model.longest[0].max()
    assert numbers["allowed"] == honest.allowed


def test_networks_that_memorised_their_data_do_not_reproduce():
    def memorised(data, _):
        return np.array([np.roll(data, -PROMPT_FRAMES)] * 2)

    assert copying.verdict(record(memorised)).line() == "N1: not reproduced"


def test_a_single_network_with_a_single_long_copy_does_not_reproduce():
    first = iter([True] + [False] * 4)

    def copied_once(data, chains):
        if next(first):
            chains[0, 3_000:4_000] = data[9_000:10_000]
        return chains

    assert copying.verdict(record(copied_once)).line() == "N1: not reproduced"


def test_copies_that_the_power_names_are_refused(honest):
    share, piece = honest.smallest_share, honest.shortest_piece
    assert f"one copied piece of {honest.allowed + 1:,} frames" in honest.power()
    assert f"{share:.2g} of the text" in honest.power()
    assert f"pieces of {piece:,}" in honest.power()
    # A piece of typical length, and a whole trajectory of pieces that any two of them share.
    assert 0.001 <= share <= 0.2
    assert honest.model.mean.mean() / 4 < piece < honest.allowed / 2
    assert honest.is_detectable(piece, 1.0) and honest.is_detectable(honest.allowed, share)


def test_the_power_is_the_last_step_before_the_first_failure():
    assert comparison._last_before_failure((8, 4, 2, 1), lambda k: k != 2) == 4
    assert comparison._last_before_failure((8, 4), lambda k: True) == 4
    assert comparison._last_before_failure((8, 4), lambda k: False) is None


def test_pasted_copies_take_the_share_that_was_asked_for(honest):
    trajectories, data = honest.simulations, honest.data
    before = trajectories.copy()
    assert (comparison.paste_copies(trajectories, data, 100, 0.0) == trajectories).all()
    half = comparison.paste_copies(trajectories, data, 100, 0.5).reshape(-1, 100)
    changed = (half != trajectories.reshape(-1, 100)).any(axis=1)
    assert changed.sum() == pytest.approx(len(half) / 2, rel=0.1)
    assert (trajectories == before).all()


def test_controls_hold_the_training_data_in_another_order(honest):
    for control in (*honest.in_another_order(), *honest.shifted()):
        assert (np.bincount(control) == np.bincount(honest.data)).all()
        assert (control != honest.data).any()
