"""The Markov models that are compared with the LSTM, and how each is fitted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from lstm_md.analysis.markov_models import ACCURACY, fit_hmm, fit_msm
from reproduction.common.higher_order import fit_higher_order_chain
from reproduction.riboswitch.states import MS, N_LABELS
from reproduction.rivals.mean_chain import fit_mean_chain
from reproduction.rivals.semi_markov import fit_semi_markov_chain

Labels = NDArray[np.unsignedinteger]


@dataclass(frozen=True)
class Rival:
    """A kind of Markov model with its settings.

    Parameters
    ----------
    kind : {"msm", "hmm", "higher_order", "semi_markov", "mean"}
        A Markov state model, a hidden Markov model, a chain of higher order, a semi-Markov chain
        of the labels, or a chain that sees a mean over the past.
    lag_frames : int
        1 for a model that sees every frame.
    size : int
        Hidden states of "hmm", order of "higher_order", window in frames of "mean".
    stride, accuracy
        As in :func:`lstm_md.analysis.markov_models.fit_hmm`.
    """

    kind: Literal["msm", "hmm", "higher_order", "semi_markov", "mean"]
    lag_frames: int = 1
    size: int = 0
    stride: int | Literal["effective"] = "effective"
    accuracy: float = ACCURACY

    @property
    def name(self) -> str:
        """The name in file names and tables of numbers."""
        stride = "-stride-1" if self.stride == 1 else ""
        return {
            "msm": f"msm-{self.lag_frames:03d}",
            "hmm": f"hmm-{self.size:02d}-{self.lag_frames:03d}{stride}",
            "higher_order": f"order-{self.size}",
            "semi_markov": "semi-markov",
            "mean": f"mean-{self.size:02d}",
        }[self.kind]

    @property
    def title(self) -> str:
        """The name in a sentence."""
        lag = f"lag {self.lag_frames * MS:g} ms"
        stride = ", stride 1" if self.stride == 1 else ""
        return {
            "msm": f"Markov state model, {lag}",
            "hmm": f"hidden Markov model, {self.size} states, {lag}{stride}",
            "higher_order": f"chain of order {self.size}",
            "semi_markov": "semi-Markov chain",
            "mean": f"chain with a mean over {self.size * MS:g} ms",
        }[self.kind]

    @property
    def is_compared_by_loss(self) -> bool:
        """Whether its loss is compared with the LSTM's.

        A model at a lag above one frame does not see every frame. The semi-Markov chain gives the
        probability 0 to a length that did not occur, so its loss depends on the ε that replaces
        this 0; see :meth:`reproduction.rivals.semi_markov.SemiMarkovChain.loss`.
        """
        return self.lag_frames == 1 and self.kind != "semi_markov"


_FITS: dict[str, Callable[[Rival, Labels], Any]] = {
    "msm": lambda rival, labels: fit_msm(labels, rival.lag_frames, n_labels=N_LABELS),
    "hmm": lambda rival, labels: fit_hmm(
        labels,
        rival.size,
        rival.lag_frames,
        n_labels=N_LABELS,
        stride=rival.stride,
        accuracy=rival.accuracy,
    ),
    "higher_order": lambda rival, labels: fit_higher_order_chain(
        labels, rival.size, n_labels=N_LABELS
    ),
    # Of the labels and not of the three states, so that it generates what the others generate
    "semi_markov": lambda rival, labels: fit_semi_markov_chain(labels, n_labels=N_LABELS),
    "mean": lambda rival, labels: fit_mean_chain(labels, float(rival.size), n_labels=N_LABELS),
}


def fit(rival: Rival, labels: Labels) -> Any:
    """Fit one of the models.

    Parameters
    ----------
    rival : Rival
    labels : ndarray of int, shape (chains, frames)
        The training data, in the 34 labels.

    Returns
    -------
    model
        It has ``simulate(n_frames, seed=...)``. It also has ``loss(labels)``, which works only at
        a lag of one frame.
    """
    return _FITS[rival.kind](rival, labels)
