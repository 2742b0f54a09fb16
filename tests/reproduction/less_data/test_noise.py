"""The noisy double well: the simulation, the models that regress, the rules, and a tiny run."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy.integrate import quad

from lstm_md.judging.decision import DOES_NOT_HOLD, HOLDS, UNDECIDED
from reproduction.less_data import criteria, noise, regression
from reproduction.recipes import RECIPES
from reproduction.runs.recipe import run_job


def test_the_simulation_has_boltzmann_populations():
    x = regression.double_well(20_000, 0.5, seed=1, n_chains=10)

    def density(at):
        return np.exp(-((at**2 - 1) ** 2) / 4 / regression.DIFFUSION)

    barrier = quad(density, -0.4, 0.4)[0] / quad(density, -3, 3)[0]
    assert x.shape == (10, 20_000)
    assert np.mean(np.abs(x) < 0.4) == pytest.approx(barrier, rel=0.08)
    assert np.mean(x) == pytest.approx(0, abs=0.12)  # four standard errors


def test_a_simulation_is_the_same_for_a_seed():
    one, same, other = (regression.double_well(100, 2.0, seed=k) for k in (1, 1, 2))
    assert (one == same).all() and (one != other).any()


def test_bins_and_their_middles():
    x = np.array([-9.0, -2.0, -1.91, 0.01, 1.99, 9.0])
    assert regression.bins(x).tolist() == [0, 0, 0, 10, 19, 19]
    assert (regression.bins(regression.middle(np.arange(20))) == np.arange(20)).all()
    assert regression.histogram(x).sum() == 1


def test_a_transition_goes_from_core_to_core():
    x = np.array([[-1, -0.1, -1, 0.1, 1, 0.3, 1, -1], [1, 1, 1, 0, 0, 0, 0, 0]])
    assert regression.transitions(x) == 2
    assert regression.transitions(x[1]) == 0


def linear_data(n=5000):
    """x(t + 1) = 0.8 x(t) + noise of size 0.1."""
    random, x = np.random.default_rng(4), np.zeros(n)
    for t in range(1, n):
        x[t] = 0.8 * x[t - 1] + 0.1 * random.standard_normal()
    return x


def test_the_reservoir_finds_a_linear_process_and_its_noise():
    x = linear_data()
    model = regression.reservoir(x, seed=1)
    assert model.residual == pytest.approx(0.1, rel=0.05)
    prompts = x[None, :100]
    quiet = regression.feed_back(model, prompts, 300, 0.0, seed=1)
    loud = regression.feed_back(model, np.repeat(prompts, 50, axis=0), 300, model.residual, seed=1)
    assert np.abs(quiet[:, 100:]).max() < 0.1
    assert loud[:, 100:].std() == pytest.approx(0.1 / np.sqrt(1 - 0.64), rel=0.1)


@pytest.fixture(scope="module")
def learned():
    """An LSTM that regresses, and its data; to build it takes longer than to train it."""
    x = linear_data(1601)
    return regression.regressing_lstm(x, 40, seed=1), x


def test_the_lstm_that_regresses_is_fed_back_as_keras_computes_it(learned):
    model, x = learned
    assert 0.08 < model.residual < 0.16
    # All sequences of the training, as Keras reads them: each from a state of zero.
    given, target = x[:-1].reshape(-1, regression.LENGTH), x[1:].reshape(-1, regression.LENGTH)
    states = np.zeros((len(given), 2 * regression.UNITS))
    predictions = np.empty_like(given)
    for frame, now in enumerate(given.T):
        states, predictions[:, frame] = model.step(states, now)
    deviations = (predictions - target)[:, regression.WARM_UP :]
    assert np.std(deviations) == pytest.approx(model.residual, rel=1e-4)


def test_the_rules_for_models_of_the_double_well():
    near, far = np.full(10, 1.0) + 0.02 * np.linspace(-1, 1, 10), np.full(10, 0.3)
    small, large = np.full(10, 0.03), np.full(10, 0.3)
    wide = np.exp(np.linspace(-0.8, 0.8, 10))
    assert criteria.follows(near, small) == criteria.RIGHT
    assert criteria.follows(near, large) == criteria.WRONG
    assert criteria.follows(far, small) == criteria.WRONG
    assert criteria.follows(wide, small) == UNDECIDED
    right, wrong = criteria.RIGHT, criteria.WRONG
    assert criteria.noise_is_enough([right, right]) == HOLDS
    assert criteria.noise_is_enough([right, wrong]) == DOES_NOT_HOLD
    assert criteria.noise_is_enough([right, UNDECIDED]) == UNDECIDED
    assert criteria.softmax_is_needed(right, [wrong, wrong]) == HOLDS
    assert criteria.softmax_is_needed(right, [wrong, right]) == DOES_NOT_HOLD
    assert criteria.softmax_is_needed(wrong, [wrong, wrong]) == DOES_NOT_HOLD
    assert criteria.softmax_is_needed(UNDECIDED, [wrong, wrong]) == UNDECIDED


def test_a_tiny_run_answers_every_claim(tmp_path, learned, monkeypatch):
    # Keras builds its graphs anew for each network that regresses, so one is used four times.
    monkeypatch.setattr(regression, "regressing_lstm", lambda x, epochs, seed: learned[0])
    recipe = RECIPES["noise_smoke"]
    (tmp_path / ".working").mkdir()
    for job in recipe.jobs:
        run_job(job, tmp_path)
    numbers = recipe.summarise(tmp_path, recipe.settings)["numbers"]
    assert set(numbers) == {"X3h", "X3i", "X3j", "wells"}
    assert {numbers[f"X3{k}"]["outcome"] for k in "hij"} <= {HOLDS, DOES_NOT_HOLD, UNDECIDED}
    assert all(set(well) == set(noise.MODELS) for well in numbers["wells"])
    assert json.dumps(numbers, allow_nan=False)
