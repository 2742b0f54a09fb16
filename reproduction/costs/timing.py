"""Timing of trainings and fits in rounds, so that other work on the machine does not decide.

Each round measures all sizes one after another. A minute in which the machine is busy then slows
all sizes alike, and the criteria of C1–C3 look at ratios within a round only.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lstm_md._support.checks import label_array, label_dtype, whole_number
from lstm_md.analysis.markov_models import fit_hmm, fit_msm
from lstm_md.model import language_model
from lstm_md.training import train

STEP_FRAMES = 64 * 100  #: Frames per training step: the paper's batches, 64 sequences of 100 frames
N_HIDDEN_STATES, HMM_LAG, MSM_LAG = 3, 30, 5  #: The paper's for the riboswitch; frames of 0.1 ms
MARKOV_MODELS = ("MSM", "HMM", "HMM, lag 1")

Labels = NDArray[np.unsignedinteger]


def rounds(tasks: Mapping[Any, Callable[[], float]], n_rounds: int) -> NDArray[np.float64]:
    """Measure tasks in turn, round by round.

    Parameters
    ----------
    tasks : mapping to callable
        Each returns the seconds that it took.
    n_rounds : int
        At least 2. Each round calls every task once. One more round comes first and does not
        count, because compiling and loading happen only once.

    Returns
    -------
    ndarray of float64, shape (n_rounds, tasks)
        In seconds.
    """
    n_rounds = whole_number(n_rounds, "n_rounds", minimum=2)
    for task in tasks.values():
        task()
    return np.array([[task() for task in tasks.values()] for _ in range(n_rounds)])


def against_frames(
    n_frames: Sequence[int],
    *,
    n_labels: int = 3,
    embedding_dim: int = 8,
    units: int = 64,
    n_rounds: int = 3,
    seed: int = 0,
) -> dict[str, Any]:
    """Measure the time per epoch against the number of frames in the training data (C1).

    The labels are random, because their values do not change the time.

    Parameters
    ----------
    n_frames : sequence of int
        Multiples of 6,400. Other numbers leave frames that fill no batch and are not learned.

    Returns
    -------
    dict
        ``frames``; ``seconds`` per epoch, shape (n_rounds, frames), as lists; ``labels``,
        ``embedding`` and ``units``.

    Raises
    ------
    ValueError
        If a number of frames is not a multiple of 6,400.
    """
    for n in n_frames:
        if n % STEP_FRAMES or n <= 0:
            raise ValueError(f"n_frames: expected multiples of {STEP_FRAMES}, found {n}; round it")
    # One network for all sizes: only the labels differ.
    model = language_model(n_labels, embedding_dim, units, seed=seed)
    tasks = {n: _epoch(model, _random_labels(n + 1, n_labels, seed)) for n in n_frames}
    sizes = {"labels": n_labels, "embedding": embedding_dim, "units": units}
    return {"frames": list(n_frames), "seconds": rounds(tasks, n_rounds).tolist(), **sizes}


def against_labels(
    n_labels: Sequence[int],
    *,
    embedding_dim: int = 8,
    units: int = 64,
    steps: int = 4,
    n_rounds: int = 3,
    seed: int = 0,
) -> dict[str, Any]:
    """Measure the time per training step against the number of labels N (C2).

    Returns
    -------
    dict
        ``labels``; ``seconds`` per step, shape (n_rounds, labels), as lists; ``embedding`` and
        ``units``.
    """
    sizes = [(n, embedding_dim, units) for n in n_labels]
    seconds = _seconds_per_step(sizes, steps, n_rounds, seed)
    fixed = {"embedding": embedding_dim, "units": units}
    return {"labels": list(n_labels), "seconds": seconds.tolist(), **fixed}


def against_units(
    units: Sequence[int],
    *,
    n_labels: int = 3,
    embedding_dim: int = 8,
    steps: int = 4,
    n_rounds: int = 3,
    seed: int = 0,
) -> dict[str, Any]:
    """Measure the time per training step against the LSTM's units L: the control of C1 and C2.

    Returns
    -------
    dict
        ``units``; ``seconds`` per step, shape (n_rounds, units), as lists; ``labels`` and
        ``embedding``.
    """
    sizes = [(n_labels, embedding_dim, n) for n in units]
    seconds = _seconds_per_step(sizes, steps, n_rounds, seed)
    fixed = {"labels": n_labels, "embedding": embedding_dim}
    return {"units": list(units), "seconds": seconds.tolist(), **fixed}


def against_markov_models(
    labels: ArrayLike,
    n_frames: Sequence[int],
    *,
    n_labels: int,
    networks: Mapping[str, tuple[int, int]],
    epochs: int = 20,
    steps: int = 4,
    n_rounds: int = 3,
    seed: int = 0,
) -> dict[str, Any]:
    """Measure the time of a training, of an MSM and of an HMM on the same labels (C3).

    The time of a training is that of a few steps, multiplied up to all epochs. All steps do the
    same work (C1), and the paper's network would take hours. The fits run to their end.

    Parameters
    ----------
    labels : array_like of int, shape (frames,)
    n_frames : sequence of int
        How many of the labels, from the first on, each measurement uses.
    n_labels : int
        The number of labels N.
    networks : mapping of str to (embedding_dim, units)
    epochs : int
        Epochs of a training.
    steps : int
        Training steps that are measured.

    Returns
    -------
    dict
        ``frames``; ``epochs``; ``seconds``: a list of shape (n_rounds, frames) for each network
        and for "MSM", "HMM" (at the paper's lags) and "HMM, lag 1".

    Raises
    ------
    TypeError, ValueError
        If ``labels`` are not labels below N, or there are fewer than ``n_frames``.
    """
    array = label_array(labels, n_labels=n_labels, min_frames=max(n_frames))
    tasks: dict[Any, Callable[[], float]] = {
        (name, n): _timed(fit_markov_model, name, array[:n], n_labels)
        for name in MARKOV_MODELS
        for n in n_frames
    }
    few = array[: steps * STEP_FRAMES + 1]
    for name, (embedding_dim, units) in networks.items():
        model = language_model(n_labels, embedding_dim, units, seed=seed)
        tasks[name, "step"] = _epoch(model, few, n_steps=steps)
    spent = dict(zip(tasks, rounds(tasks, n_rounds).T))
    seconds = {name: np.array([spent[name, n] for n in n_frames]).T for name in MARKOV_MODELS}
    for name in networks:
        n_steps = epochs * np.array(n_frames) / STEP_FRAMES
        seconds[name] = np.outer(spent[name, "step"], n_steps)
    return {
        "frames": list(n_frames),
        "epochs": epochs,
        "seconds": {name: array.tolist() for name, array in seconds.items()},
    }


def fit_markov_model(name: str, labels: Labels, n_labels: int) -> object:
    """Fit one of ``MARKOV_MODELS`` to labels, as the paper fits it to the riboswitch."""
    if name == "MSM":
        return fit_msm(labels, MSM_LAG, n_labels=n_labels)
    lag_frames = {"HMM": HMM_LAG, "HMM, lag 1": 1}[name]
    return fit_hmm(labels, N_HIDDEN_STATES, lag_frames, n_labels=n_labels)


def _seconds_per_step(
    sizes: Sequence[tuple[int, int, int]], steps: int, n_rounds: int, seed: int
) -> NDArray[np.float64]:
    tasks = {
        size: _epoch(
            language_model(*size, seed=seed),
            _random_labels(steps * STEP_FRAMES + 1, size[0], seed),
            n_steps=steps,
        )
        for size in sizes
    }
    return rounds(tasks, n_rounds)


def _epoch(model: Any, labels: NDArray, n_steps: int = 1) -> Callable[[], float]:
    """Make a task: the seconds of an epoch without validation, divided by ``n_steps``.

    Each call trains for two epochs and takes the second, because the first builds the optimiser.
    """

    def task() -> float:
        history = train(model, labels, epochs=2, validation_fraction=0.0, progress=False)
        return history.seconds[-1] / n_steps

    return task


def _timed(function: Callable[..., object], *arguments: Any) -> Callable[[], float]:
    def task() -> float:
        start = time.perf_counter()
        function(*arguments)
        return time.perf_counter() - start

    return task


def _random_labels(n_frames: int, n_labels: int, seed: int) -> Labels:
    random = np.random.default_rng(seed)
    return random.integers(n_labels, size=n_frames).astype(label_dtype(n_labels))
