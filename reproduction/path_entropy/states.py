"""Four processes of three labels with a known path entropy, on which T1 and T2 are tested.

Like the labels of a molecule, they stay in a state for a while. They differ in their memory. The
Markov chain remembers the last label. The second-order chain remembers two: a state that was just
entered is likely to be left again, as after a barrier crossing. The hidden Markov process has an
unlimited memory, because noise hides its state. The semi-Markov process has a clock, because its
stays have a typical length.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from lstm_md.analysis.markov_models import HiddenMarkovModel
from reproduction.path_entropy.entropy import markov_entropy_rate, semi_markov_entropy_rate
from reproduction.path_entropy.processes import (
    markov_process,
    second_order_process,
    semi_markov_process,
)

Array = NDArray[np.float64]

MARKOV_MATRIX = np.array([[0.90, 0.08, 0.02], [0.06, 0.88, 0.06], [0.02, 0.08, 0.90]])
HIDDEN_MATRIX = np.array([[0.97, 0.02, 0.01], [0.015, 0.97, 0.015], [0.01, 0.02, 0.97]])
OUTPUTS = np.array([[0.92, 0.06, 0.02], [0.06, 0.88, 0.06], [0.02, 0.06, 0.92]])
JUMPS = np.array([[0.0, 0.8, 0.2], [0.5, 0.0, 0.5], [0.2, 0.8, 0.0]])
STAY_AGAIN = (0.95, 0.92, 0.95)  # after two frames in a state: the probability of a third
JUST_ENTERED = (0.55, 0.35, 0.10)  # after one frame: to stay, to go back, to go on
MEAN_STAYS, SHAPE, LONGEST = (12.0, 6.0, 16.0), 4.0, 60  # frames; of negative binomials

TITLES = {
    "markov": "Markov chain",
    "second_order": "second-order chain",
    "hidden_markov": "hidden Markov process",
    "semi_markov": "semi-Markov process",
}  #: The four processes by name


def second_order_tensor() -> Array:
    """Return the probabilities of the next label after the last two, shape (3, 3, 3)."""
    tensor = np.empty((3, 3, 3))
    for before in range(3):
        for now in range(3):
            if before == now:
                tensor[before, now] = (1 - STAY_AGAIN[now]) * JUMPS[now]
                tensor[before, now, now] = STAY_AGAIN[now]
            else:
                onwards = 3 - before - now
                tensor[before, now, [now, before, onwards]] = JUST_ENTERED
    return tensor


def stay_lengths() -> Array:
    """Return the probabilities of the length of a stay, shape (3, 60), from one frame on."""
    frames_after_first = np.arange(LONGEST)
    rows = [
        stats.nbinom.pmf(frames_after_first, SHAPE, SHAPE / (SHAPE + mean - 1))
        for mean in MEAN_STAYS
    ]
    return np.array([row / row.sum() for row in rows])


@cache
def known_process(name: str) -> HiddenMarkovModel:
    """Return a process by its name.

    Parameters
    ----------
    name : str
        A key of ``TITLES``.

    Raises
    ------
    KeyError
        If there is no such process.
    """
    make = {
        "markov": lambda: markov_process(MARKOV_MATRIX),
        "second_order": lambda: second_order_process(second_order_tensor()),
        "hidden_markov": lambda: HiddenMarkovModel(HIDDEN_MATRIX, OUTPUTS),
        "semi_markov": lambda: semi_markov_process(JUMPS, stay_lengths()),
    }
    return make[name]()


def closed_form_rate(name: str) -> float | None:
    """Return the entropy rate of a process in nats per label, if it has a closed form.

    There is none for the hidden Markov process.
    """
    if name == "semi_markov":
        return semi_markov_entropy_rate(JUMPS, stay_lengths())
    if name == "hidden_markov":
        return None
    # A second-order chain is a first-order chain of pairs, and its labels reveal every pair.
    return markov_entropy_rate(known_process(name).transition_matrix)
