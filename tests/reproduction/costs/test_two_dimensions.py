import numpy as np
import pytest

from lstm_md.labels import nearest_state
from reproduction.costs import two_dimensions as projections

CONTROLS = {"untrained network", "shuffled labels", "first-order Markov chain"}


@pytest.mark.parametrize("edges", projections.GRIDS.values(), ids=projections.GRIDS)
def test_joint_labels_know_the_state_along_x(edges):
    x, y = np.random.default_rng(1).normal(scale=2, size=(2, 10_000))
    joint = projections.joint_labels(x, y, edges)
    assert joint.dtype == np.uint8
    np.testing.assert_array_equal(np.unique(joint), np.arange((len(edges) - 1) ** 2))
    np.testing.assert_array_equal(
        projections.along_x(joint, edges), nearest_state(x, centres=projections.CENTRES)
    )


def test_values_far_outside_count_to_the_outer_cells():
    joint = projections.joint_labels([-99.0, 99.0], [99.0, -99.0], projections.FINE)
    assert joint.tolist() == [5, 30]


@pytest.fixture(scope="module")
def measured():
    return projections.one_and_two_dimensions(frames=40_000, trainings=2, epochs=1, seed=1)


def test_everything_is_there_for_the_verdict(measured):
    shape = (2, len(measured["commit_times"]), 3, 3)
    for name in ("x", *projections.GRIDS):
        assert set(measured["counts"][name]) == {"LSTM"} | CONTROLS
        assert all(np.shape(made) == shape for made in measured["counts"][name].values())
        assert np.shape(measured["seconds"][name]) == (2, 1)
    assert set(projections.judged(measured)) == {"LSTM"} | CONTROLS
    assert projections.data_curves(measured).n == projections.SEGMENTS


def test_what_knows_nothing_fails_and_the_data_themselves_agree(measured):
    outcomes = projections.judged(measured)
    assert not outcomes["untrained network"].passed and not outcomes["shuffled labels"].passed
    perfect = {name: {"LSTM": 2 * [measured["data"]]} for name in ("x", *projections.GRIDS)}
    outcome = projections.judged({**measured, "counts": perfect})["LSTM"]
    assert outcome.measured.count("100% of") == 2


def test_the_time_ratio_counts_epochs_and_their_price():
    made = {
        "seconds": {"x": [[1.0, 1.0, 9.0]] * 3, "6 × 6": [[1.5, 1.5, 1.5]] * 3},
        "validation_loss": {"x": [[2.0, 1.01, 1.0]] * 3, "6 × 6": [[3.0, 2.0, 1.0]] * 3},
    }
    assert projections.time_ratio(made, "6 × 6") == pytest.approx(1.5 * 3 / 2)
