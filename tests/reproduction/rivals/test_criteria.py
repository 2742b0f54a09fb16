"""The criteria of the Markov models: what passes them and what fails them."""

from __future__ import annotations

import numpy as np
import pytest

from lstm_md.analysis.uncertainty import Estimate
from lstm_md.judging.criteria import Outcome
from reproduction.rivals.criteria import (
    agrees_only_beyond,
    below_and_beyond,
    scan_agrees_only_beyond,
    unmatched,
)

MS = [0.1, 1.0, 5.0, 10.0, 50.0]
RIGHT = np.array([2000.0, 200.0, 20.0, 10.0, 5.0])


def counts(values):
    every = np.repeat(np.asarray(values, float), 9).reshape(-1, 3, 3)
    return Estimate(every, np.sqrt(every) / 3, 10)


def curves(single, mean):
    return counts(single), counts(mean)


REFERENCE = curves(RIGHT, RIGHT)
WRONG = RIGHT / 3
# Single frames are judged below 10 ms and the mean from 10 ms on. The other points do not count.
FINE_ONLY = np.r_[RIGHT[:3], WRONG[3:]]


def test_the_pattern_is_wrong_below_and_right_beyond():
    coarse = np.r_[WRONG[:3], RIGHT[3:]]
    outcome = agrees_only_beyond(curves(WRONG, coarse), REFERENCE, MS)
    assert outcome.passed
    assert outcome.power.startswith("from 10 ms on all counts off by")
    shares = [
        outcome.numbers[f"{side}, share"] for side in ("single frames", "2 ms mean from 10 ms")
    ]
    assert shares[0] < 0.9 <= shares[1] == 1


@pytest.mark.parametrize(
    ("single", "mean"), [(RIGHT, RIGHT), (WRONG, WRONG), (FINE_ONLY, FINE_ONLY)]
)
def test_what_agrees_everywhere_nowhere_or_below_only_fails(single, mean):
    outcome = agrees_only_beyond(curves(single, mean), REFERENCE, MS)
    assert not outcome.passed
    assert "2 ms mean from 10 ms" in outcome.measured


def test_a_commit_time_of_ten_milliseconds_is_beyond():
    late = np.r_[RIGHT[:3], WRONG[3], RIGHT[4]]
    assert not below_and_beyond(curves(RIGHT, late), REFERENCE, MS)[1].passed


def test_a_reference_without_long_stays_cannot_be_judged():
    short = np.r_[RIGHT[:3], 0, 0]
    with pytest.raises(ValueError, match="no commit time with 10 transitions"):
        below_and_beyond(REFERENCE, curves(RIGHT, short), MS)


def outcome(passed):
    return Outcome(passed, "")


PATTERN, EVERYWHERE = (outcome(False), outcome(True)), (outcome(True), outcome(True))


def test_one_exception_in_ten_passes_and_two_fail():
    scan = {str(k): PATTERN for k in range(9)} | {"other": EVERYWHERE}
    assert scan_agrees_only_beyond(scan).passed
    found = scan_agrees_only_beyond(scan | {"8": EVERYWHERE})
    assert not found.passed
    assert found.measured == "8 of 10 models; 8 wrong below, 10 right beyond"
    assert dict(found.numbers) == {
        "models": 10,
        "pattern": 8,
        "wrong_below": 8,
        "right_beyond": 10,
    }
    with pytest.raises(ValueError, match="scan: found no model"):
        scan_agrees_only_beyond({})


LOSSES = {"LSTM": [2.24, 2.25, 2.26], "chain": [2.30, 2.31, 2.325]}
BOTH, ONE = [outcome(True), outcome(True)], [outcome(True), outcome(False)]


def test_a_model_alone_in_both_curves_and_in_the_loss_is_unmatched():
    found = unmatched("LSTM", {"LSTM": BOTH, "chain": ONE}, LOSSES)
    assert found.passed
    assert "nearest chain +0.0617" in found.measured
    assert found.numbers["loss"] == pytest.approx(2.25)
    assert found.numbers["nearest_gap"] == pytest.approx(0.0617, abs=1e-4)
    assert found.numbers["nearest_z"] > 10


@pytest.mark.parametrize(
    ("agree", "losses"),
    [
        ({"LSTM": BOTH, "chain": BOTH}, LOSSES),
        ({"LSTM": ONE, "chain": ONE}, LOSSES),
        ({"LSTM": BOTH, "chain": ONE}, {**LOSSES, "chain": [2.24, 2.26, 2.255]}),
        ({"LSTM": BOTH, "chain": ONE}, {**LOSSES, "chain": [2.20, 2.21, 2.215]}),
    ],
)
def test_an_equal_in_the_curves_or_in_the_loss_refuses(agree, losses):
    assert not unmatched("LSTM", agree, losses).passed


def test_another_model_in_the_place_of_the_candidate_fails():
    agree = {"LSTM": BOTH, "chain": ONE}
    assert not unmatched("chain", agree, LOSSES).passed
