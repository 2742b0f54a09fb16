"""Runs of equal labels: the stays that excursions, commit times and dwell times are made of."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lstm_md._support.checks import whole_number


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


def keep_long_stays(
    labels: NDArray[np.unsignedinteger], min_frames: int, name: str
) -> NDArray[np.unsignedinteger]:
    """Give every short stay the label of the last long one before it.

    What :func:`lstm_md.labels.remove_short_excursions` documents, for labels already checked;
    ``name`` is the threshold's in the errors.
    """
    min_frames = whole_number(min_frames, name)
    starts = stay_starts(labels)
    lengths = np.diff(starts, append=labels.size)
    chain = starts // labels.shape[-1]
    n_chains = labels.size // labels.shape[-1]
    long = np.flatnonzero(lengths >= min_frames)
    first_long = np.searchsorted(chain[long], np.arange(n_chains + 1))
    without = np.flatnonzero(np.diff(first_long) == 0)
    if without.size:
        where = f"chain {without[0]} has" if labels.ndim == 2 else "there is"
        raise ValueError(
            f"{name}: {where} no stay of {min_frames} frame(s), the longest lasts "
            f"{lengths[chain == without[0]].max()}; give a lower threshold or a longer trajectory"
        )
    last_long = np.zeros(starts.size, dtype=np.int64)
    last_long[long] = long
    np.maximum.accumulate(last_long, out=last_long)
    kept = np.maximum(last_long, long[first_long[:-1]][chain])
    return np.repeat(labels.reshape(-1)[starts[kept]], lengths).reshape(labels.shape)
