"""The rules of this study. They were written down before the runs that they judge.

A pilot with other seeds chose the settings: six simulations of four states, the three simulations
of 40 ns that vary the dipeptide's thermostat and constraints, and one data set of each double well.
It showed that the memory kernels fall to the noise within 10 steps (a step is 50 frames of four
states, and 1 ps of the dipeptide), so this is the memory of the qMSM and the lag of the Markov
state model, and the IGME is fitted from 10 to 20 steps. It showed that the noise of short data
makes an IGME without limits grow, so its rates are kept at 0 or above. It chose the epochs of a
tenth of four states and of the dipeptide (the validation loss still fell at the end); those of a
quarter and of all data of four states follow from the cost. It chose the two spacings of the double
well. Three ways to train the LSTM that regresses were tried on one data set: positions at a
constant rate of 0.005 with small batches, displacements at the same rate that falls to zero, and
displacements with the settings of the LSTM that samples labels. Their residuals were 0.1185, 0.1193
and 0.1209, that of the reservoir 0.1177, and the first way was taken because its residual is the
smallest. None of them had the right rate of transitions. It also showed that a Markov state model
with a long lag may save as much as models with memory, so X3f asks for that. It judged no claim.

**What is compared.** Each model predicts T(t), the probabilities to be in label j after a time t,
given label i, at four times beyond the memory: about a quarter, a half, one and two times the
slowest relaxation time. The error E of a prediction is the root mean square deviation from the
reference over all pairs and times, where row i has the weight of its population. The reference
counts all data of the system but the piece itself. The *saving* is S = (E of the counts / E of the
model)², with the T(t) that is counted in the same piece. An error falls as one over the square root
of the length, so S says how many times as much data the counts would need. S is averaged over the
pieces as ln S; its interval is 90 % by Student's t. A hidden Markov model that cannot be fitted,
because a label is missing or is never left, predicts the populations.

**X3a to X3d, saving.** For the LSTM, the hidden Markov model, the qMSM and the IGME, with a quarter
of the data. *Holds*: the interval of S lies above 1.25 on both systems. *Does not hold*: it lies
below 1.25 on one. *Undecided*: otherwise. Controls that must not hold: shuffled labels, and a
Markov chain at one step. A control that must hold: the counts in all of the data. If one of the
controls goes wrong on a system, the outcome there is undecided. The p-value of a sign-flip test,
the shares of the outcomes that the rule would give for true savings of 1, 1.25, 2 and 4 with the
measured scatter, and the results with a tenth are given.

**X3e, a quarter is enough.** On four states: S′ = (E of the counts in all data / E of the LSTM with
a quarter)². *Holds*: its interval lies above 1/1.25. *Does not hold*: it lies below. *Undecided*:
otherwise. The other models are given too. The counts in a quarter must not hold.

**X3f, memory saves more than a long lag.** With a quarter of the data, (E of the Markov state model
at the lag of 10 steps / E of the model)² for the four models, with intervals of 97.5 %, because
there are four. *Holds*: the interval of one model lies above 1.25 on both systems. *Does not hold*:
the intervals of all four lie below 1.25 on the same system. *Undecided*: otherwise.

**X3g, the slowest time scale.** −t / ln λ₂ of the predicted T(t) at the second of the four times,
over that of the reference; from a quarter of the data, for the LSTM. *Holds*: the interval of the
geometric mean lies between 1/1.25 and 1.25 on both systems. *Does not hold*: it lies outside on
one. *Undecided*: otherwise. The other models are given too. The Markov chain at one step must not
hold on four states.

**X3h, no noise, no transitions.** A reservoir with ridge regression, an LSTM that regresses, and an
LSTM that always takes the most probable label, generate from their own output. Ten data sets of a
double well, two spacings of the frames. The rate of transitions is compared with that of a long
simulation; none counts as half of one. *Holds*: the interval of the ratio lies below 0.1 for all
three models and both spacings. *Does not hold*: one lies above. *Undecided*: otherwise. The label
LSTM that samples must not hold.

**X3i, noise brings them back.** At the short spacing, normal noise of the size of the residual is
added to the prediction of the reservoir and of the LSTM that regresses. A model *is right* if the
interval of its rate lies between 1/1.25 and 1.25 and its histogram differs by less than 0.1 on
average (half the sum of the differences); it *is wrong* if the interval lies outside, or if the
histogram differs by more than 0.1 with its whole interval. *Holds*: both models are right. *Does
not hold*: one is wrong. *Undecided*: otherwise.

**X3j, the softmax does not need small steps.** At the long spacing, where the next position has two
peaks. *Holds*: the LSTM that samples labels is right, and both regressions with noise are wrong.
*Does not hold*: the LSTM that samples is wrong, or one of the regressions is right. *Undecided*:
otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lstm_md.judging.decision import CONFIDENCE, DOES_NOT_HOLD, HOLDS, MARGIN, UNDECIDED
from reproduction.common.sets import half_width

MEMORY_MODELS = ("lstm", "hmm", "qmsm", "igme")
STRICTER = 1 - (1 - CONFIDENCE) / len(MEMORY_MODELS)  #: X3f
FEW_TRANSITIONS = 0.1  #: X3h, of the rate of the simulation
MOST_DIFFERENCE = 0.1  #: X3i and X3j, of two histograms
TRUE_SAVINGS = (1.0, 1.25, 2.0, 4.0)  #: Of the power
RIGHT, WRONG = "right", "wrong"

Array = NDArray[np.float64]


class Interval(NamedTuple):
    """A mean over data sets and its interval by Student's t; of ratios, the geometric mean."""

    mean: float
    low: float
    high: float


def interval(values: ArrayLike, confidence: float = CONFIDENCE) -> Interval:
    """Return the interval of a mean over data sets, shape (sets,)."""
    array = np.asarray(values, np.float64)
    half = half_width(array, confidence)
    return Interval(float(array.mean()), float(array.mean() - half), float(array.mean() + half))


def ratio_interval(ratios: ArrayLike, confidence: float = CONFIDENCE) -> Interval:
    """Return the geometric mean of ratios over data sets and its interval, shape (sets,)."""
    return Interval(*(float(np.exp(end)) for end in interval(np.log(ratios), confidence)))


def above(found: Interval, limit: float) -> str:
    """X3a to X3e: does the interval lie above a limit?"""
    return HOLDS if found.low > limit else DOES_NOT_HOLD if found.high < limit else UNDECIDED


def below(found: Interval, limit: float) -> str:
    """X3h: does the interval lie below a limit?"""
    return HOLDS if found.high < limit else DOES_NOT_HOLD if found.low > limit else UNDECIDED


def within_margin(found: Interval) -> str:
    """X3g: does the interval lie between 1/1.25 and 1.25?"""
    if found.low > MARGIN or found.high < 1 / MARGIN:
        return DOES_NOT_HOLD
    return HOLDS if found.low > 1 / MARGIN and found.high < MARGIN else UNDECIDED


def controlled(outcome: str, must_hold: Sequence[str], must_not: Sequence[str]) -> str:
    """Return an outcome, or undecided if a control goes wrong."""
    wrong = any(one != HOLDS for one in must_hold) or HOLDS in must_not
    return UNDECIDED if wrong else outcome


def power(scatter: float, n_sets: int, n: int = 2000, seed: int = 1) -> dict[str, dict[str, float]]:
    """X3a to X3d: the share of each outcome for some true savings.

    Parameters
    ----------
    scatter : float
        Standard deviation of ln S between the data sets.
    n_sets : int
    """
    logs = scatter * np.random.default_rng(seed).standard_normal((n, n_sets))
    half = half_width(logs.T)
    found = {}
    for saving in TRUE_SAVINGS:
        distance = np.log(saving / MARGIN) + logs.mean(axis=1)
        holds, fails = float((distance > half).mean()), float((distance < -half).mean())
        found[f"{saving:g}"] = {
            HOLDS: holds, DOES_NOT_HOLD: fails, UNDECIDED: round(1 - holds - fails, 6)
        }  # fmt: skip
    return found


def memory_helps(intervals: Mapping[str, Mapping[str, Interval]]) -> str:
    """X3f, from the stricter intervals by system and model."""
    systems = list(intervals.values())
    if any(all(system[m].low > MARGIN for system in systems) for m in systems[0]):
        return HOLDS
    nowhere = any(all(one.high < MARGIN for one in system.values()) for system in systems)
    return DOES_NOT_HOLD if nowhere else UNDECIDED


def follows(rates: ArrayLike, differences: ArrayLike) -> str:
    """X3i and X3j: is a model right, wrong, or undecided?

    Parameters
    ----------
    rates : array_like, shape (sets,)
        Over that of the simulation.
    differences : array_like, shape (sets,)
        Half the sum of the differences of the histograms.
    """
    rate, shape = within_margin(ratio_interval(rates)), interval(differences)
    if rate == DOES_NOT_HOLD or shape.low > MOST_DIFFERENCE:
        return WRONG
    return RIGHT if rate == HOLDS and shape.mean < MOST_DIFFERENCE else UNDECIDED


def noise_is_enough(models: Sequence[str]) -> str:
    """X3i, from what :func:`follows` says of both regressions."""
    if WRONG in models:
        return DOES_NOT_HOLD
    return UNDECIDED if UNDECIDED in models else HOLDS


def softmax_is_needed(sampling: str, regressions: Sequence[str]) -> str:
    """X3j, from what :func:`follows` says of the sampling LSTM and of the regressions."""
    if sampling == WRONG or RIGHT in regressions:
        return DOES_NOT_HOLD
    decided = sampling == RIGHT and all(one == WRONG for one in regressions)
    return HOLDS if decided else UNDECIDED
