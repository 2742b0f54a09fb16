"""Superposition of a molecule's conformations, so that a motion shows its change of shape only."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray


def superpose_in_order(frames: NDArray[np.floating], stops: Iterable[int]) -> NDArray[np.floating]:
    """Centre and rotate frames so that the molecule as a whole does not move.

    The first frame is laid as flat as possible. Each stop is superposed on the stop before it.
    A frame between two stops is superposed on the straight line between them.

    Parameters
    ----------
    frames : ndarray of float, shape (frames, atoms, 3)
    stops : iterable of int
        Indices of the conformations among the frames, ascending, from 0.

    Returns
    -------
    ndarray of float, shape (frames, atoms, 3)
    """
    frames = frames - frames.mean(axis=1, keepdims=True)
    axes = np.linalg.svd(frames[0])[2]
    # The last atom is to the right of the first, and most atoms are above the long axis.
    axes[0] *= np.sign(axes[0] @ (frames[0, -1] - frames[0, 0])) or 1.0
    axes[1] *= np.sign(np.sum((frames[0] @ axes[1]) ** 3)) or 1.0
    axes[2] = np.cross(axes[0], axes[1])
    frames[0] = frames[0] @ axes.T
    for start, end in pairwise(stops):
        frames[end] = superposed(frames[end], frames[start])
        for k in range(start + 1, end):
            share = (k - start) / (end - start)
            between = (1 - share) * frames[start] + share * frames[end]
            frames[k] = superposed(frames[k], between)
    return frames


def superposed(
    positions: NDArray[np.floating], target: NDArray[np.floating]
) -> NDArray[np.floating]:
    """Rotate centred positions, shape (atoms, 3), to the least distance from a target (Kabsch)."""
    left, _, right = np.linalg.svd(positions.T @ target)
    left[:, -1] *= np.sign(np.linalg.det(left @ right)) or 1.0  # no reflection
    return positions @ left @ right
