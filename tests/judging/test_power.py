"""The power of verdicts, by repetition: the deviation that they give is detected 9 times in 10.

Counts at neighbouring commit times are correlated, and so are those of A–B and B–A. Therefore whole
segments are drawn with replacement from the references of the records, with all their counts. This
gives many data sets of one process. The trainings are drawn in the same way. Their mean is made
right, and then wrong by a known factor.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from lstm_md.analysis.kinetics import transition_counts
from lstm_md.analysis.markov import simulate_markov_chain
from lstm_md.analysis.populations import populations
from lstm_md.analysis.uncertainty import Estimate, over_trainings, segments
from lstm_md.judging.criteria import (
    DETECTABLE_MEAN_Z,
    MAX_MEAN_Z,
    Z_FOR_90_PERCENT_POWER,
    curves_agree,
    populations_agree,
)
from reproduction.runs import records
from tools.notebooks import ROOT

CHAIN = np.array([[0.98, 0.02, 0.0], [0.01, 0.98, 0.01], [0.0, 0.02, 0.98]])
REPETITIONS = 300
CASES = ["chain", "linear", "triangular", "four_state"]


@cache
def repetitions(name, statistic):
    """Return pairs of estimates: of a model that is right on average, and of its training data."""
    if name == "chain":
        n_labels, commit_times, n_segments = 3, [1, 2, 5, 10, 20, 50], 20
        pieces = segments(simulate_markov_chain(CHAIN, 800_000, seed=1), 400)
        generated = simulate_markov_chain(CHAIN, 40_000, seed=2, n_chains=20)[:, None]
    else:
        record = records.load(name, ROOT / "book/recorded")
        n_labels, n_segments = record.settings["labels"], record.settings["segments"]
        commit_times = record.settings["commit_times"]
        pieces, generated = segments(record.reference, 10 * n_segments), record.generated

    def value(labels):
        if statistic == "populations":
            return populations(labels, n_labels=n_labels)
        counts = transition_counts(labels, commit_times, n_labels=n_labels)
        return counts * pieces.shape[1] / labels.size

    exact = np.array([value(piece) for piece in pieces])
    learned = np.array([value(labels) for labels in generated])
    mean = learned.mean(axis=0)
    learned = learned * np.divide(exact.mean(axis=0), mean, out=np.ones_like(mean), where=mean > 0)
    random, drawn = np.random.default_rng(3), []
    for _ in range(REPETITIONS):
        data = over_trainings(exact[random.integers(len(exact), size=n_segments)])
        model = over_trainings(learned[random.integers(len(learned), size=len(learned))])
        drawn.append((model, data))
    return drawn


@cache
def detectable_deviations(name):
    drawn = repetitions(name, "counts")
    return [curves_agree(model, data).numbers["detectable"] for model, data in drawn]


def share_detected(name, factor=1.0):
    """Return the share of repetitions that fail with ``factor`` times the detectable deviation."""
    failed, drawn = [], repetitions(name, "counts")
    for (model, data), detectable in zip(drawn, detectable_deviations(name), strict=True):
        shifted = Estimate(model.value * (1 + factor * detectable), model.error)
        failed.append(not curves_agree(shifted, data).passed)
    return np.mean(failed)


def test_the_detectable_deviation_of_counts_is_detected_nine_times_in_ten():
    # Up and down. The smallest share is that of the chain, 0.88, the largest is 0.99 (linear).
    shares = [share_detected(name, sign) for name in CASES for sign in (1, -1)]
    assert min(shares) >= 0.85
    assert 0.87 <= np.mean(shares) <= 0.97


@pytest.mark.parametrize("name", CASES)
def test_half_of_the_detectable_deviation_is_detected_every_second_time(name):
    # A perfect model fails in one case of five.
    assert 0.3 <= share_detected(name, 0.5) <= 0.7
    assert 0.1 <= share_detected(name, 0.0) <= 0.3


@pytest.mark.parametrize("name", CASES)
def test_the_mean_deviation_of_correlated_curves_spreads_by_a_third_of_an_error(name):
    # Equal points would give 1, and independent points would give 1/√points.
    means = []
    for model, data in repetitions(name, "counts"):
        judged = data.value * data.n >= 10
        means.append(np.mean(model.deviation_from(data)[judged]))
    assert 0.15 <= np.std(means) <= 0.5


@pytest.mark.parametrize(
    ("shape", "low", "high"),
    [((1, 1, 1), 0.55, 0.65), ((20, 3, 3), 1.0, 1.0)],
    ids=["equal points", "independent points"],
)
def test_the_power_lies_between_those_of_equal_and_of_independent_points(shape, low, high):
    # If all points were equal, only MAX_MEAN_Z + 1.28 errors would be detected so often.
    value, error = np.full((20, 3, 3), 100.0), np.full((20, 3, 3), 10.0)
    data, random = Estimate(value, error, 20), np.random.default_rng(4)

    def share(deviation):
        noise = random.normal(size=(1000, *shape)) + np.zeros((20, 3, 3))
        models = (Estimate(value + 10 * (deviation + one), 0 * error) for one in noise)
        return np.mean([not curves_agree(model, data).passed for model in models])

    assert low <= share(DETECTABLE_MEAN_Z) <= high
    assert share(MAX_MEAN_Z + Z_FOR_90_PERCENT_POWER) >= 0.88


@pytest.mark.parametrize("name", CASES)
def test_the_detectable_deviation_of_a_population_is_detected_nine_times_in_ten(name):
    drawn = repetitions(name, "populations")
    shares = np.mean([data.value for _, data in drawn], axis=0)
    worst = np.mean([np.hypot(model.error, data.error) for model, data in drawn], axis=0).argmax()
    for state in range(shares.size):
        failed = []
        for model, data in drawn:
            off = populations_agree(model, data, 1.0).numbers["detectable"]
            shifted = model.value - off * shares / (1 - shares[state])
            shifted[state] = model.value[state] + off
            failed.append(not populations_agree(Estimate(shifted, model.error), data, 1.0).passed)
        assert np.mean(failed) >= 0.85
        assert state != worst or np.mean(failed) <= 0.99
