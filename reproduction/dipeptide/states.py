"""C7eq and C7ax of alanine dipeptide in the twenty labels of sin φ or sin ψ, and waits there."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lstm_md._support.checks import label_array
from lstm_md.analysis.kinetics import committed, waiting_times
from lstm_md.labels import equal_width

LABELS = 20  # of width 0.1
PS = 0.1  # a frame
COMMIT = 30  # frames: recrossings have died out along both angles
STATES = ("C7eq", "C7ax")
# What is surely in one of the states, as limits of the labels: sin φ < 0 and ≥ 0.6, sin ψ ≥ 0.3
# and < −0.8. In between a frame belongs to the state that was last visited.
CORES = {"phi": ((0, 10), (16, 20)), "psi": ((13, 20), (0, 2))}
EQ, AX = 0, 1


def labels_of(angle: NDArray[np.floating]) -> NDArray[np.unsignedinteger]:
    """Twenty labels of width 0.1 in the sine of an angle in radians, those of the paper."""
    return equal_width(np.sin(np.asarray(angle, np.float64)), -1.0, 1.0, n_labels=LABELS)


def states(labels: ArrayLike, angle: str) -> NDArray[np.unsignedinteger]:
    """Label each frame with the state whose core was visited last: 0 C7eq, 1 C7ax.

    Parameters
    ----------
    labels : array_like of int, shape (frames,) or (chains, frames)
    angle : {"phi", "psi"}

    Returns
    -------
    ndarray of uint8, of the shape of ``labels``
        Frames before the first visit of a core belong to the first that is visited; to C7eq if
        none is.
    """
    array = label_array(labels)
    in_core = np.full(array.shape, -1, np.int8)
    for state, (low, high) in enumerate(CORES[angle]):
        in_core[(array >= low) & (array < high)] = state
    frames = np.arange(array.shape[-1])
    last = np.maximum.accumulate(np.where(in_core >= 0, frames, 0), axis=-1)
    found = np.take_along_axis(in_core, last, axis=-1)
    first = np.take_along_axis(in_core, (in_core >= 0).argmax(axis=-1)[..., None], axis=-1)
    return np.where(found >= 0, found, np.maximum(first, EQ)).astype(np.uint8)


def waits(labels: ArrayLike, angle: str, commit_time: int = COMMIT) -> tuple[NDArray, NDArray]:
    """Complete waits in C7eq for C7ax and in C7ax for C7eq, in ps (Table 1).

    Parameters
    ----------
    labels : array_like of int, shape (frames,) or (chains, frames)
    angle : {"phi", "psi"}
    commit_time : int
        Frames that a stay must last to count.

    Returns
    -------
    two ndarrays of float, shape (waits,) each
        Empty where nothing commits.
    """
    seen = np.atleast_2d(states(labels, angle))
    pairs = ((EQ, AX), (AX, EQ))
    found: list[list[NDArray]] = [[], []]
    for chain in seen:
        try:
            settled = committed(chain, commit_time)
        except ValueError:  # no stay is long enough
            continue
        for of, (start, end) in zip(found, pairs):
            of.append(PS * waiting_times(settled, start, end))
    there, back = (np.concatenate([np.empty(0), *of]) for of in found)
    return there, back
