"""The riboswitch's record in 34 labels of the extension, and the states U, P3 and P2P3 in these."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lstm_md._support.checks import label_array
from lstm_md.labels import bin_centres, equal_width, running_mean
from lstm_md.systems.recordings import load
from reproduction.runs.records import default_folder

FILE = "add_riboswitch_mol2_6_ext9.npz"
LABELS = 34  # of 1.5 nm, as many as in the paper
EDGES = np.linspace(685.0, 736.0, LABELS + 1)  # nm
CENTRES = bin_centres(EDGES)  # nm
MS = 0.1  # a frame
STATES = ("U", "P3", "P2P3")
BOUNDARIES = (706.0, 715.0)  # nm, edges of labels; where fitted peaks of a 2 ms mean cross
MEAN_FRAMES = 20  # 2 ms, over which the noise of a frame is averaged out
PARTS = 10  # of 4 s, for errors and for training sets
_STATE_OF_LABEL = (2 - np.searchsorted(BOUNDARIES, CENTRES)).astype(np.uint8)


def extension(folder: Path | None = None) -> NDArray[np.float32]:
    """The extension in nm, shape (400,000,), 0.1 ms apart.

    Parameters
    ----------
    folder : path, optional
        Where the file lies; ``data`` beside the records of the book if left out.

    Raises
    ------
    FileNotFoundError
        If it is not there.
    """
    where = default_folder().parent / "data" if folder is None else folder
    return load(where / FILE, fields="extension_nm")


def labels_of(extension_nm: ArrayLike) -> NDArray[np.unsignedinteger]:
    """34 labels of 1.5 nm; what lies beyond the outer edges belongs to the outer labels."""
    return equal_width(extension_nm, EDGES[0], EDGES[-1], n_labels=LABELS, outside="clip")


def states_of(labels: ArrayLike) -> NDArray[np.uint8]:
    """0 U, 1 P3, 2 P2P3 for each label, of the shape of ``labels``: a side of two boundaries."""
    return _STATE_OF_LABEL[label_array(labels, n_labels=LABELS)]


def states_of_mean(
    labels: ArrayLike,
    window: int = MEAN_FRAMES,
    boundaries_nm: tuple[float, float] = BOUNDARIES,
) -> NDArray[np.uint8]:
    """The states of a running mean of the labels' extensions: those in which a molecule stays.

    Parameters
    ----------
    labels : array_like of int, shape (frames,)
    window : int
        Frames, or steps, of the mean; 1 gives :func:`states_of`.
    boundaries_nm : (float, float)
        Between P2P3 and P3, and P3 and U.

    Returns
    -------
    ndarray of uint8, shape (frames − window + 1,)
    """
    centres = CENTRES[label_array(labels, n_labels=LABELS)]
    mean = running_mean(centres, window) if window > 1 else centres
    return (2 - np.searchsorted(boundaries_nm, mean)).astype(np.uint8)


def training_set(labels: ArrayLike, number: int, sets: int) -> NDArray[np.unsignedinteger]:
    """One of the training sets: every part of the record but those that it holds back.

    The record drifts. A set that were a fifth of it would have its own populations, so each
    spans the whole: part ``number``, and every ``sets``-th after it, are left out and come last,
    where :func:`lstm_md.training.train` holds back what it does not learn.

    Parameters
    ----------
    labels : array_like of int, shape (frames,)
        What does not fill the last part is left out.
    number : int
        From 0 to ``sets`` − 1.
    sets : int
        A divisor of the ten parts.

    Returns
    -------
    ndarray of uint8, shape (10, frames of a part)
        The last 10 / ``sets`` rows are to be held back.
    """
    if PARTS % sets or not 0 <= number < sets:
        raise ValueError(
            f"number, sets: found {number} of {sets}; give sets that divide {PARTS} parts, and a "
            f"number below it"
        )
    array = label_array(labels, n_labels=LABELS)
    parts = array[: array.size - array.size % PARTS].reshape(PARTS, -1)
    held = np.arange(PARTS) % sets == number
    return np.concatenate([parts[~held], parts[held]])
