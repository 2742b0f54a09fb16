import numpy as np
import pytest

from reproduction.costs import timing as costs


def clock(log, name, seconds):
    def task():
        log.append(name)
        return seconds

    return task


def test_rounds_take_turns_after_one_that_does_not_count():
    log: list[str] = []
    measured = costs.rounds({"a": clock(log, "a", 1.0), "b": clock(log, "b", 2.0)}, 3)
    np.testing.assert_array_equal(measured, [[1, 2]] * 3)
    assert "".join(log) == "abababab"
    with pytest.raises(ValueError, match="n_rounds: expected at least 2"):
        costs.rounds({}, 1)


def test_time_against_frames_has_a_time_for_every_size_and_round():
    made = costs.against_frames([6_400, 12_800], embedding=2, units=4, n_rounds=2)
    assert made["frames"] == [6_400, 12_800]
    assert np.shape(made["seconds"]) == (2, 2) and np.min(made["seconds"]) > 0
    assert (made["labels"], made["embedding"], made["units"]) == (3, 2, 4)
    with pytest.raises(ValueError, match="frames: expected multiples of 6400, found 10000"):
        costs.against_frames([10_000])


def test_time_a_step_against_labels_and_units():
    made = costs.against_labels([3, 300], embedding=2, units=4, steps=2, n_rounds=2)
    assert made["labels"] == [3, 300] and np.shape(made["seconds"]) == (2, 2)
    made = costs.against_units([2, 4, 8], steps=1, n_rounds=2)
    assert made["units"] == [2, 4, 8] and np.shape(made["seconds"]) == (2, 3)


def test_an_epoch_is_divided_by_its_steps(monkeypatch):
    class History:
        seconds = [99.0, 8.0]

    calls = []
    monkeypatch.setattr(
        costs, "train", lambda model, labels, **given: calls.append(len(labels)) or History()
    )
    made = costs.against_labels([3], steps=4, n_rounds=2)
    assert made["seconds"] == [[2.0], [2.0]]
    assert set(calls) == {4 * 6_400 + 1}


def test_trainings_and_fits_on_the_same_labels():
    labels = np.random.default_rng(1).integers(4, size=13_000).astype(np.uint8)
    made = costs.against_markov_models(
        labels, 4, [6_500, 13_000], networks={"tiny": (2, 4)}, epochs=5, steps=1, n_rounds=2
    )
    assert set(made["seconds"]) == {"MSM", "HMM", "HMM, lag 1", "tiny"}
    assert all(np.shape(each) == (2, 2) for each in made["seconds"].values())
    tiny = np.array(made["seconds"]["tiny"])
    np.testing.assert_allclose(tiny[:, 1] / tiny[:, 0], 2)  # from one step, by arithmetic
    with pytest.raises(ValueError, match="labels: expected at least 14000 frame"):
        costs.against_markov_models(labels, 4, [14_000], networks={})
