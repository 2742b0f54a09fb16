"""Stays: uninterrupted sequences of equal labels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lstm_md._support.checks import Chains


def stay_starts(chains: Chains) -> NDArray[np.int64]:
    """Find where each stay begins, as an index of ``chains.flat``, shape (stays,).

    A stay ends with its chain.
    """
    flat = chains.flat
    begins = np.empty(flat.size, dtype=bool)
    np.not_equal(flat[1:], flat[:-1], out=begins[1:])
    begins[chains.starts[:-1]] = True
    return np.flatnonzero(begins)
