"""Timing in rounds, on tiny networks and with a clock that is made up."""

import numpy as np
import pytest

from reproduction.costs import timing


def clock(log, name, seconds):
    def task():
        log.append(name)
        return seconds

    return task


def test_rounds_take_turns_after_one_that_does_not_count():
    log: list[str] = []
    measured = timing.rounds({"a": clock(log, "a", 1.0), "b": clock(log, "b", 2.0)}, 3)
    np.testing.assert_array_equal(measured, [[1, 2]] * 3)
    assert "".join(log) == "abababab"
    with pytest.raises(ValueError, match="n_rounds: expected at least 2"):
        timing.rounds({}, 1)


def test_frames_have_a_time_for_every_size_and_round():
    made = timing.against_frames([6_400, 12_800], embedding_dim=2, units=4, n_rounds=2)
    assert made["frames"] == [6_400, 12_800]
    assert np.shape(made["seconds"]) == (2, 2) and np.min(made["seconds"]) > 0
    assert (made["labels"], made["embedding"], made["units"]) == (3, 2, 4)
    with pytest.raises(ValueError, match="n_frames: expected multiples of 6400, found 10000"):
        timing.against_frames([10_000])


def test_labels_and_units_have_a_time_per_step_for_every_size_and_round():
    made = timing.against_labels([3, 300], embedding_dim=2, units=4, steps=2, n_rounds=2)
    assert made["labels"] == [3, 300] and np.shape(made["seconds"]) == (2, 2)
    made = timing.against_units([2, 4, 8], steps=1, n_rounds=2)
    assert made["units"] == [2, 4, 8] and np.shape(made["seconds"]) == (2, 3)


def test_an_epoch_is_divided_by_its_steps(monkeypatch):
    class History:
        seconds = [99.0, 8.0]

    calls = []
    monkeypatch.setattr(
        timing, "train", lambda model, labels, **given: calls.append(len(labels)) or History()
    )
    made = timing.against_labels([3], steps=4, n_rounds=2)
    assert made["seconds"] == [[2.0], [2.0]]
    assert set(calls) == {4 * 6_400 + 1}


def test_trainings_and_fits_on_the_same_labels():
    labels = np.random.default_rng(1).integers(4, size=13_000).astype(np.uint8)
    made = timing.against_markov_models(
        labels,
        [6_500, 13_000],
        n_labels=4,
        networks={"tiny": (2, 4)},
        epochs=5,
        steps=1,
        n_rounds=2,
    )
    assert set(made["seconds"]) == {"MSM", "HMM", "HMM, lag 1", "tiny"}
    assert all(np.shape(each) == (2, 2) for each in made["seconds"].values())
    tiny = np.array(made["seconds"]["tiny"])
    np.testing.assert_allclose(tiny[:, 1] / tiny[:, 0], 2)  # from one step, by arithmetic
    with pytest.raises(ValueError, match="labels: expected at least 14000 frame"):
        timing.against_markov_models(labels, [14_000], n_labels=4, networks={})
