"""N1 of records whose answer is known."""

from __future__ import annotations

import json
from types import SimpleNamespace

import numpy as np
import pytest

from lstm_md.analysis.markov import simulate_markov_chain
from reproduction.copies import verdicts as copying

CHAIN = np.array([[0.98, 0.02, 0.0], [0.01, 0.98, 0.01], [0.0, 0.02, 0.98]])
FRAMES, PROMPT = 20_000, 100


def record(written=None):
    """A record of five networks that wrote this, or simulations of the same chain."""
    data = simulate_markov_chain(CHAIN, FRAMES, seed=1)
    honest = [simulate_markov_chain(CHAIN, FRAMES, seed=10 + k, n_chains=2) for k in range(5)]
    return SimpleNamespace(
        settings={"potential": "linear_three_state", "seed": 1, "prompt_frames": PROMPT},
        data=data,
        reference=simulate_markov_chain(CHAIN, 10 * FRAMES, seed=2),
        generated=honest if written is None else [written(data, text) for text in honest],
        provenance={"date": "today"},
        recorded=lambda: "recorded",
    )


@pytest.fixture(scope="module")
def honest():
    return record()


def test_networks_that_copy_nothing_reproduce_and_copies_fail(honest):
    verdict = copying.verdict(honest)
    assert verdict.line() == "N1: reproduced" and verdict.source == "recorded"
    assert set(verdict.controls) == {"100 pieces of the training data", "training data, shifted"}
    assert not any(control.passed for control in verdict.controls.values())
    assert verdict.best.passed


def test_networks_that_know_their_data_by_heart_do_not(honest):
    def by_heart(data, _):
        return np.array([np.roll(data, -PROMPT)] * 2)

    assert copying.verdict(record(by_heart)).line() == "N1: not reproduced"


def test_one_network_that_repeats_one_long_piece_does_not_either():
    first = iter([True] + [False] * 4)

    def once(data, text):
        if next(first):
            text[0, 3_000:4_000] = data[9_000:10_000]
        return text

    assert copying.verdict(record(once)).line() == "N1: not reproduced"


def test_what_the_power_promises_is_refused(honest):
    found = copying.CopyTest(honest)
    share, piece = found.smallest_share, found.shortest_piece
    assert f"one copied piece of {found.allowed + 1:,} frames" in found.power()
    assert f"{share:.2g} of the text" in found.power() and f"pieces of {piece:,}" in found.power()
    # A piece of typical length, and a whole text of pieces that any two texts share.
    assert 0.001 <= share <= 0.2
    assert found.model.mean.mean() / 4 < piece < found.allowed / 2
    assert found.is_detectable(piece, 1.0) and found.is_detectable(found.allowed, share)


def test_the_power_is_the_last_step_before_the_first_that_is_missed():
    assert copying._last((8, 4, 2, 1), lambda k: k != 2) == 4
    assert copying._last((8, 4), lambda k: True) == 4
    assert copying._last((8, 4), lambda k: False) is None


def test_pasted_texts_have_the_share_that_was_asked_for(honest):
    found = copying.CopyTest(honest)
    assert (found.pasted(100, 0.0) == found.texts).all()
    half = found.pasted(100, 0.5).reshape(-1, 100)
    changed = (half != found.texts.reshape(-1, 100)).any(axis=1)
    assert changed.sum() == pytest.approx(len(half) / 2, rel=0.1)
    assert len(found.in_another_order()[0]) == FRAMES


def test_what_is_repeated_after_the_prompt():
    def starts(data, text):
        text[0, :30] = data[PROMPT : PROMPT + 30]
        text[0, 30] = (data[PROMPT + 30] + 1) % 3
        text[1] = text[0]
        return text

    repeated = copying.CopyTest(record(starts)).repeated()
    assert repeated["training data"] == [30] * 10
    assert repeated["one another"] == [FRAMES] * 10


def test_numbers_are_json_and_those_of_the_verdict(honest):
    made = copying.CopyTest(honest)
    numbers = copying.numbers(honest, made)
    assert json.loads(json.dumps(numbers)) == numbers
    measured = copying.verdict(honest, made).model.measured
    assert f"{numbers['excess']:+.1%} ± {numbers['error']:.1%}" in measured
    assert f"longest {numbers['longest']['LSTM'][0]:,}" in measured
    assert 0 <= numbers["after_prompt"]["beyond_it"] <= numbers["after_prompt"]["chains"] == 10
    assert len(numbers["mean"]["LSTM"]) == copying.OTHERS + 1
