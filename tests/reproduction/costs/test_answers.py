"""The answers to C1–C3, on made-up times: all outcomes, and both marks."""

from __future__ import annotations

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
from reproduction.costs.answers import ANSWERS, PAPERS, answer
from reproduction.costs.verdicts import CostEstimates
from reproduction.runs.records import Record

FRAMES = 6_400 * 2 ** np.arange(9)
LABELS = np.array([3, 10, 30, 100, 300, 1000])
UNITS = np.array([32, 128, 512, 1024])
TRACE = np.array([100_000, 200_000])


def timed(cost, noise=0.01, rounds=3, seed=1):
    """Times of each round: its own pace, and independent noise of each size."""
    random = np.random.default_rng([seed, len(cost)])
    paces = np.linspace(0.8, 1.4, rounds)[:, None]
    return (
        paces * np.asarray(cost) * np.exp(noise * random.normal(size=(rounds, len(cost))))
    ).tolist()


def measured():
    return {
        "frames": {"frames": FRAMES.tolist(), "seconds": timed(1e-6 * FRAMES)},
        "labels": {
            "L 64": {"labels": LABELS.tolist(), "seconds": timed(1 + LABELS / 256)},
            "L 1024": {"labels": LABELS.tolist(), "seconds": timed(1 + LABELS / 4096)},
        },
        "units": {"units": UNITS.tolist(), "seconds": timed(UNITS**1.5)},
        "models": {
            "frames": TRACE.tolist(),
            "seconds": {
                "MSM": timed(1e-8 * TRACE),
                "HMM": timed(1e-6 * TRACE, seed=2),
                "HMM, lag 1": timed(3e-6 * TRACE, seed=3),
                PAPERS: timed(2e-6 * TRACE, seed=4),
                "LSTM, L 1024": timed(5e-6 * TRACE, seed=5),
            },
        },
    }  # fmt: skip


def asked(claim, times):
    estimates = CostEstimates(Record("costs", Path(), {}, {}))
    estimates.measured = times
    return answer(claim, estimates)


@pytest.mark.parametrize("claim", ["C1", "C2", "C3"])
def test_a_claim_holds_for_times_that_are_as_it_says(claim):
    found = asked(claim, measured())
    assert (found.outcome, found.marks) == (HOLDS, ())


@pytest.mark.parametrize(
    ("power", "noise", "outcome"),
    [(0.75, 0.01, DOES_NOT_HOLD), (1.3, 0.01, DOES_NOT_HOLD), (0.87, 0.3, UNDECIDED)],
)
def test_the_exponent_of_the_frames_must_be_near_one(power, noise, outcome):
    times = measured()
    times["frames"]["seconds"] = timed(FRAMES**power, noise)
    assert asked("C1", times).outcome == outcome


def test_the_exponent_shows_nothing_where_the_units_have_it_too():
    times = measured()
    times["units"]["seconds"] = timed(UNITS)
    assert asked("C1", times).marks == (NOT_DIAGNOSTIC,)


@pytest.mark.parametrize("network", ["L 64", "L 1024"])
@pytest.mark.parametrize(
    ("scale", "noise", "outcome"),
    [(20, 0.01, DOES_NOT_HOLD), (97, 0.2, UNDECIDED), (1000, 0.01, HOLDS)],
)
def test_one_network_whose_labels_cost_much_is_enough(network, scale, noise, outcome):
    times = measured()
    times["labels"][network]["seconds"] = timed(1 + LABELS / scale, noise)
    found = asked("C2", times)
    assert found.outcome == outcome
    assert network in found.number or outcome == HOLDS


def test_the_labels_show_nothing_where_units_cost_nothing():
    times = measured()
    times["units"]["seconds"] = timed(1 + UNITS / 4096)
    assert asked("C2", times).marks == (NOT_DIAGNOSTIC,)


@pytest.mark.parametrize(
    ("factor", "noise", "outcome"),
    [(30, 0.01, DOES_NOT_HOLD), (0.02, 0.01, DOES_NOT_HOLD), (10, 0.3, UNDECIDED)],
)
def test_the_effort_must_be_within_tenfold_at_each_size(factor, noise, outcome):
    times = measured()
    seconds = times["models"]["seconds"]
    seconds["LSTM, L 1024"] = timed([2e-6 * TRACE[0], factor * 2e-6 * TRACE[1]], noise, seed=5)
    assert asked("C3", times).outcome == outcome


def test_the_papers_program_is_what_the_claim_is_about():
    times = measured()
    times["models"]["seconds"]["HMM"] = timed(1e-12 * TRACE)
    found = asked("C3", times)
    assert (found.outcome, found.marks) == (HOLDS, ())
    assert found.number.startswith("time of the LSTM divided by that of PyEMMA's HMM")


def test_without_the_papers_program_only_a_variant_is_compared():
    times = measured()
    del times["models"]["seconds"][PAPERS]
    found = asked("C3", times)
    assert (found.outcome, found.marks) == (HOLDS, (CANNOT_BE_TESTED,))
    assert (
        found.number.startswith("time of the LSTM divided by that of our HMM")
        and "was not timed" in found.number
    )
    times["models"]["seconds"]["HMM"] = timed(1e-8 * TRACE, seed=2)
    found = asked("C3", times)
    assert (found.outcome, found.marks[0]) == (DOES_NOT_HOLD, CANNOT_BE_TESTED)
    assert "at lag 1, 200,000 frames: 1.6" in found.number


def test_a_markov_state_model_that_is_as_expensive_makes_it_not_diagnostic():
    times = measured()
    times["models"]["seconds"]["MSM"] = timed(1e-6 * TRACE, seed=6)
    assert asked("C3", times).marks == (NOT_DIAGNOSTIC,)


def test_the_pace_of_a_round_drops_out():
    times = measured()
    times["frames"]["seconds"] = timed(1e-6 * FRAMES, 0.0)
    assert asked("C1", times).number == "exponent 1.00 (1.00 to 1.00)"


def test_all_costs_were_measured_by_one_method():
    assert {method for _, method in ANSWERS} == {"first edition"}
