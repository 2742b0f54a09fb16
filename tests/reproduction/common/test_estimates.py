"""The estimates of a record: means over segments or trainings, scatter, and the controls."""

from pathlib import Path

import numpy as np
import pytest

from lstm_md.analysis.populations import populations
from lstm_md.analysis.uncertainty import by_segments, over_trainings
from lstm_md.judging.controls import CONTROLS
from lstm_md.judging.criteria import Outcome
from lstm_md.judging.verdict import Claim
from reproduction.common import estimates as estimates_module
from reproduction.common.estimates import (
    DATA,
    MODEL,
    RecordEstimates,
    record_controls,
    with_controls,
)
from reproduction.common.numbers import estimate_to_json, round_for_json
from reproduction.common.trainings import detectable_share, min_passing
from reproduction.runs import records

FROZEN = Path(__file__).parents[1] / "frozen"


def share_of_b(labels):
    return (labels == 1).mean()


@pytest.fixture(scope="module")
def record():
    return records.load("smoke", FROZEN)


@pytest.fixture
def estimates(record):
    trajectories = {DATA: [record.data], MODEL: record.generated, "constant": [record.data * 0]}
    return RecordEstimates(record, 5_000, trajectories, ["constant"])


def test_one_trajectory_has_the_error_of_its_segments(estimates, record):
    found, expected = estimates.estimate(share_of_b, DATA), by_segments(share_of_b, record.data, 4)
    assert (found.value, found.error, found.n) == (expected.value, expected.error, 4)


def test_several_trajectories_have_the_error_between_them(estimates, record):
    expected = over_trainings([share_of_b(labels) for labels in record.generated])
    found = estimates.estimate(share_of_b, MODEL)
    assert found.value == pytest.approx(expected.value)
    assert found.error == pytest.approx(expected.error)
    assert found.n == 2


def test_the_larger_of_both_errors_counts_where_a_study_asks_for_it(estimates, record):
    within = [by_segments(share_of_b, labels, 4).error for labels in record.generated]
    expected = np.sqrt(np.mean(np.square(within)) / len(within))
    estimates.larger_error = True
    between = over_trainings([share_of_b(labels) for labels in record.generated]).error
    assert estimates.estimate(share_of_b, MODEL).error == pytest.approx(max(between, expected))


def test_other_trajectories_are_estimated_in_the_same_segments(estimates, record):
    assert estimates.estimate(share_of_b, [record.reference]).n == 40
    assert estimates.scatter(share_of_b, "constant") == 0.0


def test_a_claim_is_judged_with_every_control(estimates):
    def test(name):
        return Outcome(name == MODEL, f"of {name}")

    claim = Claim("X", "an example")
    verdict = estimates.judged(claim, test, {"more": Outcome(False, "no")}, best=test(DATA))
    assert verdict.line() == "X: reproduced"
    assert list(verdict.controls) == ["constant", "more"]
    assert verdict.source.startswith("recorded on 25 November 2026")


def test_the_controls_of_a_record_are_its_untrained_networks_and_two_of_its_data(record):
    controls = record_controls(record)
    assert list(controls) == ["untrained network", "shuffled labels", "first-order Markov chain"]
    assert tuple(controls) == CONTROLS
    np.testing.assert_array_equal(controls["untrained network"], record.controls["untrained"])
    for shuffled in controls["shuffled labels"]:
        np.testing.assert_allclose(
            populations(shuffled, n_labels=3), populations(record.data, n_labels=3)
        )
    assert [chain.shape for chain in controls["first-order Markov chain"]] == [(20_000,)] * 5


def test_controls_are_made_once_and_only_if_they_are_asked_for(record, monkeypatch):
    made = []
    monkeypatch.setattr(estimates_module, "record_controls", lambda *_: made.append(1) or {"a": 2})
    trajectories = with_controls(record, {DATA: 1})
    assert (trajectories[DATA], made) == (1, [])
    assert (trajectories["a"], trajectories["a"], made) == (2, 2, [1])
    with pytest.raises(KeyError, match="b"):
        trajectories["b"]


def test_numbers_for_json_have_ten_digits_and_no_nan():
    assert round_for_json([1 / 3, np.nan, np.inf]) == [0.3333333333, None, None]
    assert round_for_json(np.float64(2)) == 2.0
    found = estimate_to_json(over_trainings([[1.0, 2.0], [3.0, 2.0]]))
    assert found == {"value": [2.0, 2.0], "error": [1.0, 0.0], "n": 2}


def test_most_trainings_must_pass_and_the_power_follows():
    assert [min_passing(n) for n in (5, 10, 20)] == [5, 9, 18]
    # With 20 trainings, 18 or more of a true share of 0.753 pass once in ten times.
    assert detectable_share(20) == pytest.approx(0.755, abs=0.01)
    assert detectable_share(5) < detectable_share(20)
