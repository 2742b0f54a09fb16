"""The record of the riboswitch as 34 labels of the extension, and its states U, P3 and P2P3."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lstm_md._support.checks import label_array
from lstm_md.labels import bin_centres, equal_width, running_mean
from lstm_md.systems.recordings import load
from reproduction.runs.records import default_folder

FILE = "add_riboswitch_mol2_6_ext9.npz"
N_LABELS = 34  #: Of 1.5 nm each, as many as in the paper
EDGES = np.linspace(685.0, 736.0, N_LABELS + 1)  #: Of the labels, in nm
CENTRES = bin_centres(EDGES)  #: Of the labels, in nm
MS = 0.1  #: Milliseconds per frame
STATES = ("U", "P3", "P2P3")
BOUNDARIES = (706.0, 715.0)  #: Between the states, in nm: label edges where fitted peaks cross
MEAN_FRAMES = 20  #: Frames in a mean over 2 ms, which removes the noise of single frames
N_TENTHS = 10  #: Parts of 4 s, for errors and for training sets
_STATE_OF_LABEL = (2 - np.searchsorted(BOUNDARIES, CENTRES)).astype(np.uint8)


def extension(folder: Path | None = None) -> NDArray[np.float32]:
    """Read the extension in nm, shape (400,000,), one frame every 0.1 ms.

    Parameters
    ----------
    folder : path, optional
        The folder of the file; ``data``, next to the folder of the records, if left out.

    Raises
    ------
    FileNotFoundError
        If the file is not there.
    """
    where = default_folder().parent / "data" if folder is None else folder
    return load(where / FILE, fields="extension_nm")


def labels_of(extension_nm: ArrayLike) -> NDArray[np.unsignedinteger]:
    """Label extensions by 34 bins of 1.5 nm; values beyond the ends get the outer labels."""
    return equal_width(extension_nm, EDGES[0], EDGES[-1], n_labels=N_LABELS, outside="clip")


def states_of(labels: ArrayLike) -> NDArray[np.uint8]:
    """Return the state of each label, of the shape of ``labels``: 0 U, 1 P3, 2 P2P3."""
    return _STATE_OF_LABEL[label_array(labels, n_labels=N_LABELS)]


def states_of_mean(
    labels: ArrayLike,
    window: int = MEAN_FRAMES,
    boundaries_nm: tuple[float, float] = BOUNDARIES,
) -> NDArray[np.uint8]:
    """Return the states of a running mean of the extension, in which the molecule's stays show.

    Parameters
    ----------
    labels : array_like of int, shape (frames,)
    window : int
        Frames in the mean; 1 gives :func:`states_of`.
    boundaries_nm : (float, float)
        Between P2P3 and P3, and between P3 and U.

    Returns
    -------
    ndarray of uint8, shape (frames − window + 1,)
    """
    centres = CENTRES[label_array(labels, n_labels=N_LABELS)]
    mean = running_mean(centres, window) if window > 1 else centres
    return (2 - np.searchsorted(boundaries_nm, mean)).astype(np.uint8)


def training_set(labels: ArrayLike, number: int, n_sets: int) -> NDArray[np.unsignedinteger]:
    """Arrange the tenths of a record as one of several training sets.

    The record drifts. A contiguous fifth of it would have its own populations, so each training
    set spans the whole record. Tenth ``number`` and every ``n_sets``-th tenth after it come last,
    where :func:`lstm_md.training.train` takes its validation data.

    Parameters
    ----------
    labels : array_like of int, shape (frames,)
        Frames that do not fill the last tenth are left out.
    number : int
        From 0 to ``n_sets`` − 1.
    n_sets : int
        A divisor of ten.

    Returns
    -------
    ndarray of uint8, shape (10, frames of a tenth)
        The last 10 / ``n_sets`` rows are the validation data.

    Raises
    ------
    ValueError
        If there is no such training set.
    """
    if N_TENTHS % n_sets or not 0 <= number < n_sets:
        raise ValueError(
            f"number, n_sets: found training set {number} of {n_sets}; give a number of sets "
            f"that divides {N_TENTHS}, and a smaller number for the set"
        )
    array = label_array(labels, n_labels=N_LABELS)
    tenths = array[: array.size - array.size % N_TENTHS].reshape(N_TENTHS, -1)
    in_validation = np.arange(N_TENTHS) % n_sets == number
    return np.concatenate([tenths[~in_validation], tenths[in_validation]])
