"""Runs of equal labels: the stays that excursions, commit times and dwell times are made of."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def stay_starts(labels: NDArray[np.unsignedinteger]) -> NDArray[np.int64]:
    """Where the runs of equal labels begin, in the flattened array; a chain begins a run.

    Parameters
    ----------
    labels : ndarray of int, shape (frames,) or (chains, frames)
        Already checked.

    Returns
    -------
    ndarray of int64, shape (runs,)
    """
    flat = labels.reshape(-1)
    begins = np.empty(flat.size, dtype=bool)
    np.not_equal(flat[1:], flat[:-1], out=begins[1:])
    begins[:: labels.shape[-1]] = True
    return np.flatnonzero(begins)
