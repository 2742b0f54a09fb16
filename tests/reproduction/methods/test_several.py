"""Several decisions make one verdict."""

import numpy as np
import pytest

from lstm_md.judging.decision import (
    CANNOT_BE_TESTED,
    DOES_NOT_HOLD,
    HOLDS,
    NOT_DIAGNOSTIC,
    UNDECIDED,
    Decision,
)
from lstm_md.judging.null_sample import NullSample
from reproduction.methods.several import (
    ALIKE,
    EVERY,
    EVERY_DEVIATES,
    MOST,
    MOST_DEVIATE,
    Part,
    answer,
    at_least,
    compare,
)


def part(outcome, p=0.001, otherwise=None, more=1.0, marks=()):
    decided = Decision(outcome, p, "A→B", (1.1, 1.0, 1.2), more, marks=marks)
    if otherwise is None:
        otherwise = UNDECIDED if outcome == DOES_NOT_HOLD else outcome
    return Part(decided, Decision(otherwise, 1.0, "A→B", (1.1, 1.0, 1.2), more))


GOOD, BAD, OPEN = part(HOLDS, 0.5), part(DOES_NOT_HOLD), part(UNDECIDED, 0.5, more=3.0)


@pytest.mark.parametrize(
    "rule, parts, outcome",
    [
        (ALIKE, [GOOD, GOOD], HOLDS),
        (ALIKE, [BAD, BAD], DOES_NOT_HOLD),
        (ALIKE, [GOOD, BAD], UNDECIDED),
        (ALIKE, [BAD, OPEN], UNDECIDED),
        (EVERY, [GOOD, BAD], DOES_NOT_HOLD),
        (EVERY, [GOOD, OPEN], UNDECIDED),
        (MOST, [GOOD] * 9 + [BAD], HOLDS),
        (MOST, [GOOD] * 8 + [OPEN] * 2, UNDECIDED),
        (MOST, [BAD] * 10, DOES_NOT_HOLD),
    ],
)
def test_a_rule_makes_one_outcome(rule, parts, outcome):
    assert rule.joint(parts)[0] == outcome


def test_two_rejections_that_are_hardly_significant_refute_only_if_both_are_needed():
    weak = part(DOES_NOT_HOLD, 0.04)
    assert ALIKE.joint([weak, weak]) == (DOES_NOT_HOLD, UNDECIDED, 0.04)
    assert EVERY.joint([weak, GOOD]) == (UNDECIDED, UNDECIDED, 0.08)


def test_a_deviation_holds_by_a_rejection():
    assert [one.deviates().decision.outcome for one in (GOOD, BAD, OPEN)] == [
        DOES_NOT_HOLD,
        HOLDS,
        UNDECIDED,
    ]
    assert EVERY_DEVIATES.joint([BAD.deviates()] * 2) == (HOLDS, UNDECIDED, 0.001)
    assert EVERY_DEVIATES.joint([BAD.deviates(), GOOD.deviates()])[1] == DOES_NOT_HOLD
    # The test of the one that does not deviate need not reject.
    assert EVERY_DEVIATES.joint([BAD.deviates(), GOOD.deviates()])[0] == DOES_NOT_HOLD
    assert MOST_DEVIATE.joint([BAD.deviates()] * 9 + [OPEN])[0] == HOLDS


def test_a_p_value_of_several_is_valid_without_independence():
    random = np.random.default_rng(1)
    shared = random.random(4000)
    assert np.mean([at_least(1, [p] * 10) <= 0.05 for p in shared]) <= 0.05
    own = random.random((4000, 10))
    assert np.mean([at_least(1, each) <= 0.05 for each in own]) <= 0.05
    assert at_least(9, [0.001] * 9 + [0.9]) == pytest.approx(0.002)
    assert at_least(10, [0.001] * 9 + [0.9]) == pytest.approx(0.9)


def test_an_answer_says_what_a_rejection_decided():
    found = answer("X", "ours", EVERY_DEVIATES, [BAD.deviates()], "", records=("a",))
    assert found.outcome == HOLDS
    assert found.corrected(0.02).outcome == HOLDS
    assert found.corrected(0.2).outcome == UNDECIDED


def test_an_answer_has_the_marks_of_its_parts_and_controls():
    rare = part(UNDECIDED, 0.5, more=7.0, marks=(CANNOT_BE_TESTED,))
    found = answer("X", "ours", EVERY, [OPEN, rare], "", {"chain": [GOOD, GOOD]}, records=("a",))
    assert found.marks == (CANNOT_BE_TESTED, NOT_DIAGNOSTIC)
    assert found.controls == {"chain": HOLDS} and found.more_data == 7.0
    assert answer("X", "ours", ALIKE, [GOOD, BAD], "", records=("a",)).more_data == float("inf")


def test_what_is_not_tested_is_undecided_and_has_no_p_value():
    shown = Part.untested("A→B: 1.20 times the data")
    found = answer("X", "ours", ALIKE, [shown], shown.measured, records=("a",))
    assert (found.outcome, found.p_value, found.more_data) == (UNDECIDED, None, float("inf"))
    assert EVERY.joint([shown, GOOD])[0] == UNDECIDED
    assert EVERY.joint([shown, BAD])[0] == DOES_NOT_HOLD


def test_a_test_is_decided_with_and_without_its_rejection():
    random = np.random.default_rng(1)
    null = NullSample(random.poisson(1000, (500, 2)), random.poisson(1000, (500, 2)))
    data = np.array([1000.0, 1000.0])
    fast = compare(random.poisson(1600, (4, 2)), data, null, ["A", "B"], [True, True])
    assert (fast.decision.outcome, fast.otherwise.outcome) == (DOES_NOT_HOLD, UNDECIDED)
    assert fast.measured.startswith(fast.decision.worst + ": 1.6")
