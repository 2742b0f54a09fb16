"""The Markov models that the LSTM is held against: which there are, how each learns and writes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lstm_md.analysis.markov import simulate_markov_chain
from lstm_md.analysis.markov_models import ACCURACY, fit_hmm, fit_msm, simulate_hmm
from reproduction.riboswitch.states import LABELS, MS
from reproduction.rivals.higher_order import (
    fit_higher_order_chain,
    fit_semi_markov,
    mean_loss,
    simulate_higher_order_chain,
    simulate_semi_markov,
)
from reproduction.rivals.losses import hmm_loss, msm_loss
from reproduction.rivals.mean_chain import fit_mean_chain, mean_chain_loss, simulate_mean_chain

Labels = NDArray[np.unsignedinteger]


@dataclass(frozen=True)
class Rival:
    """What has to be told of a Markov model to fit it to labels.

    Parameters
    ----------
    kind : {"msm", "hmm", "higher_order", "semi_markov", "mean"}
        A Markov state model, a hidden Markov model; a chain of higher order, a semi-Markov chain
        of the labels, a chain that sees a mean over the past.
    lag_frames : int
        1 for a model that sees each frame.
    size : int
        Hidden states of "hmm", order of "higher_order", window in frames of "mean".
    stride, accuracy
        Of :func:`lstm_md.analysis.markov_models.fit_hmm`.
    """

    kind: Literal["msm", "hmm", "higher_order", "semi_markov", "mean"]
    lag_frames: int = 1
    size: int = 0
    stride: int | Literal["effective"] = "effective"
    accuracy: float = ACCURACY

    @property
    def name(self) -> str:
        """As it is called in file names and tables of numbers."""
        every = "-stride-1" if self.stride == 1 else ""
        return {
            "msm": f"msm-{self.lag_frames:03d}",
            "hmm": f"hmm-{self.size:02d}-{self.lag_frames:03d}{every}",
            "higher_order": f"order-{self.size}",
            "semi_markov": "semi-markov",
            "mean": f"mean-{self.size:02d}",
        }[self.kind]

    @property
    def title(self) -> str:
        """As it is called in a sentence."""
        lag = f"lag {self.lag_frames * MS:g} ms"
        every = ", stride 1" if self.stride == 1 else ""
        return {
            "msm": f"Markov state model, {lag}",
            "hmm": f"hidden Markov model, {self.size} states, {lag}{every}",
            "higher_order": f"chain of order {self.size}",
            "semi_markov": "semi-Markov chain",
            "mean": f"chain with a mean over {self.size * MS:g} ms",
        }[self.kind]


class Fitted(NamedTuple):
    """A model that has learned.

    Attributes
    ----------
    write : callable
        Takes a number of steps and a seed, and returns labels, shape (steps,), a lag apart.
    timescales : ndarray
        In frames, the slowest first; empty for a model that has none.
    loss : callable or None
        Takes labels (chains, frames) and returns nats a label; None for a model that does not see
        each frame, or gives no probability to what it has not seen.
    """

    write: Callable[[int, int], Labels]
    timescales: NDArray[np.float64]
    loss: Callable[[Labels], float] | None


def fit(rival: Rival, learned: Labels) -> Fitted:
    """Fit one of the models.

    Parameters
    ----------
    rival : Rival
    learned : ndarray of int, shape (chains, frames)
        Of the 34 labels.
    """
    return _FITS[rival.kind](rival, learned)


def _msm(rival: Rival, learned: Labels) -> Fitted:
    model = fit_msm(learned, rival.lag_frames, n_labels=LABELS)

    def write(steps: int, seed: int) -> Labels:
        return simulate_markov_chain(model.transition_matrix, steps, seed=seed)

    loss = partial(msm_loss, model) if rival.lag_frames == 1 else None
    return Fitted(write, model.timescales, loss)


def _hmm(rival: Rival, learned: Labels) -> Fitted:
    model = fit_hmm(
        learned,
        rival.size,
        rival.lag_frames,
        n_labels=LABELS,
        stride=rival.stride,
        accuracy=rival.accuracy,
    )
    loss = partial(hmm_loss, model) if rival.lag_frames == 1 else None
    return Fitted(lambda steps, seed: simulate_hmm(model, steps, seed=seed), model.timescales, loss)


def _higher_order(rival: Rival, learned: Labels) -> Fitted:
    model = fit_higher_order_chain(learned, rival.size, LABELS)
    return Fitted(
        lambda steps, seed: simulate_higher_order_chain(model, steps, seed=seed),
        np.empty(0),
        partial(mean_loss, model),
    )


def _semi_markov(rival: Rival, learned: Labels) -> Fitted:
    # Of the labels, not of the three states: it has to write what the others write. Stays of a
    # length that the record does not hold have no probability, so that there is no loss.
    model = fit_semi_markov(learned, LABELS)
    return Fitted(
        lambda steps, seed: simulate_semi_markov(model, steps, seed=seed), np.empty(0), None
    )


def _mean(rival: Rival, learned: Labels) -> Fitted:
    model = fit_mean_chain(learned, float(rival.size), LABELS)
    return Fitted(
        lambda steps, seed: simulate_mean_chain(model, steps, seed=seed),
        np.empty(0),
        partial(mean_chain_loss, model),
    )


_FITS: dict[str, Callable[[Rival, Labels], Fitted]] = {
    "msm": _msm,
    "hmm": _hmm,
    "higher_order": _higher_order,
    "semi_markov": _semi_markov,
    "mean": _mean,
}
