"""One coordinate or two: the same trajectory learned from x, and from x and y as joint labels (C4).

The joint labels are the cells of a grid whose columns lie on one side of each boundary between A,
B and C, so that what either network writes can be counted as A, B and C along x.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lstm_md.analysis.kinetics import transition_counts
from lstm_md.analysis.markov import fit_markov_chain, simulate_markov_chain
from lstm_md.analysis.uncertainty import Estimate, by_segments, over_trainings
from lstm_md.generation import generate
from lstm_md.judging import criteria
from lstm_md.judging.criteria import Outcome
from lstm_md.labels import nearest_state, with_edges
from lstm_md.model import language_model
from lstm_md.systems import langevin, potentials
from lstm_md.training import train

CENTRES = (1.5, 0.0, -1.5)  # of A, B and C along x, as in the chapters before
COARSE = (-6.0, -0.75, 0.75, 6.0)  # ±0.75 lie halfway between the centres
FINE = (-6.0, -1.5, -0.75, 0.0, 0.75, 1.5, 6.0)
GRIDS = {"3 × 3": COARSE, "6 × 6": FINE}
ONE = "x"
SEGMENTS = 20
COMMIT_TIMES = tuple(int(c) for c in np.unique(np.geomspace(1, 200, 24).round()))


def joint_labels(x: ArrayLike, y: ArrayLike, edges: Sequence[float]) -> NDArray[np.uint8]:
    """x and y as one label, column by column: label = bins × column + row.

    Parameters
    ----------
    x, y : array_like, shape (frames,)
    edges : sequence of float
        Of the bins of either; what lies outside counts to the outer ones.

    Returns
    -------
    ndarray of uint8, shape (frames,)
    """
    column, row = (with_edges(values, edges, outside="clip") for values in (x, y))
    return ((len(edges) - 1) * column + row).astype(np.uint8)


def along_x(joint: ArrayLike, edges: Sequence[float]) -> NDArray[np.unsignedinteger]:
    """A, B and C along x, as 0, 1 and 2, of joint labels of any shape."""
    middle = (np.array(edges[:-1]) + edges[1:]) / 2
    return nearest_state(middle, CENTRES)[np.asarray(joint) // len(middle)]


def one_and_two_dimensions(
    *, frames: int = 200_000, trainings: int = 5, epochs: int = 20, seed: int = 1
) -> dict[str, Any]:
    """Learn the triangular potential from x alone and from x and y, and count what is written.

    Trainings on x and on the grids of x and y take turns. Controls of each grid: an untrained
    network, shuffled labels, a first-order Markov chain.

    Parameters
    ----------
    frames : int
        Of the trajectory that is learned, and of each that is written.
    trainings, epochs : int
    seed : int

    Returns
    -------
    dict
        ``commit_times``; ``data``: the mean counts in a segment, shape (commit times, 3, 3), and
        ``error``; ``counts``: for "x" and each grid, for the LSTM and the controls, the same of
        what each training wrote; ``seconds`` and ``validation_loss`` of each training and epoch.
    """
    trajectory = langevin.simulate(potentials.triangular_three_state, n_frames=frames, seed=seed)
    x = nearest_state(trajectory.x, centres=CENTRES)
    text = {ONE: x}
    for grid, edges in GRIDS.items():
        text[grid] = joint_labels(trajectory.x, trajectory.y, edges)
    counts: dict[str, dict[str, list]] = {name: {} for name in text}
    seconds: dict[str, list[list[float]]] = {name: [] for name in text}
    losses: dict[str, list[list[float]]] = {name: [] for name in text}
    for one in range(100 * seed, 100 * seed + trainings):
        for name, labels in text.items():
            model = language_model(_n_labels(name), 8, 64, seed=one)
            history = train(
                model, labels, epochs=epochs, learning_rate=0.02, decay=True, seed=one,
                progress=False,
            )  # fmt: skip
            seconds[name].append(list(history.seconds))
            losses[name].append(list(history.validation_loss))
            made = {"LSTM": generate(model, labels[:1000], frames, seed=one, progress=False)}
            made |= _controls(labels, _n_labels(name), one)
            for who, written in made.items():
                seen = written if name == ONE else along_x(written, GRIDS[name])
                counts[name].setdefault(who, []).append(_counts(seen).value.tolist())
    data = _counts(x)
    return {
        "commit_times": list(COMMIT_TIMES),
        "segments": SEGMENTS,
        "data": np.asarray(data.value).tolist(),
        "error": np.asarray(data.error).tolist(),
        "counts": counts,
        "seconds": seconds,
        "validation_loss": losses,
    }


def data_curves(measured: dict[str, Any]) -> Estimate:
    """Counts against commit time along x of the data, with their errors over segments."""
    return Estimate(measured["data"], measured["error"], measured["segments"])


def curves(measured: dict[str, Any], name: str, who: str = "LSTM") -> Estimate:
    """The same of what was written, with errors over trainings.

    Parameters
    ----------
    measured : dict
        What :func:`one_and_two_dimensions` returned.
    name : str
        "x" or a grid.
    who : str
        "LSTM" or a control.
    """
    return over_trainings(np.array(measured["counts"][name][who]))


def time_ratio(measured: dict[str, Any], grid: str) -> float:
    """Seconds until most is learned, of a grid over x alone: the median over trainings."""
    until: dict[str, list[float]] = {
        name: [
            criteria.epochs_to_converge(loss) * float(np.median(spent))
            for loss, spent in zip(measured["validation_loss"][name], measured["seconds"][name])
        ]
        for name in (ONE, grid)
    }
    return float(np.median(np.divide(until[grid], until[ONE])))


def judged(measured: dict[str, Any]) -> dict[str, Outcome]:
    """The criterion of C4 for the LSTM, and for each control at the LSTM's price."""
    data = data_curves(measured)
    ratios = {grid: time_ratio(measured, grid) for grid in GRIDS}
    return {
        who: criteria.learned_as_easily(
            ratios,
            {g: criteria.curves_agree(curves(measured, g, who), data) for g in GRIDS},
        )
        for who in measured["counts"][ONE]
    }


def _n_labels(name: str) -> int:
    return len(CENTRES) if name == ONE else (len(GRIDS[name]) - 1) ** 2


def _counts(labels: NDArray) -> Estimate:
    return by_segments(
        lambda part: transition_counts(part, COMMIT_TIMES, n_labels=3), labels, SEGMENTS
    )


def _controls(labels: NDArray, n_labels: int, seed: int) -> dict[str, NDArray]:
    """What must not pass."""
    blank = language_model(n_labels, 8, 64, seed=seed)
    chain = fit_markov_chain(labels, n_labels=n_labels)
    return {
        "untrained network": generate(blank, labels[:1000], labels.size, seed=seed, progress=False),
        "shuffled labels": np.random.default_rng(seed).permutation(labels),
        "first-order Markov chain": simulate_markov_chain(chain, labels.size, seed=seed),
    }
