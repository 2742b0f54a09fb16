"""Which directions of the plane are judged, and the states of a simulation in the plane itself."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lstm_md.labels import nearest_state, remove_short_excursions, running_mean
from lstm_md.systems import langevin, potentials

ROTATED = 30.0
"""Degrees, chosen from the minima before any training. B and C of the triangular potential, which
x separates, lie at −0.50 and −0.55 along this direction. A and B of the four-state potential share
a label as well, and so do C and D. The states of the linear potential are further apart than
along x."""

RECORDS = {
    "linear": ("linear", "linear_y", "linear_30"),
    "triangular": ("triangular", "triangular_y", "triangular_30"),
    "four_state": ("four_state", "four_state_y", "four_state_30"),
}
"""The records along x, along y and along the rotated direction, by potential."""


def states_in_the_plane(
    potential: str, n_frames: int, seed: int, running_mean_frames: int = 1, shortest_stay: int = 1
) -> NDArray[np.unsignedinteger]:
    """Simulate, and give each frame the state whose minimum is nearest in the plane.

    The simulation and its preparation are those of
    :func:`reproduction.potentials.states.labels_along`.
    """
    system = getattr(potentials, potential)
    trajectory = langevin.simulate(system, n_frames + running_mean_frames - 1, seed=seed)
    positions = np.column_stack([trajectory.x, trajectory.y])
    smooth = running_mean(positions, running_mean_frames, axis=0)
    return remove_short_excursions(nearest_state(smooth, system.minima), shortest_stay)
