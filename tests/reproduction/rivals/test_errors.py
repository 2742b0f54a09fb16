from pathlib import Path

import numpy as np
import pytest

from lstm_md.analysis import markov
from lstm_md.analysis.markov_models import HiddenMarkovModel
from reproduction.rivals.errors import sample_hmm, sample_msm
from reproduction.rivals.validation import implied_timescales
from tests.analysis.frozen import pyemma_reference as frozen

TWO = np.array([[0.95, 0.05], [0.1, 0.9]])  # eigenvalues 1 and 0.85
CHAIN = np.array([[0.97, 0.02, 0.01], [0.04, 0.94, 0.02], [0.02, 0.02, 0.96]])
NOISY = HiddenMarkovModel(
    [[0.98, 0.02], [0.05, 0.95]],
    [[0.5, 0.3, 0.15, 0.05, 0.0], [0.0, 0.1, 0.2, 0.3, 0.4]],
)


@pytest.mark.parametrize(
    ("lag", "counts", "low", "high"),
    [(1, "effective", 0.83, 0.97), (3, "per_lag", 0.83, 0.97), (3, "effective", 0.6, 0.85)],
)
def test_bayesian_intervals_of_90_per_cent_contain_the_exact_value(lag, counts, low, high):
    exact = np.array([-1 / np.log(0.85), 2 / 3])
    covered = np.zeros(2)
    chains = 100
    for seed in range(chains):
        labels = markov.simulate_markov_chain(TWO, 1_000, seed=seed)
        drawn = sample_msm(labels, lag, 100, seed=seed, counts=counts)
        # Two states have one relaxation time, and populations in closed form.
        (stay_0, leave_0), (leave_1, stay_1) = np.transpose(
            [model.transition_matrix for model in drawn], (1, 2, 0)
        )
        values = [-lag / np.log(stay_0 + stay_1 - 1), leave_1 / (leave_0 + leave_1)]
        bounds = np.quantile(values, [0.05, 0.95], axis=1)
        covered += (bounds[0] < exact) & (exact < bounds[1])
    assert (covered / chains >= low).all() and (covered / chains <= high).all()


def test_bayesian_models_are_in_detailed_balance_and_of_all_labels():
    labels = 2 * markov.simulate_markov_chain(CHAIN, 3_000, seed=4)  # 0, 2, 4
    for model in sample_msm(labels, 2, 5, n_labels=6, seed=1):
        assert model.lag_frames == 2
        np.testing.assert_array_equal(model.stationary[1::2], 0)
        np.testing.assert_allclose(model.transition_matrix.sum(axis=1), 1)
        flux = model.stationary[::2, None] * model.transition_matrix[::2, ::2]
        np.testing.assert_allclose(flux, flux.T, atol=1e-12)
        eigenvalues = np.sort(np.linalg.eigvals(model.transition_matrix[::2, ::2]).real)
        np.testing.assert_allclose(model.timescales, -2 / np.log(eigenvalues[1::-1]), rtol=1e-6)


def test_bayesian_spread_is_that_of_pyemma_2_5_6():
    with np.load(Path(frozen.__file__).with_name("pyemma_2_5_6.npz")) as found:
        mean, deviation = found["posterior_mean"], found["posterior_deviation"]
    drawn = sample_msm(frozen.labels()["hidden"], 3, frozen.SAMPLES, seed=1)
    values = np.array([model.timescales for model in drawn])
    assert (np.abs(values.mean(axis=0) - mean)[:2] < 0.15 * deviation[:2]).all()
    np.testing.assert_allclose(values.std(axis=0)[:2], deviation[:2], rtol=0.1)


@pytest.mark.parametrize(
    "draw",
    [
        lambda labels, seed: sample_msm(labels, 2, 3, seed=seed),
        lambda labels, seed: sample_hmm(labels, 2, 2, 3, seed=seed, block_frames=500),
    ],
)
def test_sampled_models_are_the_same_for_the_same_seed_only(draw):
    labels = NOISY.simulate(5_000, seed=3)
    one, same, other = (draw(labels, seed) for seed in (2**40, 2**40, 2))
    assert len(one) == 3
    for first, second, third in zip(one, same, other):
        np.testing.assert_array_equal(first.transition_matrix, second.transition_matrix)
        assert (first.transition_matrix != third.transition_matrix).any()


def test_bootstrapped_hidden_models_spread_as_fits_to_independent_labels_do():
    independent = [
        implied_timescales(NOISY.simulate(10_000, seed=seed), 1, n_hidden_states=2)
        for seed in range(40)
    ]
    drawn = sample_hmm(NOISY.simulate(10_000, seed=50), 2, 1, 40, seed=1, block_frames=500)
    spread = np.std([model.timescales for model in drawn])
    assert 0.6 < spread / np.std(independent) < 1.6


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda: sample_msm([0, 1, 0], 1, 0), ValueError, "n_samples: expected at least 1"),
        (lambda: sample_msm([0, 1, 0], 1, 1, seed=-1), ValueError, "seed: expected at least 0"),
        (lambda: sample_msm([1, 1, 1], 1, 1), ValueError, "labels: expected two or more"),
        (
            lambda: sample_msm([0, 1, 0], 1, 1, counts="all"),
            ValueError,
            "counts: expected 'effective' or 'per_lag', found 'all'",
        ),
        (
            lambda: sample_hmm([0, 1] * 9, 2, 1, 2, block_frames=19),
            ValueError,
            "block_frames: found 19",
        ),
    ],
)
def test_bad_input_is_refused_with_its_name(call, error, says):
    with pytest.raises(error, match=says):
        call()
