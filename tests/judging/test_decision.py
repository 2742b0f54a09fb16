"""Verdicts: each outcome and each mark occurs, and Holm's correction by hand."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from lstm_md.judging.calibrated import RatioTest
from lstm_md.judging.decision import MARGIN, Decision, decide, holm

NAMES = ("A→B", "B→A", "A→C")
ALL = np.ones(3, bool)


def found(ratios, error=0.02, data_error=0.05, p=0.5, n_trainings=10):
    """A test of three rates with these ratios and errors."""
    log_ratio = np.log(np.broadcast_to(ratios, 3).astype(float))
    errors = np.broadcast_to(error, 3).astype(float)
    variance = np.broadcast_to(data_error, 3).astype(float) ** 2
    score = log_ratio / np.sqrt(variance + errors**2)
    return RatioTest(log_ratio, errors, variance, score, 3.0, p, n_trainings)


def test_rates_inside_the_margin_hold():
    decision = decide(found([1.0, 0.95, 1.1]), NAMES, ALL)
    assert decision.outcome == "holds" and decision.marks == () and decision.more_data == 1
    assert decision.worst == "A→C" and decision.ratio[0] == pytest.approx(1.1)
    # Student's t with 9 degrees of freedom: 1.833
    assert decision.ratio[2] == pytest.approx(1.1 * np.exp(1.833 * 0.02), rel=1e-4)


def test_a_significant_deviation_outside_the_margin_does_not_hold():
    decision = decide(found([1.0, 1.5, 1.0], p=0.001), NAMES, ALL)
    assert decision.outcome == "does not hold" and decision.worst == "B→A"


def test_a_significant_deviation_inside_the_margin_holds():
    sharp = found([1.0, 1.15, 1.0], error=0.005, data_error=0.01, p=0.001)
    assert decide(sharp, NAMES, ALL).outcome == "holds"


def test_one_rate_that_is_too_uncertain_leaves_the_claim_undecided():
    decision = decide(found([1.0, 1.1, 1.0], error=[0.01, 0.1, 0.01]), NAMES, ALL)
    assert decision.outcome == "undecided" and decision.worst == "B→A"
    half, room = 1.8331 * 0.1, np.log(MARGIN) - np.log(1.1)
    assert decision.more_data == pytest.approx((half / room) ** 2, rel=1e-3)
    assert "times as much data would decide" in str(decision)
    never = dataclasses.replace(decision, more_data=83_254.0)
    assert "no realistic amount of data would decide" in str(never)
    assert "data would" not in str(dataclasses.replace(decision, more_data=np.inf))


def test_a_deviation_that_chance_may_explain_is_undecided():
    decision = decide(found([1.4, 1.0, 1.0], data_error=0.2), NAMES, ALL)
    assert decision.outcome == "undecided" and decision.more_data > 1
    # The curve may reject for another reason, at a commit time that does not count.
    other = found([1.4, 1.0, 1.0], data_error=0.2, p=0.001)
    assert decide(other, NAMES, ALL).outcome == "undecided"


def test_deviations_at_short_commit_times_do_not_count():
    test = found([1.0, 1.0, 5.0], p=0.001)
    committed = np.array([True, True, False])
    assert decide(test, NAMES, committed, curve=committed).outcome == "holds"
    assert decide(test, NAMES, committed).outcome == "does not hold"


def test_rates_that_an_independent_simulation_would_miss_are_named():
    decision = decide(found([1.0, 1.0, 1.6], data_error=[0.1, 0.1, 0.6]), NAMES, ALL)
    assert decision.outcome == "holds" and decision.untestable == ("A→C",)
    assert "A→C" in str(decision)
    none = decide(found(1.0, data_error=0.6), NAMES, ALL)
    assert none.outcome == "undecided" and none.marks == ("cannot be tested here",)
    # 0.6745 standard errors must fit into the margin.
    assert none.more_data == pytest.approx((0.6 * 0.6745 / np.log(1.25)) ** 2, rel=1e-3)


def test_an_untestable_rate_may_still_show_that_a_claim_does_not_hold():
    test = found([1.0, 1.0, 20.0], data_error=[0.1, 0.1, 0.6], p=0.001)
    assert decide(test, NAMES, ALL).outcome == "does not hold"


def test_the_error_of_the_data_counts_only_for_the_process():
    test = found(1.05, error=0.01, data_error=0.2)
    assert decide(test, NAMES, ALL).outcome == "holds"
    assert decide(test, NAMES, ALL, of_process=True).outcome == "undecided"


def test_a_control_that_holds_makes_a_claim_not_diagnostic():
    good, bad = decide(found(1.0), NAMES, ALL), decide(found(2.0, p=0.001), NAMES, ALL)
    assert bad.outcome == "does not hold"
    assert decide(found(1.0), NAMES, ALL, controls={"chain": bad}).marks == ()
    assert decide(found(1.0), NAMES, ALL, controls={"chain": good}).marks == ("not diagnostic",)


def test_a_corrected_p_decides():
    test = found([1.0, 1.5, 1.0], p=0.01)
    assert decide(test, NAMES, ALL, p_value=0.06).outcome == "undecided"
    assert decide(test, NAMES, ALL).outcome == "does not hold"


def test_points_that_decide_have_a_p_value_of_their_own():
    by_chance = np.tile([9.0, 1.0, 1.0], (99, 1))
    test = dataclasses.replace(
        found([4.0, 1.0, 1.3]), score=np.array([8.0, 0.5, 2.0]), scores_by_chance=by_chance
    )
    curve = np.array([False, True, True])
    assert decide(test, NAMES, ALL & curve, curve=curve).p_deciding == 0.01
    assert decide(test, NAMES, ALL).p_deciding is None, "all points decide"
    assert decide(found(1.0), NAMES, ALL & curve, curve=curve).p_deciding is None


def test_a_ratio_to_a_count_of_zero_is_not_given():
    test = dataclasses.replace(
        found([1.0, 15.0, 1.0], p=0.001), model=np.full(3, 6.8), data=np.array([7.0, 0.0, 7.0])
    )
    decision = decide(test, NAMES, ALL)
    assert decision.measured() == "B→A: 6.8 counts, none in the data"
    assert decision.measured("the process").endswith("none in the process")
    assert "times the data" in decide(found(1.0), NAMES, ALL).measured()


def test_the_interval_of_a_model_without_counts_is_not_given():
    test = dataclasses.replace(
        found([1.0, 0.1, 1.0], p=0.001), model=np.array([7.0, 0.0, 7.0]), data=np.full(3, 6.8)
    )
    decision = decide(test, NAMES, ALL)
    assert decision.measured() == "B→A: no counts, 6.8 in the data"
    assert decision.measured("the process").endswith("6.8 in the process")


def test_holm_by_hand():
    assert holm({"a": 0.04, "b": 0.001, "c": 0.9}) == pytest.approx(
        {"a": 0.08, "b": 0.003, "c": 0.9}
    )
    assert holm({}) == {} and list(holm({"z": 0.5, "a": 0.1})) == ["z", "a"]
    assert holm({"a": 0.9, "b": 0.8})["b"] == 1.0


def test_a_decision_is_plain_data():
    assert isinstance(dataclasses.asdict(decide(found(1.0), NAMES, ALL)), dict)
    assert Decision("holds", 0.5, "A→B", (1.0, 0.9, 1.1)).marks == ()


@pytest.mark.parametrize(
    "call, error, words",
    [
        (lambda: decide("test", NAMES, ALL), TypeError, "test"),
        (lambda: decide(found(1.0), NAMES[:2], ALL), ValueError, "names, rates"),
        (lambda: decide(found(1.0), NAMES, ~ALL), ValueError, "names, rates"),
        (lambda: decide(found(1.0), NAMES, [1, 1, 1]), ValueError, "rates"),
        (lambda: decide(found(1.0), NAMES, ALL, curve=ALL[:2]), ValueError, "curve"),
        (lambda: decide(found(1.0), NAMES, ALL, p_value=-1.0), ValueError, "p_value"),
        (lambda: holm([0.1]), TypeError, "p_values"),
        (lambda: holm({"a": -0.1}), ValueError, "p_values"),
    ],
)
def test_bad_input_is_refused(call, error, words):
    with pytest.raises(error, match=words):
        call()
