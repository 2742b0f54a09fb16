"""A made-up process of two states, and records of models that are slow or fast."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np

from lstm_md.analysis.kinetics import transition_counts
from lstm_md.analysis.markov import MarkovModel
from reproduction.calibration.case import off_diagonal

FRAMES = 2_000
SLOW = np.array([[0.98, 0.02], [0.01, 0.99]])
SETTINGS = {"potential": "two_state", "running_mean": 1}


def simulate(rate, n_frames, seed):
    matrix = np.eye(2) + rate * (SLOW - np.eye(2))
    return MarkovModel(matrix).simulate(n_frames, seed=seed)


def count(labels, adjacent=False):
    """Count at 1 and 5 frames. Of a third state, only its short stays matter."""
    found = transition_counts(labels, [1, 5], n_labels=3, adjacent=adjacent)
    return off_diagonal(found[:, :2, :2])


def record(rate, n_trainings=5):
    generated = [simulate(rate, 40_000, 20 + k).reshape(2, -1) for k in range(n_trainings)]
    random = np.random.default_rng(3)
    return SimpleNamespace(
        name="made",
        folder=Path("made"),
        settings=SETTINGS,
        data=simulate(1.0, 40_000, 1),
        generated=generated,
        controls={"untrained": random.integers(2, size=(5, 20_000), dtype=np.uint8)},
    )
