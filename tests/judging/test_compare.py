"""Comparisons of a model with its data: every kind of model, segments of one length, errors."""

from __future__ import annotations

import numpy as np
import pytest

from lstm_md.analysis.kinetics import transition_counts
from lstm_md.analysis.markov import MarkovModel, simulate_markov_chain
from lstm_md.analysis.populations import populations
from lstm_md.analysis.uncertainty import Estimate, by_segments, over_trainings, segments
from lstm_md.judging.compare import Comparison, compare, mean_over, scatter_over

CHAIN = np.array([[0.98, 0.02, 0.0], [0.01, 0.98, 0.01], [0.0, 0.02, 0.98]])
FASTER = np.array([[0.96, 0.04, 0.0], [0.02, 0.96, 0.02], [0.0, 0.04, 0.96]])


def counts(labels):
    return transition_counts(labels, [1, 5, 20], n_labels=3)


def length(labels):
    return labels.size


def labels(n_frames):
    return np.arange(n_frames) % 3


@pytest.fixture(scope="module")
def data():
    return simulate_markov_chain(CHAIN, 40_000, seed=1)


class Recorder:
    """A model that keeps what it is asked for, and generates the label 1 alone."""

    def __init__(self):
        self.asked = []

    def simulate(self, n_frames, *, seed=0):
        self.asked.append((n_frames, seed))
        return np.ones(n_frames, np.uint8)


def test_the_right_model_agrees_and_a_faster_one_does_not(data):
    right = compare(MarkovModel(CHAIN), data, counts, n_trajectories=20)
    wrong = compare(MarkovModel(FASTER), data, counts, n_trajectories=20)
    assert np.abs(np.nanmean(right.deviation)) < 1
    assert wrong.deviation[0, 0, 1] > 10
    assert right.data.n == right.model.n == 20


def test_a_model_simulates_as_much_as_the_data_with_successive_seeds(data):
    model = Recorder()
    compare(model, data[:1000], np.mean, n_segments=4, n_trajectories=3, seed=7)
    assert model.asked == [(1000, 7), (1000, 8), (1000, 9)]
    model = Recorder()
    compare(model, data[:1000].reshape(2, 500), np.mean, n_segments=4)
    assert model.asked == [(500, seed) for seed in range(5)]


def test_the_errors_are_over_segments_of_the_data_and_over_trajectories(data):
    generated = simulate_markov_chain(CHAIN, 40_000, seed=2, n_chains=4)
    found = compare(generated, data, np.mean)
    means = [by_segments(np.mean, one, 20).value for one in generated]
    assert (found.model.value, found.model.n) == (pytest.approx(np.mean(means)), 4)
    assert found.model.error == pytest.approx(np.std(means, ddof=1) / 2)
    assert found.data.error == by_segments(np.mean, data, 20).error


@pytest.mark.parametrize("kind", ["array", "list", "one in a list", "list of int"])
def test_one_trajectory_has_its_error_over_segments(data, kind):
    labels = simulate_markov_chain(CHAIN, 2_000, seed=2)
    given = {"array": labels, "list": [labels], "one in a list": labels[None]}
    found = compare(given.get(kind, labels.tolist()), data[:2_000], np.mean)
    expected = by_segments(np.mean, labels, 20)
    assert (found.model.value, found.model.error) == (expected.value, expected.error)


def test_an_array_is_a_list_of_its_trajectories(data):
    generated = simulate_markov_chain(CHAIN, 4_000, seed=2, n_chains=3)
    as_array, as_list = (compare(g, data[:4_000], counts) for g in (generated, list(generated)))
    assert np.array_equal(as_array.model.value, as_list.model.value)
    assert np.array_equal(as_array.model.error, as_list.model.error)


def test_trajectories_of_unequal_length_are_cut_into_segments_of_the_data(data):
    # 20 segments of 100 frames; the trajectories have 3, 7 and 20 such segments, and a rest.
    generated = [simulate_markov_chain(CHAIN, n, seed=2) for n in (399, 750, 2_001)]
    frames = []
    found = compare(generated, data[:2_000], lambda labels: frames.append(labels.size) or 0.0)
    assert set(frames) == {100}
    assert len(frames) == 20 + 3 + 7 + 20
    assert found.model.n == 3


def test_several_chains_of_one_training_are_one_trajectory(data):
    trainings = [simulate_markov_chain(CHAIN, 2_000, seed=s, n_chains=5) for s in (2, 3)]
    found = compare(trainings, data[:2_000], np.mean)
    means = [by_segments(np.mean, one, 20).value for one in trainings]
    assert found.model.value == pytest.approx(np.mean(means))
    assert found.model.n == 2


def test_two_segments_of_a_trajectory_are_enough():
    assert compare(labels(9), labels(99), np.mean).model.n == 2


def test_a_comparison_prints_its_largest_finite_deviation():
    data = Estimate([1.0, np.inf, 2.0], [0.1, np.nan, 0.0])
    found = Comparison(Estimate([1.2, 3.0, 3.0], [0.0, 0.1, 0.0]), data)
    assert str(found).endswith("largest deviation 2.0 SE")
    same = Comparison(Estimate(np.inf, 1.0), Estimate(np.inf, 1.0))
    assert str(same).endswith("largest deviation unknown")


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: compare(object(), labels(99), np.mean), TypeError, "model: .*object; pass what"),
        (lambda: compare("0101", labels(99), np.mean), TypeError, "model: .*found str"),
        (lambda: compare([0.5] * 99, labels(99), np.mean), ValueError, "model: .*whole numbers"),
        (lambda: compare([], labels(99), np.mean), ValueError, "model: .*found 0"),
        (lambda: compare([labels(99), labels(7)], labels(99), np.mean), ValueError,
         "model: expected at least 8 frame.* found 7"),
        (lambda: compare(labels(99), [0.5] * 99, np.mean), ValueError, "data: .*whole numbers"),
        (lambda: compare(labels(99), labels(9), np.mean), ValueError, "n_segments: found 20 for 9"),
        (lambda: compare(labels(99), labels(99), np.mean, n_segments=1), ValueError, "n_segments"),
        (lambda: compare(Recorder(), labels(99), np.mean, n_trajectories=0), ValueError,
         "n_trajectories"),
        (lambda: compare(Recorder(), labels(99), np.mean, seed=-1), ValueError, "seed"),
        (lambda: compare(MarkovModel(CHAIN, lag_frames=5), labels(99), np.mean), ValueError,
         "model: expected one frame per step, found 5 frames"),
        (lambda: compare(Recorder(), labels(99), populations), ValueError,
         r"statistic: .*\(2,\) for the model and \(3,\) for the data; .*n_labels"),
        (lambda: compare(labels(99), [0, 0, 1, 1] * 9, populations, n_segments=9), ValueError,
         "statistic: .*n_labels"),
    ],
)  # fmt: skip
def test_what_cannot_be_compared_is_one_clear_error(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_the_larger_error_is_that_within_the_trajectories_where_they_are_alike():
    one = simulate_markov_chain(CHAIN, 4_000, seed=2)
    between = mean_over(np.mean, [one, one], 200)
    larger = mean_over(np.mean, [one, one], 200, larger_error=True)
    assert (between.error, larger.value) == (0.0, between.value)
    assert larger.error == pytest.approx(by_segments(np.mean, one, 20).error / np.sqrt(2))
    far = [np.zeros(4_000, int), one]
    assert (
        mean_over(np.mean, far, 200, larger_error=True).error == mean_over(np.mean, far, 200).error
    )


def test_a_trajectory_shorter_than_two_segments_is_cut_in_two():
    assert mean_over(length, [np.zeros(150, int)], 100).value == 75
    assert mean_over(length, [np.zeros(350, int)], 100).value == 100


def test_the_scatter_is_the_standard_deviation_from_segment_to_segment():
    trajectories = [simulate_markov_chain(CHAIN, 4_000, seed=s) for s in (2, 3)]
    found = scatter_over(lambda part: populations(part, n_labels=3), trajectories, 200)
    variances = [
        np.var([populations(part, n_labels=3) for part in segments(one, 20)], axis=0, ddof=1)
        for one in trajectories
    ]
    assert found == pytest.approx(np.sqrt(np.mean(variances)))
    assert scatter_over(np.mean, [np.zeros(400, int)], 20) == 0


def test_the_mean_over_trainings_is_that_of_their_means():
    trajectories = [simulate_markov_chain(CHAIN, 2_000, seed=s) for s in (2, 3, 4)]
    expected = over_trainings([by_segments(counts, one, 10).value for one in trajectories])
    found = mean_over(counts, trajectories, 200)
    assert np.array_equal(found.value, expected.value)
    assert np.array_equal(found.error, expected.error)


@pytest.mark.parametrize("model", [[], np.zeros((0, 0), np.uint8), np.zeros((0, 3), np.uint8)])
def test_a_model_without_a_trajectory_is_named(model):
    with pytest.raises(ValueError, match="^model: "):
        compare(model, [0, 1] * 50, np.mean)
