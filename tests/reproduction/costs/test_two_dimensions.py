"""Networks on one and on two dimensions: what is measured, and what is estimated from it."""

import numpy as np
import pytest

from reproduction.costs.states import GRIDS, SERIES
from reproduction.costs.two_dimensions import (
    N_SEGMENTS,
    DimensionEstimates,
    one_and_two_dimensions,
)

CONTROLS = {"untrained network", "shuffled labels", "first-order Markov chain"}


@pytest.fixture(scope="module")
def measured():
    return one_and_two_dimensions(n_frames=40_000, n_trainings=2, epochs=1, seed=1)


def test_everything_is_measured_that_the_verdict_needs(measured):
    shape = (2, len(measured["commit_times"]), 3, 3)
    for series in SERIES:
        assert set(measured["counts"][series]) == {"LSTM"} | CONTROLS
        assert all(np.shape(counts) == shape for counts in measured["counts"][series].values())
        assert np.shape(measured["seconds"][series]) == (2, 1)
    estimates = DimensionEstimates(measured)
    assert set(estimates.outcomes()) == {"LSTM"} | CONTROLS
    assert estimates.data.n == N_SEGMENTS


def test_controls_fail_and_the_data_agree_with_themselves(measured):
    outcomes = DimensionEstimates(measured).outcomes()
    assert not outcomes["untrained network"].passed and not outcomes["shuffled labels"].passed
    perfect = {series: {"LSTM": 2 * [measured["data"]]} for series in SERIES}
    outcome = DimensionEstimates({**measured, "counts": perfect}).outcomes()["LSTM"]
    assert [outcome.numbers[f"{grid}, share"] for grid in GRIDS] == [1.0, 1.0]


def test_the_time_ratio_counts_epochs_and_the_time_of_each():
    estimates = DimensionEstimates(
        {
            "commit_times": [1],
            "segments": 20,
            "data": np.ones((1, 3, 3)),
            "error": np.ones((1, 3, 3)),
            "seconds": {"x": [[1.0, 1.0, 9.0]] * 3, "6 × 6": [[1.5, 1.5, 1.5]] * 3},
            "validation_loss": {"x": [[2.0, 1.01, 1.0]] * 3, "6 × 6": [[3.0, 2.0, 1.0]] * 3},
        }
    )
    assert estimates.time_ratio("6 × 6") == pytest.approx(1.5 * 3 / 2)
