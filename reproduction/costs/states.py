"""The labels of C4: x alone, or x and y as joint labels on a grid.

The columns of each grid end at the boundaries between A, B and C. So what any of the networks
generates can be counted as A, B and C along x.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lstm_md.labels import bin_centres, nearest_state, with_edges

CENTRES = (1.5, 0.0, -1.5)  #: Of A, B and C along x
COARSE = (-6.0, -0.75, 0.75, 6.0)  # ±0.75 lies halfway between the centres
FINE = (-6.0, -1.5, -0.75, 0.0, 0.75, 1.5, 6.0)
GRIDS = {"3 × 3": COARSE, "6 × 6": FINE}  #: Edges along x and along y
ONE_DIMENSION = "x"
SERIES = (ONE_DIMENSION, *GRIDS)  #: The three series of labels that are learned


def n_labels_of(series: str) -> int:
    """Return the number of labels of one of ``SERIES``."""
    return len(CENTRES) if series == ONE_DIMENSION else (len(GRIDS[series]) - 1) ** 2


def labels_of(series: str, x: ArrayLike, y: ArrayLike) -> NDArray[np.unsignedinteger]:
    """Label positions in the plane for one of ``SERIES``, shape (frames,)."""
    if series == ONE_DIMENSION:
        return nearest_state(x, centres=CENTRES)
    return joint_labels(x, y, GRIDS[series])


def states_of(series: str, labels: ArrayLike) -> NDArray[np.unsignedinteger]:
    """Reduce the labels of one of ``SERIES`` to A, B and C along x, as 0, 1 and 2."""
    if series == ONE_DIMENSION:
        return np.asarray(labels)
    return along_x(labels, GRIDS[series])


def joint_labels(x: ArrayLike, y: ArrayLike, edges: Sequence[float]) -> NDArray[np.uint8]:
    """Label x and y by the cells of a grid, column by column: label = bins × column + row.

    Parameters
    ----------
    x, y : array_like, shape (frames,)
    edges : sequence of float
        Of the bins along either axis. Values outside belong to the outer bins.

    Returns
    -------
    ndarray of uint8, shape (frames,)
    """
    column, row = (with_edges(values, edges, outside="clip") for values in (x, y))
    return ((len(edges) - 1) * column + row).astype(np.uint8)


def along_x(joint: ArrayLike, edges: Sequence[float]) -> NDArray[np.unsignedinteger]:
    """Reduce joint labels to A, B and C along x, as 0, 1 and 2; any shape."""
    column_centres = bin_centres(edges)
    return nearest_state(column_centres, CENTRES)[np.asarray(joint) // column_centres.size]
