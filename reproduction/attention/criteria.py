"""The rules of this study. They were written down before the run that they judge.

**Quantities.** The *rate* of labels is the slowest relaxation rate −ln λ₂ / lag of the transition
matrix of their states, at a lag of 180 frames (triangular potential), 30 (linear potential), 200
(dipeptide) or 100 (trap). For the semi-Markov chain it is the rate at which A is left. The *bias*
of a network is ln(rate of what it generated / rate of the labels that it learned). Both rates are
estimated in the same way. So the chance of the data cancels, and so do faults of the estimate. The
*loss* is that of 50,000 unseen labels, read as in generation. The *gain* of memory is the loss of a
first-order Markov chain minus that of the LSTM, on average over the data sets of a system.

**Data.** Each question has eight data sets with one network for each arm. The arms of one question
learn the same simulation, so that they can be compared in pairs. Potentials, traps and semi-Markov
chains are simulated anew. *Of the dipeptide no new simulation was made*: its eight data sets are
pieces of 50 ns of the two recorded simulations, and the unseen labels are those of the next piece.
*Of the riboswitch there is one record only*: its place is taken by simulated optical traps.

**Terms.** All networks take about 400 steps of 6,400 labels. So the answers hold for this much
training, and do not say what a transformer can do with more. An LSTM of 64 units and a transformer
of nearly as many parameters see the same sequences of 100 labels in the same order, with Adam and
the same decreasing schedule. Each takes one of three learning rates: that with the lowest loss on
labels of a simulation that is not used again. LSTMs are warmed up with the 100 frames before a
sequence; for a transformer, a sequence begins with nothing.

A *difference* between arms is judged by the rule of :mod:`reproduction.fresh_sets.paired`: the test
by sign flips, corrected for the number of arms (5 %), and the margin of 1.25 for rates.

**X1a, time resolution.** Of one simulation of 600,000 frames, every frame is saved, or every 3rd,
10th or 30th. *Holds* (it decides): for at least one, the bias differs significantly from that of
all frames, and on average by more than the margin. *Does not hold*: the 90 % intervals of all
differences (Student's t) lie inside the margin. *Undecided*: otherwise.

**X1b, partition.** The same rule. The raw labels are compared with four others: smoothed by a
running mean of 20 frames, smoothed and filtered as by the authors, 20 bins of x, and 6 × 6 bins of
x and y.

**X1c, recrossings.** Stays below 30 frames are removed from the raw labels before the training. The
*error* is the bias without its sign. *Holds* (it helps): the error of the LSTM becomes smaller,
significantly and on average by more than ln 1.25. *Does not hold*: the upper end of the 90 %
interval of the reduction is below ln 1.25. *Undecided*: otherwise. The control is a Markov model
with a lag of one frame: for it, the removal must help by the same rule. If it does not, the rule
shows nothing, and the claim is undecided.

**X1d, a fast label.** Each raw label gets a second, independent label of eight values that is drawn
anew in each frame. The loss of the slow label is that of the probabilities summed over the fast
ones. *Holds*: the 90 % interval of the change of this loss lies within ±10 % of the gain, and the
bias changes significantly and by more than the margin. *Does not hold*: the 90 % interval of the
change of the bias lies inside the margin, or that of the loss lies outside ±10 % as a whole.
*Undecided*: otherwise.

**X1e, transformer and LSTM.** For five systems, two numbers are compared: the loss, in units of the
gain, and the error of the rate. The sign flips are corrected for all ten comparisons. *Better*: the
transformer's loss is lower significantly and by more than 10 % of the gain, or its error is smaller
significantly and by more than ln 1.25, for at least one system. *The claim, that it is not better,
does not hold* then. *Holds*: for all systems, the 90 % intervals exclude that the loss is lower by
10 % of the gain, and that the error is smaller by ln 1.25. *Undecided*: otherwise. Where the
transformer is *worse* by the same rule is said with the verdict.

**X1f, initial state and window.** The rule of X1a for two numbers, the bias and the loss in units
of the gain, whose margin is 0.1. A model without any memory can have the right rate here, but not
the loss. The sign flips are corrected for all of them. The data are semi-Markov chains whose stays
in A (110 to 150 frames) are longer than a sequence. LSTMs whose sequences begin at zero, with a
carried state in the shuffled order, or with that of the preceding labels, and LSTMs with sequences
of 50 and 200 labels are compared with warmed-up ones of 100. Transformers with a context of 50 and
of 200 labels are compared with those of 100.

**Calibration.** Of each rule, the share of data sets by chance that give each outcome is given with
the verdict: normal deviations with the measured scatter, without an effect and with an effect. In
eight data sets a test by sign flips has 128 flips, so the smallest possible p is 0.8 %.

**Pilot.** One network each, with seeds that are not used again (5 to 7, 700, 701, 777 and 7777),
chose the lag, the lengths, and the potential: of the potentials, the triangular one with raw labels
has the most recrossings that a Markov model at one frame takes for transitions (its slowest time is
60 frames then, and about 670 at 180 frames). At 600 steps on 200,000 frames, transformers had
losses of 0.087 (rates 0.003 and 0.01) and LSTMs of 0.084 (0.02 and 0.04); on the semi-Markov chain,
rates of 0.001 and 0.003 had 0.0505 and 0.0499 (the best possible loss is 0.0413). At 450 steps,
LSTMs with every, every 10th and every 30th frame, and with a fast label, had 1.01, 0.99, 1.00 and
0.97 times the rate of their data. On the semi-Markov chain, a warmed-up LSTM had 0.96 times the
rate, and one that begins at zero 0.05 times. On a simulated trap, the losses were 2.246 (LSTM) and
2.260 (transformer), and that of a Markov chain 2.305. So X1a and X1d are expected not to hold for
an LSTM of this kind, and the initial state of X1f is expected to decide. The pilot judged no claim.

**After the run.** The transformer took the highest rate that was tried on all systems, and the LSTM
on both potentials. So the rule (:func:`reproduction.attention.run.choose_rates`) was called again
with 0.02 and 0.04 for the transformer, and 0.08 for the LSTM. The losses of the transformer at 0.01
(chosen), 0.02 and 0.04 were 0.0875, 0.0879, 0.0920 (triangular); 0.2021, 0.2067, 0.2080 (linear);
1.5293, 1.5396, 1.5724 (dipeptide); 2.2521, 2.2514, 2.2623 (trap); 0.0499, 0.0512, 0.0522
(semi-Markov). Those of the LSTM at the chosen rate and at 0.08 were 0.0853, 0.0955 (triangular);
0.1945, 0.1946 (linear). No answer uses these numbers.

The questions come from Zeng, Cao, Huang and Yao (arXiv 2107.06573, 2021), Zeng, Zhang and Yao
(arXiv 2507.02734, 2025) and Bera and Mondal (Chemical Science 2025, doi 10.1039/D5SC00108K). They
used other systems and other networks.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lstm_md.judging.decision import DOES_NOT_HOLD, HOLDS, MARGIN, UNDECIDED
from lstm_md.judging.paired import sign_flip_p_values
from reproduction.common.sets import half_width

LEVEL = 0.05
LOG_MARGIN = float(np.log(MARGIN))
GAIN_MARGIN = 0.1  # of the gain of memory: X1d, X1e
BETTER, WORSE, NO_DIFFERENCE = "better", "worse", "no difference is shown"
N_DRAWS = 1000  # of a calibration

Array = NDArray[np.float64]


class Differences(NamedTuple):
    """Paired differences: mean, 90 % interval and corrected p-value, each of shape (arms,)."""

    mean: Array
    low: Array
    high: Array
    p_values: Array


def differences(values: ArrayLike) -> Differences:
    """Describe paired differences, shape (data sets, arms)."""
    array = np.asarray(values, np.float64)
    mean, half = array.mean(axis=0), half_width(array)
    return Differences(mean, mean - half, mean + half, sign_flip_p_values(array))


def decides(values: ArrayLike, margins: ArrayLike = LOG_MARGIN) -> str:
    """X1a, X1b, X1f: does an arm change anything?

    Parameters
    ----------
    values : array_like, shape (data sets, arms)
        Differences of the bias, or of the loss in units of the gain.
    margins : array_like, shape (arms,)
        What counts as equal.
    """
    found, margin = differences(values), np.asarray(margins, np.float64)
    if ((found.p_values <= LEVEL) & (np.abs(found.mean) > margin)).any():
        return HOLDS
    inside = (found.low > -margin) & (found.high < margin)
    return DOES_NOT_HOLD if inside.all() else UNDECIDED


def helps(before: ArrayLike, after: ArrayLike) -> str:
    """X1c: does the error become smaller? Errors without sign, each of shape (data sets,)."""
    found = differences((np.asarray(before) - np.asarray(after))[:, None])
    if found.p_values[0] <= LEVEL and found.mean[0] > LOG_MARGIN:
        return HOLDS
    return DOES_NOT_HOLD if found.high[0] < LOG_MARGIN else UNDECIDED


def recrossings(network: str, control: str) -> str:
    """X1c: the outcome for the LSTM counts only if the control is helped."""
    return network if control == HOLDS else UNDECIDED


def fast_label(losses: ArrayLike, biases: ArrayLike) -> str:
    """X1d: does the rate move although the loss does not?

    Parameters
    ----------
    losses, biases : array_like, shape (data sets,)
        Change of the loss, in units of the gain, and of the bias.
    """
    loss = differences(np.asarray(losses)[:, None])
    moved = decides(np.asarray(biases)[:, None])
    stays = loss.low[0] > -GAIN_MARGIN and loss.high[0] < GAIN_MARGIN
    changes = loss.low[0] > GAIN_MARGIN or loss.high[0] < -GAIN_MARGIN
    if moved == DOES_NOT_HOLD or changes:
        return DOES_NOT_HOLD
    return HOLDS if stays and moved == HOLDS else UNDECIDED


def compare(losses: ArrayLike, errors: ArrayLike) -> tuple[str, dict[str, list[str]], Differences]:
    """X1e: is the transformer not better anywhere?

    Parameters
    ----------
    losses, errors : array_like, shape (data sets, systems)
        Transformer minus LSTM: the loss in units of the gain, and the error of the rate.

    Returns
    -------
    outcome : str
    found : dict of str to list of str
        ``loss`` and ``rate``: better, worse or no difference, for each system.
    both : Differences
        Of all losses, and then of all errors.
    """
    loss, error = np.asarray(losses, np.float64), np.asarray(errors, np.float64)
    n = loss.shape[1]
    margin = np.repeat([GAIN_MARGIN, LOG_MARGIN], n)
    both = differences(np.concatenate([loss, error], axis=1))
    sure = (both.p_values <= LEVEL) & (np.abs(both.mean) > margin)
    words = [
        (BETTER if mean < 0 else WORSE) if yes else NO_DIFFERENCE
        for mean, yes in zip(both.mean, sure, strict=True)
    ]
    if BETTER in words:
        outcome = DOES_NOT_HOLD
    else:
        outcome = HOLDS if (both.low > -margin).all() else UNDECIDED
    return outcome, {"loss": words[:n], "rate": words[n:]}, both


def calibrate_decides(
    scatter: ArrayLike, n_sets: int, factor: float = 1.0, margins: ArrayLike = LOG_MARGIN
) -> dict[str, float]:
    """How often :func:`decides` gives each outcome if one of the arms is off by a factor.

    Parameters
    ----------
    scatter : array_like, shape (arms,)
        Standard deviations of the differences.
    n_sets : int
    factor : float
        Of a rate. Where the margin is another one, the effect is as many margins large.
    margins : array_like, shape (arms,)
    """
    random, spread = np.random.default_rng(1), np.asarray(scatter, np.float64)
    effects = np.broadcast_to(np.log(factor) / LOG_MARGIN * np.asarray(margins), spread.shape)
    found = []
    for _ in range(N_DRAWS):
        values = spread * random.standard_normal((n_sets, len(spread)))
        arm = random.integers(len(spread))
        values[:, arm] += effects[arm]
        found.append(decides(values, margins))
    return _shares(found)


def calibrate_helps(scatter: float, n_sets: int, factor: float = 1.0) -> dict[str, float]:
    """How often :func:`helps` gives each outcome if the error falls by the log of a factor."""
    random = np.random.default_rng(2)
    zero = np.zeros(n_sets)
    return _shares(
        [
            helps(np.log(factor) + scatter * random.standard_normal(n_sets), zero)
            for _ in range(N_DRAWS)
        ]
    )


def calibrate_fast(
    loss_scatter: float, bias_scatter: float, n_sets: int, factor: float = 1.0
) -> dict[str, float]:
    """How often :func:`fast_label` gives each outcome if the rate is off and the loss is not."""
    random = np.random.default_rng(3)
    return _shares(
        [
            fast_label(
                loss_scatter * random.standard_normal(n_sets),
                np.log(factor) + bias_scatter * random.standard_normal(n_sets),
            )
            for _ in range(N_DRAWS)
        ]
    )


def calibrate_compare(
    loss_scatter: ArrayLike, error_scatter: ArrayLike, n_sets: int, gain: float = 0.0
) -> dict[str, float]:
    """How often :func:`compare` gives each outcome if one system's loss is lower.

    Parameters
    ----------
    loss_scatter, error_scatter : array_like, shape (systems,)
    gain : float
        By how much it is lower, in units of the gain of memory.
    """
    random = np.random.default_rng(4)
    spreads = np.asarray(loss_scatter, np.float64), np.asarray(error_scatter, np.float64)
    found = []
    for _ in range(N_DRAWS):
        losses, errors = (s * random.standard_normal((n_sets, len(s))) for s in spreads)
        losses[:, random.integers(losses.shape[1])] -= gain
        found.append(compare(losses, errors)[0])
    return _shares(found)


def _shares(found: list[str]) -> dict[str, float]:
    return {one: found.count(one) / len(found) for one in (HOLDS, DOES_NOT_HOLD, UNDECIDED)}
