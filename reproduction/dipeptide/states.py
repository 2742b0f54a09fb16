"""The labels of alanine dipeptide along sin φ or sin ψ, and its states C7eq and C7ax."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lstm_md._support.checks import label_array
from lstm_md.labels import equal_width

N_LABELS = 20  #: Labels of width 0.1 in the sine of an angle
PS_PER_FRAME = 0.1
STATES = ("C7eq", "C7ax")
EQ, AX = 0, 1
# The core of each state, as a range of labels: sin φ < 0 and ≥ 0.6; sin ψ ≥ 0.3 and < −0.8. A
# frame between the cores belongs to the state whose core was visited last.
CORES = {"phi": ((0, 10), (16, 20)), "psi": ((13, 20), (0, 2))}


def labels_of(angle: NDArray[np.floating]) -> NDArray[np.unsignedinteger]:
    """Label an angle in radians by its sine: twenty labels of width 0.1, as in the paper."""
    return equal_width(np.sin(np.asarray(angle, np.float64)), -1.0, 1.0, n_labels=N_LABELS)


def states(labels: ArrayLike, angle: str) -> NDArray[np.unsignedinteger]:
    """Assign each frame to the state whose core was visited last: 0 for C7eq, 1 for C7ax.

    Parameters
    ----------
    labels : array_like of int, shape (frames,) or (chains, frames)
    angle : {"phi", "psi"}

    Returns
    -------
    ndarray of uint8, of the shape of ``labels``
        Frames before the first visit of a core belong to the state of that core. If no core is
        visited, all frames belong to C7eq.
    """
    array = label_array(labels)
    core_of_label = np.full(int(array.max()) + 1, -1, np.int8)
    for state, (low, high) in enumerate(CORES[angle]):
        core_of_label[low:high] = state
    found = np.full(array.shape, EQ, np.uint8)
    for core, state_of_chain in zip(core_of_label[np.atleast_2d(array)], np.atleast_2d(found)):
        in_core = np.flatnonzero(core >= 0)
        if in_core.size:
            visited = core[in_core]
            change = np.flatnonzero(visited[1:] != visited[:-1]) + 1
            starts = np.concatenate([[0], in_core[change]])  # also before the first visit
            stays = np.diff(starts, append=core.size)
            state_of_chain[:] = np.repeat(visited[np.concatenate([[0], change])], stays)
    return found
