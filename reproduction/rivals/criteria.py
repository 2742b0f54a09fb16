"""The criteria of M1–M4, S1 and S2: Markov models beside the LSTM, at each commit time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from lstm_md.analysis.uncertainty import Estimate
from lstm_md.judging.criteria import (
    MAX_MEAN_Z,
    MAX_POINT_Z,
    MIN_AGREEING_SHARE,
    Outcome,
    curves_agree,
)

BEYOND_MS = 10.0  # the paper's "beyond approximately 10 ms"

AGREES_WORDS = (
    f"{MIN_AGREEING_SHARE:.0%} of the points within {MAX_POINT_Z:g} combined standard errors, mean signed deviation "
    f"at most {MAX_MEAN_Z:g}"
)
PATTERN_WORDS = (
    f"the counts of single frames, whose stays end before 10 ms, do not agree with the record "
    f"({AGREES_WORDS}), and those of the 2 ms mean do, at commit times of {BEYOND_MS:g} ms and more"
)
SCAN_WORDS = (
    f"at least {MIN_AGREEING_SHARE:.0%} of the models of the scan show the pattern of M1 and M2"
)
UNMATCHED_WORDS = (
    f"the LSTM passes R2 and R3, and no rival passes both; and its loss on what was held back is "
    f"lower than that of every rival that sees each frame, by more than {MAX_POINT_Z:g} standard errors "
    f"of the difference over the five training sets"
)

Curves = tuple[Estimate, Estimate]  # of single frames and of the mean, each (commit times, 3, 3)


def agrees_only_beyond(model: Curves, reference: Curves, commit_ms: ArrayLike) -> Outcome:
    """The criterion of M1 and M2: wrong at fine commit times, right at coarse ones.

    Parameters
    ----------
    model, reference : pair of Estimate of shape (commit times, 3, 3)
        Counts of the states of single frames, and of those of the mean over 2 ms.
    commit_ms : array_like, shape (commit times,)

    Raises
    ------
    ValueError
        If the reference has too few transitions on one side to be judged.
    """
    below, beyond = sides(model, reference, commit_ms)
    return Outcome(
        not below.passed and beyond.passed,
        f"single frames: {below.measured}; 2 ms mean from {BEYOND_MS:g} ms: {beyond.measured}",
        f"from {BEYOND_MS:g} ms on {beyond.power}",
    )


def sides(model: Curves, reference: Curves, commit_ms: ArrayLike) -> tuple[Outcome, Outcome]:
    """Whether counts agree below 10 ms, in single frames, and beyond, in the mean over 2 ms."""
    below, beyond = (
        curves_agree(*two) for two in zip(split(model, commit_ms), split(reference, commit_ms))
    )
    return below, beyond


def split(curves: Curves, commit_ms: ArrayLike) -> tuple[Estimate, Estimate]:
    """The counts that are judged: of single frames below 10 ms, of the mean over 2 ms beyond."""
    late = np.asarray(commit_ms, np.float64) >= BEYOND_MS
    single, mean = curves
    return _at(single, ~late), _at(mean, late)


def scan_agrees_only_beyond(scan: Mapping[str, tuple[Outcome, Outcome]]) -> Outcome:
    """The criterion of M3: the pattern in nearly every model of a scan.

    Parameters
    ----------
    scan : mapping of str to pair of Outcome
        Of each model, what :func:`sides` says.

    Raises
    ------
    ValueError
        If the scan is empty.
    """
    if not scan:
        raise ValueError("scan: found no model; give one or more")
    wrong_below = [not below.passed for below, _ in scan.values()]
    right_beyond = [beyond.passed for _, beyond in scan.values()]
    both = np.logical_and(wrong_below, right_beyond)
    return Outcome(
        bool(both.mean() >= MIN_AGREEING_SHARE),
        f"{both.sum()} of {both.size} models; {sum(wrong_below)} wrong below, "
        f"{sum(right_beyond)} right beyond",
    )


def unmatched(
    one: str,
    agree: Mapping[str, Sequence[Outcome]],
    losses: Mapping[str, ArrayLike],
) -> Outcome:
    """The criterion of M4: one model does what no other does.

    Parameters
    ----------
    one : str
        The model that is said to be unmatched.
    agree : mapping of str to sequence of Outcome
        By model: R2 and R3.
    losses : mapping of str to array_like, shape (training sets,)
        Nats a label on what each training set held back; only of models that see every frame.

    Raises
    ------
    KeyError
        If ``one`` has no outcome or no loss.
    """
    alone = all(outcome.passed for outcome in agree[one])
    equals = [name for name in agree if name != one and all(o.passed for o in agree[name])]
    ours = np.asarray(losses[one], np.float64)
    gaps = {
        name: np.asarray(theirs, np.float64) - ours
        for name, theirs in losses.items()
        if name != one
    }
    gain = {name: gap.mean() / (gap.std(ddof=1) / np.sqrt(gap.size)) for name, gap in gaps.items()}
    nearest = min(gaps, key=lambda name: gaps[name].mean())
    best = min(gain.values()) > MAX_POINT_Z
    return Outcome(
        alone and not equals and best,
        f"R2 and R3: {'passes' if alone else 'fails'}, and so do "
        f"{', '.join(equals) if equals else 'no others'}; loss {ours.mean():.4f} nats, nearest "
        f"{nearest} {gaps[nearest].mean():+.4f} ({gain[nearest]:+.1f} SE)"
        if alone
        else f"fails R2 or R3; loss {ours.mean():.4f} nats, nearest {nearest} "
        f"{gaps[nearest].mean():+.4f} ({gain[nearest]:+.1f} SE)",
    )


def _at(estimate: Estimate, times: ArrayLike) -> Estimate:
    return Estimate(estimate.value[times], estimate.error[times], estimate.n)
