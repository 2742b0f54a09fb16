"""Stays: uninterrupted sequences of equal labels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def stay_starts(labels: NDArray[np.unsignedinteger]) -> NDArray[np.int64]:
    """Find where each stay begins, as an index of the flattened array.

    A stay ends with its chain.

    Parameters
    ----------
    labels : ndarray of int, shape (frames,) or (chains, frames)
        These are checked already.

    Returns
    -------
    ndarray of int64, shape (stays,)
    """
    flat = labels.reshape(-1)
    begins = np.empty(flat.size, dtype=bool)
    np.not_equal(flat[1:], flat[:-1], out=begins[1:])
    begins[:: labels.shape[-1]] = True
    return np.flatnonzero(begins)
