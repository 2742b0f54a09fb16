"""The answers to T1 and T2, on made-up losses: all outcomes, and both marks."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lstm_md.judging.decision import (
    CANNOT_BE_TESTED,
    DOES_NOT_HOLD,
    HOLDS,
    NOT_DIAGNOSTIC,
    UNDECIDED,
)
from reproduction.path_entropy.answers import ANSWERS, answer, excess
from reproduction.path_entropy.states import TITLES
from reproduction.path_entropy.verdicts import OTHERS, EntropyEstimates, ProcessLosses
from reproduction.runs.records import Record

RATE = 0.4


def losses_of(seed, share, spread=0.0005):
    """Networks whose losses are above the exact one by about this share of the rate."""
    random = np.random.default_rng(seed)
    exact = RATE * (1 + 0.002 * random.normal(size=10))
    trainings = share + spread * random.normal(size=20)
    blocks = 0.0003 * random.normal(size=10)
    far = np.broadcast_to(1.2 * exact, (20, 10))
    return ProcessLosses(
        rate=RATE, rate_error=0.0, whole=0.4, short=0.41, exact=exact,
        entropies=np.array([0.8, 0.5]), losses=exact + RATE * (trainings[:, None] + blocks),
        untrained=far, shuffled=far[:2], loss=np.ones((20, 2)), validation_loss=np.ones((20, 2)),
        chains=np.ones((20, 2)), order_0=far, order_1=far,
    )  # fmt: skip


def made_up(share=0.002, spread=0.0005, **shares):
    estimates = EntropyEstimates(Record("path_entropy", Path(), {}, {}))
    estimates.processes = {
        name: losses_of(k, shares.get(name, share), spread) for k, name in enumerate(TITLES)
    }
    return estimates


def asked(claim, estimates):
    return answer(claim, "first edition", estimates)


@pytest.mark.parametrize(
    ("share", "outcome"),
    [(0.002, HOLDS), (0.02, DOES_NOT_HOLD), (0.01, UNDECIDED), (-0.02, DOES_NOT_HOLD)],
)
@pytest.mark.parametrize("claim", ["T1", "T2"])
def test_the_excess_must_be_within_one_percent(claim, share, outcome):
    found = asked(claim, made_up(share))
    assert (found.outcome, found.marks) == (outcome, ())


def test_trainings_that_scatter_leave_it_open():
    assert asked("T1", made_up(0.004, 0.03)).outcome == UNDECIDED
    assert asked("T1", made_up(0.004, 0.001)).outcome == HOLDS


@pytest.mark.parametrize("process", OTHERS)
def test_every_process_decides_the_second_claim_and_not_the_first(process):
    estimates = made_up(**{process: 0.02})
    assert (asked("T1", estimates).outcome, asked("T2", estimates).outcome) == (
        HOLDS,
        DOES_NOT_HOLD,
    )
    assert TITLES[process] in asked("T2", estimates).number


@pytest.mark.parametrize("control", ["untrained", "shuffled", "order_1"])
def test_a_control_that_holds_for_one_process_makes_it_not_diagnostic(control):
    estimates = made_up()
    process = estimates.processes["semi_markov"]
    changed = replace(process, **{control: process.losses})
    estimates.processes["semi_markov"] = changed
    assert asked("T2", estimates).marks == (NOT_DIAGNOSTIC,)
    assert asked("T1", estimates).marks == ()


def test_a_process_whose_own_loss_is_off_cannot_be_tested():
    estimates = made_up()
    process = estimates.processes["markov"]
    estimates.processes["markov"] = replace(process, rate=RATE * 1.02)
    assert asked("T1", estimates).marks == (CANNOT_BE_TESTED,)
    assert asked("T2", estimates).marks == ()
    uncertain = replace(process, rate_error=0.01)
    estimates.processes["markov"] = uncertain
    assert asked("T1", estimates).marks == (CANNOT_BE_TESTED,)


def test_the_error_of_the_excess_has_a_part_of_trainings_and_one_of_blocks():
    random = np.random.default_rng(1)
    found = [
        excess(1 + 0.01 * (random.normal(size=(20, 1)) + random.normal(size=10)), np.ones(10), 1.0)
        for _ in range(1000)
    ]
    spread = np.std([each.value for each in found])
    assert np.sqrt(np.mean([each.variance for each in found])) == pytest.approx(spread, rel=0.1)


def test_the_number_is_a_share_of_the_entropy_rate():
    number = asked("T1", made_up(0.002)).number
    value, low, high = (float(each) for each in re.findall(r"([\d.]+) %", number))
    assert (
        number
        == f"loss above the path entropy, Markov chain: {value:.3f} % ({low:.3f} % to {high:.3f} %)"
    )
    assert low < value < high and value == pytest.approx(0.2, abs=0.03)


def test_each_record_has_its_method():
    assert ANSWERS["T1", "continued"].records == ("path_entropy_continued",)
    assert ANSWERS["T2", "first edition"].records == ("path_entropy",)
