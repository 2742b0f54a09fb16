"""The labels of a model potential: the settings that prepare them, and the two filters."""

from __future__ import annotations

import numpy as np
import pytest

import lstm_md as lm
from reproduction.potentials.states import labels_along

# The preparations of the authors' code: potential, centres, running mean, limit of the filter.
AUTHORS = [
    ("four_state", (2.0, 0.5, -0.5, -2.0), 50, 100),
    ("linear_three_state", (1.5, 0.0, -1.5), 20, 20),
]
FRAMES = 50_000


@pytest.mark.parametrize("potential, centres, window, limit", AUTHORS)
def test_labels_are_made_step_by_step_as_the_authors_make_them(potential, centres, window, limit):
    system = getattr(lm.potentials, potential)
    x = lm.langevin.simulate(system, FRAMES + window - 1, seed=3).x
    unfiltered = lm.nearest_state(lm.running_mean(x, window), centres)
    settings = (potential, FRAMES, 3, centres, window, limit)
    divided = labels_along(*settings, short_stays="divided")
    removed = labels_along(*settings)
    assert divided.shape == (FRAMES,)
    assert np.array_equal(divided, lm.divide_short_stays(unfiltered, limit))
    assert np.array_equal(removed, lm.remove_short_excursions(unfiltered, limit))
    few = (potential, 1_000, *settings[2:])
    assert np.array_equal(labels_along(*few), labels_along(*few, 0.0, "removed"))
    # Short stays survive the division, and not the removal.
    before, after, long = (lm.stays_of(labels).length for labels in (unfiltered, divided, removed))
    assert before.size > after.size > long.size
    assert 0 < (after < limit).sum() < (before < limit).sum() / 2
    assert long.min() >= limit
