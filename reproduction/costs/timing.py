"""What training costs, measured so that a busy machine does not decide: C1–C3.

Every time is taken in rounds, and every round measures all sizes one after another, so that a
slow minute slows all of them. Ratios within a round are what the criteria look at.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lstm_md._support.checks import label_array, label_dtype, whole_number
from lstm_md.model import language_model
from lstm_md.training import train

SEQUENCE, BATCH = 100, 64  # the paper's: a step learns from 6,400 frames
STEP_FRAMES = SEQUENCE * BATCH
HIDDEN_STATES, HMM_LAG, MSM_LAG = 3, 30, 5  # the paper's for the riboswitch, 0.1 ms a frame


def rounds(tasks: Mapping[Any, Callable[[], float]], n_rounds: int) -> NDArray[np.float64]:
    """Measure tasks in turn, again and again.

    Parameters
    ----------
    tasks : mapping to callable
        Each returns the seconds it took.
    n_rounds : int
        Each round calls every task once, after a first one that does not count: what is compiled
        or loaded only once is not what a task costs.

    Returns
    -------
    ndarray, shape (rounds, tasks)
    """
    n_rounds = whole_number(n_rounds, "n_rounds", minimum=2)
    for task in tasks.values():
        task()
    return np.array([[task() for task in tasks.values()] for _ in range(n_rounds)])


def against_frames(
    frames: Sequence[int],
    *,
    n_labels: int = 3,
    embedding: int = 8,
    units: int = 64,
    n_rounds: int = 3,
    seed: int = 0,
) -> dict[str, Any]:
    """Seconds of an epoch against the frames of the training set (C1).

    What the labels say does not matter for the time, so they are random.

    Parameters
    ----------
    frames : sequence of int
        A multiple of 6,400 each, else the frames that fill no batch would be counted and not
        learned from.

    Returns
    -------
    dict of lists
        ``frames``, ``seconds`` of shape (rounds, frames), and the network's sizes.
    """
    for n in frames:
        if n % STEP_FRAMES or n <= 0:
            raise ValueError(f"frames: expected multiples of {STEP_FRAMES}, found {n}; round it")
    # One network for all: only the labels differ.
    model = language_model(n_labels, embedding, units, seed=seed)
    tasks = {n: _epoch(model, _random_labels(n + 1, n_labels, seed)) for n in frames}
    sizes = {"labels": n_labels, "embedding": embedding, "units": units}
    return {"frames": list(frames), "seconds": rounds(tasks, n_rounds).tolist(), **sizes}


def against_labels(
    n_labels: Sequence[int],
    *,
    embedding: int = 8,
    units: int = 64,
    steps: int = 4,
    n_rounds: int = 3,
    seed: int = 0,
) -> dict[str, Any]:
    """Seconds of a step against the number of labels N (C2).

    Returns
    -------
    dict of lists
        ``labels``, ``seconds`` a step of shape (rounds, labels), and the network's sizes.
    """
    spent = _of_steps([(n, embedding, units) for n in n_labels], steps, n_rounds, seed)
    sizes = {"embedding": embedding, "units": units}
    return {"labels": list(n_labels), "seconds": spent.tolist(), **sizes}


def against_units(
    units: Sequence[int],
    *,
    n_labels: int = 3,
    embedding: int = 8,
    steps: int = 4,
    n_rounds: int = 3,
    seed: int = 0,
) -> dict[str, Any]:
    """Seconds of a step against the LSTM's units L: the control of C1 and C2."""
    spent = _of_steps([(n_labels, embedding, n) for n in units], steps, n_rounds, seed)
    sizes = {"labels": n_labels, "embedding": embedding}
    return {"units": list(units), "seconds": spent.tolist(), **sizes}


def against_markov_models(
    labels: ArrayLike,
    n_labels: int,
    frames: Sequence[int],
    *,
    networks: Mapping[str, tuple[int, int]],
    epochs: int = 20,
    steps: int = 4,
    n_rounds: int = 3,
    seed: int = 0,
) -> dict[str, Any]:
    """Seconds to train a network, and to fit an MSM and an HMM, on the same labels (C3).

    A training is measured by some steps and multiplied up to its epochs: all steps do the same
    work (C1), and the paper's network would take hours. The fits run to their end.

    Parameters
    ----------
    labels : array_like of int, shape (frames,)
    n_labels : int
    frames : sequence of int
        How many of the labels, from the first, each measurement uses.
    networks : mapping of str to (embedding, units)
    epochs : int
        What a training is.
    steps : int
        How many of them are measured.

    Returns
    -------
    dict
        ``frames``, ``epochs``, ``seconds``: for each network and for "MSM", "HMM" (the paper's
        lags) and "HMM, lag 1" a list of shape (rounds, frames).
    """
    from lstm_md.analysis import markov_models

    array = label_array(labels, n_labels=n_labels, min_frames=max(frames))
    fits: dict[str, Callable[[NDArray], object]] = {
        "MSM": lambda part: markov_models.fit_msm(part, MSM_LAG, n_labels=n_labels),
        "HMM": lambda part: markov_models.fit_hmm(part, HIDDEN_STATES, HMM_LAG, n_labels=n_labels),
        "HMM, lag 1": lambda part: markov_models.fit_hmm(part, HIDDEN_STATES, 1, n_labels=n_labels),
    }
    tasks: dict[Any, Callable[[], float]] = {
        (name, n): _timed(lambda fit=fit, n=n: fit(array[:n]))  # type: ignore[misc]
        for name, fit in fits.items()
        for n in frames
    }
    few = array[: steps * STEP_FRAMES + 1]
    for name, (embedding, units) in networks.items():
        model = language_model(n_labels, embedding, units, seed=seed)
        tasks[name, "step"] = _epoch(model, few, per=steps)
    spent = dict(zip(tasks, rounds(tasks, n_rounds).T))
    seconds = {name: np.array([spent[name, n] for n in frames]).T for name in fits}
    for name in networks:
        steps_of_all = epochs * np.array(frames) / STEP_FRAMES
        seconds[name] = np.outer(spent[name, "step"], steps_of_all)
    return {
        "frames": list(frames),
        "epochs": epochs,
        "seconds": {name: each.tolist() for name, each in seconds.items()},
    }


def _of_steps(
    sizes: Sequence[tuple[int, int, int]], steps: int, n_rounds: int, seed: int
) -> NDArray[np.float64]:
    tasks = {
        each: _epoch(
            language_model(*each, seed=seed),
            _random_labels(steps * STEP_FRAMES + 1, each[0], seed),
            per=steps,
        )
        for each in sizes
    }
    return rounds(tasks, n_rounds)


def _epoch(model: Any, labels: NDArray, per: int = 1) -> Callable[[], float]:
    """A task: the seconds of an epoch without validation, divided by ``per``.

    Each call trains for two epochs and takes the second: a new optimiser is built in the first.
    """

    def task() -> float:
        history = train(model, labels, epochs=2, validation_fraction=0.0, progress=False)
        return history.seconds[-1] / per

    return task


def _timed(work: Callable[[], object]) -> Callable[[], float]:
    def task() -> float:
        begin = time.perf_counter()
        work()
        return time.perf_counter() - begin

    return task


def _random_labels(frames: int, n_labels: int, seed: int) -> NDArray[np.unsignedinteger]:
    rng = np.random.default_rng(seed)
    return rng.integers(n_labels, size=frames).astype(label_dtype(n_labels))
