"""A noisy double well, and models that predict its next position: a reservoir, and an LSTM.

Lin, Lu, Di and Tang (Nature Communications 15, 6584, 2024) found that recurrent networks that
regress the next value fail on transitions that noise causes, and that a reservoir whose noise is
sampled does not. All models here generate from their own output: without noise, or with noise of
the size of their residual.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lstm_md._support.compiled import compiled

Array = NDArray[np.float64]

DIFFUSION, SUBSTEP = 0.08, 0.01  #: D, and the time step of the integration
REACH, N_BINS = 2.0, 20  #: The labels are bins of equal width from −REACH to REACH
CORE = 0.4  #: A transition goes from x ≤ −CORE to x ≥ CORE, or back; an edge of two bins
RESERVOIR_UNITS, SPECTRAL_RADIUS, RIDGE, LEAK = 200, 0.9, 1e-3, 0.5
WARM_UP = 10  # frames of each sequence that do not count for the residual
UNITS, LEARNING_RATE, BATCH, LENGTH = 32, 0.005, 16, 100  # of the LSTM that regresses

Step = Callable[[Any, Array], tuple[Any, Array]]


class Regression(NamedTuple):
    """A model that predicts the next position.

    Attributes
    ----------
    start : ndarray
        The state of one chain before it reads anything, shape (states,).
    step : callable
        From states (chains, states) and positions (chains,) to the next states and positions.
    residual : float
        Root mean square of the deviations from the training data.
    """

    start: Array
    step: Step
    residual: float


@compiled()
def _walk(x, kicks, drift):  # type: ignore[no-untyped-def]
    frames = np.empty(kicks.shape[:2])
    for chain in range(kicks.shape[0]):
        now = x[chain]
        for frame in range(kicks.shape[1]):
            for part in range(kicks.shape[2]):
                now += drift * (now - now**3) + kicks[chain, frame, part]
            frames[chain, frame] = now
    return frames


def double_well(n_frames: int, spacing: float, seed: int, n_chains: int = 1) -> Array:
    """Simulate dx = (x − x³) dt + √(2D) dW by Euler's method, shape (chains, frames).

    Parameters
    ----------
    n_frames : int
    spacing : float
        Time between two frames, a multiple of 0.01.
    seed, n_chains : int
        Each chain begins in one of the wells and forgets it for 1,000 time units.
    """
    random, parts = np.random.default_rng(seed), max(1, round(spacing / SUBSTEP))
    x = random.choice([-1.0, 1.0], n_chains)
    scale = np.sqrt(2 * DIFFUSION * SUBSTEP)
    blocks, done = [], 0
    for block in range(1 + int(np.ceil(n_frames * parts / 100_000))):
        frames = max(1, 100_000 // parts)
        kicks = scale * random.standard_normal((n_chains, frames, parts))
        made = _walk(x, kicks, SUBSTEP)
        x = made[:, -1].copy()
        if block:  # The first one is dropped.
            blocks.append(made)
            done += frames
    return np.concatenate(blocks, axis=1)[:, :n_frames]


def bins(x: ArrayLike) -> NDArray[np.uint8]:
    """Label positions by bins; those beyond the ends belong to the outermost bins."""
    place = np.floor((np.asarray(x) + REACH) * N_BINS / (2 * REACH))
    return np.clip(place, 0, N_BINS - 1).astype(np.uint8)


def middle(labels: ArrayLike) -> Array:
    """The positions in the middle of the bins."""
    return (np.asarray(labels, np.float64) + 0.5) * 2 * REACH / N_BINS - REACH


def transitions(x: ArrayLike) -> int:
    """Count the passages from one core to the other, in trajectories of shape (chains, frames)."""
    found = 0
    for row in np.atleast_2d(x):
        side = np.sign(row)[np.abs(row) >= CORE]
        found += int(np.count_nonzero(side[1:] != side[:-1]))
    return found


def histogram(x: ArrayLike) -> Array:
    """The share of the frames in each bin, shape (bins,)."""
    return np.bincount(bins(x).ravel(), minlength=N_BINS) / np.size(x)


def reservoir(x: Array, seed: int) -> Regression:
    """Fit an echo-state network: fixed random recurrent weights, and ridge regression on them.

    The state follows r ← (1 − α) r + α tanh(W r + w x). Its linear output, with x and a constant,
    predicts the next position.
    """
    random, n = np.random.default_rng(seed), RESERVOIR_UNITS
    inner = random.standard_normal((n, n)) * (random.random((n, n)) < 0.05)
    inner *= SPECTRAL_RADIUS / np.abs(np.linalg.eigvals(inner)).max()
    into = random.uniform(-1, 1, n)

    def advance(r: Array, now: Array) -> Array:
        return (1 - LEAK) * r + LEAK * np.tanh(r @ inner.T + np.multiply.outer(now, into))

    states, r = np.empty((len(x) - 1, n + 2)), np.zeros(n)
    for t, now in enumerate(x[:-1]):
        r = advance(r, now)
        states[t] = [1.0, now, *r]
    target = x[1:]
    output = np.linalg.solve(states.T @ states + RIDGE * np.eye(n + 2), states.T @ target)

    def step(r: Array, now: Array) -> tuple[Array, Array]:
        r = advance(r, now)
        return r, output[0] + output[1] * now + r @ output[2:]

    return Regression(np.zeros(n), step, float(np.std(states @ output - target)))


def regressing_lstm(x: Array, epochs: int, seed: int) -> Regression:
    """Train an LSTM in Keras on the next position by its mean squared error."""
    import keras

    keras.utils.set_random_seed(seed)
    n = (len(x) - 1) // LENGTH * LENGTH
    given, target = (part.reshape(-1, LENGTH, 1) for part in (x[:n], x[1 : n + 1]))
    layers = [keras.layers.LSTM(UNITS, return_sequences=True), keras.layers.Dense(1)]
    network = keras.Sequential([keras.Input((None, 1)), *layers])
    network.compile(keras.optimizers.Adam(LEARNING_RATE), "mean_squared_error")
    network.fit(given, target, batch_size=BATCH, epochs=epochs, verbose=0)
    deviations = network.predict(given, verbose=0) - target
    residual = float(np.std(deviations[:, WARM_UP:]))
    weights = (np.asarray(w, np.float64) for w in network.get_weights())
    kernel, recurrent, bias, dense, shift = weights

    def step(state: Array, now: Array) -> tuple[Array, Array]:
        h, c = np.split(state, 2, axis=-1)
        gates = np.multiply.outer(now, kernel[0]) + h @ recurrent + bias
        i, f, g, o = np.split(gates, 4, axis=-1)  # Keras's order
        c = _sigmoid(f) * c + _sigmoid(i) * np.tanh(g)
        h = _sigmoid(o) * np.tanh(c)
        return np.concatenate([h, c], axis=-1), (h @ dense + shift)[..., 0]

    return Regression(np.zeros(2 * UNITS), step, residual)


def feed_back(
    model: Regression, prompts: ArrayLike, n_frames: int, noise: float, seed: int
) -> Array:
    """Let a model generate from its own output, with normal noise of a given size.

    Parameters
    ----------
    model : Regression
    prompts : array_like, shape (chains, frames)
        Positions that the model reads first.
    n_frames : int
    noise : float
        Standard deviation of the noise that is added to each prediction.
    seed : int

    Returns
    -------
    ndarray, shape (chains, n_frames)
    """
    read, random = np.asarray(prompts, np.float64), np.random.default_rng(seed)
    state = np.broadcast_to(model.start, (len(read), len(model.start))).copy()
    for now in read.T:
        state, following = model.step(state, now)
    found = np.empty((len(read), n_frames))
    for frame in range(n_frames):
        now = found[:, frame] = following + noise * random.standard_normal(len(read))
        state, following = model.step(state, now)
    return found


def _sigmoid(values: Array) -> Array:
    return 1 / (1 + np.exp(-values))
