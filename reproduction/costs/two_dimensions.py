"""One coordinate or two: networks learn the same trajectory from x, or from x and y (C4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lstm_md.analysis.kinetics import transition_counts
from lstm_md.analysis.uncertainty import Estimate, by_segments, over_trainings
from lstm_md.generation import generate
from lstm_md.judging.controls import standard_controls
from lstm_md.judging.criteria import Outcome, combine, curves_agree
from lstm_md.model import language_model
from lstm_md.systems import langevin, potentials
from lstm_md.training import train
from reproduction.common.commit_times import logarithmic_commit_times
from reproduction.common.estimates import MODEL
from reproduction.costs.criteria import epochs_to_converge, is_learned_as_easily
from reproduction.costs.states import (
    GRIDS,
    ONE_DIMENSION,
    SERIES,
    labels_of,
    n_labels_of,
    states_of,
)

EMBEDDING_DIM, UNITS = 8, 64  # the paper's for three labels
N_SEGMENTS = 20
COMMIT_TIMES = logarithmic_commit_times(200)


def one_and_two_dimensions(
    *, n_frames: int = 200_000, n_trainings: int = 5, epochs: int = 20, seed: int = 1
) -> dict[str, Any]:
    """Learn the triangular potential from x and from x and y, and count what is generated.

    The trainings on the three series of labels take turns. Each has its controls: an untrained
    network, shuffled labels, and a first-order Markov chain.

    Parameters
    ----------
    n_frames : int
        Of the training data, and of each generated trajectory.
    n_trainings, epochs : int
        Trainings on each series, and epochs of each.
    seed : int

    Returns
    -------
    dict
        ``commit_times`` and ``segments``. ``data``, ``error``: mean transition counts per segment
        along x and their standard errors, shape (commit times, 3, 3). ``counts``: the same of
        every training, by series and by what generated it. ``seconds``, ``validation_loss``: by
        series, shape (n_trainings, epochs).
    """
    positions = langevin.simulate(potentials.triangular_three_state, n_frames=n_frames, seed=seed)
    labels = {series: labels_of(series, positions.x, positions.y) for series in SERIES}
    counts: dict[str, dict[str, list]] = {series: {} for series in SERIES}
    seconds: dict[str, list[list[float]]] = {series: [] for series in SERIES}
    losses: dict[str, list[list[float]]] = {series: [] for series in SERIES}
    for number in range(n_trainings):
        for series in SERIES:
            own_seed = 100 * seed + number
            generated, history = _train_and_generate(series, labels[series], epochs, own_seed)
            seconds[series].append(list(history.seconds))
            losses[series].append(list(history.validation_loss))
            for name, trajectory in generated.items():
                found = _counts(states_of(series, trajectory)).value.tolist()
                counts[series].setdefault(name, []).append(found)
    data = _counts(labels[ONE_DIMENSION])
    return {
        "commit_times": list(COMMIT_TIMES),
        "segments": N_SEGMENTS,
        "data": data.value.tolist(),
        "error": data.error.tolist(),
        "counts": counts,
        "seconds": seconds,
        "validation_loss": losses,
    }


class DimensionEstimates:
    """Transition counts and times of what :func:`one_and_two_dimensions` measured.

    Parameters
    ----------
    measured : mapping
        What that function returned.

    Attributes
    ----------
    commit_times : list of int
        In frames.
    data : Estimate of shape (commit times, 3, 3)
        Transition counts of the training data along x, with errors over segments.
    validation_loss : dict of str to ndarray, shape (trainings, epochs)
        By series.
    """

    def __init__(self, measured: Mapping[str, Any]) -> None:
        self.measured = measured
        self.commit_times = list(measured["commit_times"])
        self.data = Estimate(measured["data"], measured["error"], measured["segments"])
        self.validation_loss = {
            series: np.array(losses) for series, losses in measured["validation_loss"].items()
        }

    def counts(self, series: str, name: str = MODEL) -> Estimate:
        """Estimate transition counts along x, with errors over trainings.

        Parameters
        ----------
        series : str
            "x" or a grid.
        name : str
            What generated the labels: "LSTM" or a control.
        """
        return over_trainings(np.array(self.measured["counts"][series][name]))

    def counts_agree(self, series: str, name: str = MODEL) -> Outcome:
        """Test whether transition counts along x agree with the training data."""
        return curves_agree(self.counts(series, name), self.data)

    def time_ratio(self, grid: str) -> float:
        """Return the time until a training converges on a grid, over that on x alone.

        It is the median over the trainings.
        """
        return float(np.median(self._times(grid) / self._times(ONE_DIMENSION)))

    def outcomes(self) -> dict[str, Outcome]:
        """Test C4 for the LSTM, and for each control with the LSTM's times."""
        return {
            name: combine(
                {
                    grid: is_learned_as_easily(self.time_ratio(grid), self.counts_agree(grid, name))
                    for grid in GRIDS
                }
            )
            for name in self.measured["counts"][ONE_DIMENSION]
        }

    def _times(self, series: str) -> NDArray[np.float64]:
        """Seconds until the validation loss has converged, shape (trainings,)."""
        seconds_per_epoch = np.median(self.measured["seconds"][series], axis=1)
        epochs = [epochs_to_converge(losses) for losses in self.validation_loss[series]]
        return seconds_per_epoch * epochs


def _train_and_generate(
    series: str, labels: NDArray, epochs: int, seed: int
) -> tuple[dict[str, NDArray], Any]:
    """Train a network on one series; return what it and the controls generate, and its history."""
    n_labels, prompt = n_labels_of(series), labels[:1000]
    network = language_model(n_labels, EMBEDDING_DIM, UNITS, seed=seed)
    untrained = generate(network, prompt, labels.size, seed=seed, progress=False)
    controls = standard_controls(
        labels, n_labels=n_labels, n_copies=1, seed=seed, untrained=[untrained]
    )
    history = train(network, labels, epochs=epochs, seed=seed, progress=False)
    generated = {MODEL: generate(network, prompt, labels.size, seed=seed, progress=False)}
    return generated | {name: copies[0] for name, copies in controls.items()}, history


def _counts(labels: NDArray) -> Estimate:
    return by_segments(
        lambda segment: transition_counts(segment, COMMIT_TIMES, n_labels=3), labels, N_SEGMENTS
    )
