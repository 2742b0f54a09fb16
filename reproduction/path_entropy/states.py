"""Four processes of three labels whose path entropy is known: what T1 and T2 are tried on.

Like the labels of a molecule they stay where they are for a while. Each has another memory: the
last label; the last two (a state just entered is likely to be left again, as after a crossing of
a barrier); an unlimited one, for what the noise of a detector hides; a clock, for stays that
have a typical length.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
from scipy import stats

from reproduction.path_entropy import entropy as path_entropy
from reproduction.path_entropy.processes import (
    Array,
    HiddenProcess,
    markov_process,
    second_order_process,
    semi_markov_process,
)

MATRIX = np.array([[0.90, 0.08, 0.02], [0.06, 0.88, 0.06], [0.02, 0.08, 0.90]])
HIDDEN = np.array([[0.97, 0.02, 0.01], [0.015, 0.97, 0.015], [0.01, 0.02, 0.97]])
SHOWN = np.array([[0.92, 0.06, 0.02], [0.06, 0.88, 0.06], [0.02, 0.06, 0.92]])
JUMPS = np.array([[0.0, 0.8, 0.2], [0.5, 0.0, 0.5], [0.2, 0.8, 0.0]])
HELD = (0.95, 0.92, 0.95)  # a label that has been held for two frames is held for a third
ENTERED = (0.55, 0.35, 0.10)  # a label just entered is held, left backwards, left onwards
MEAN_STAYS, SHAPE, LONGEST = (12.0, 6.0, 16.0), 4.0, 60  # frames; of negative binomials

TITLES = {
    "markov": "Markov chain",
    "second_order": "second-order chain",
    "hidden_markov": "hidden Markov process",
    "semi_markov": "semi-Markov process",
}


def last_two() -> Array:
    """Probabilities of the next label after the last two, shape (3, 3, 3)."""
    tensor = np.empty((3, 3, 3))
    for before in range(3):
        for now in range(3):
            if before == now:
                tensor[before, now] = (1 - HELD[now]) * JUMPS[now]
                tensor[before, now, now] = HELD[now]
            else:
                tensor[before, now, [now, before, 3 - before - now]] = ENTERED
    return tensor


def stays() -> Array:
    """Probabilities of the length of a stay, shape (3, 60), from one frame on."""
    before = np.arange(LONGEST)
    rows = [
        stats.nbinom.pmf(before, SHAPE, SHAPE / (SHAPE + mean - 1)) for mean in MEAN_STAYS
    ]  # fmt: skip
    return np.array([row / row.sum() for row in rows])


_MADE: dict[str, Callable[[], HiddenProcess]] = {
    "markov": lambda: markov_process(MATRIX),
    "second_order": lambda: second_order_process(last_two()),
    "hidden_markov": lambda: HiddenProcess(HIDDEN, SHOWN),
    "semi_markov": lambda: semi_markov_process(JUMPS, stays()),
}


@cache
def known(name: str) -> HiddenProcess:
    """A process by its name, a key of ``TITLES``."""
    return _MADE[name]()


def closed_rate(name: str) -> float | None:
    """Its entropy rate in closed form, nats a label; None for the hidden Markov process."""
    if name == "semi_markov":
        return path_entropy.semi_markov_entropy_rate(JUMPS, stays())
    if name == "hidden_markov":
        return None
    # A chain of second order is one of first order in its pairs, and hides nothing from them.
    return path_entropy.markov_entropy_rate(known(name).transitions)
