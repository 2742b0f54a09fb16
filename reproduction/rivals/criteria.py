"""The criteria of M1–M4 and S2: whether Markov models agree below and beyond 10 ms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from lstm_md.analysis.uncertainty import Estimate
from lstm_md.judging.criteria import (
    MAX_MEAN_Z,
    MAX_POINT_Z,
    MIN_AGREEING_SHARE,
    Outcome,
    combine,
    curves_agree,
)

BEYOND_MS = 10.0  # the paper's "beyond approximately 10 ms"

AGREES_WORDS = (
    f"{MIN_AGREEING_SHARE:.0%} of the points within {MAX_POINT_Z:g} combined standard errors, mean "
    f"signed deviation at most {MAX_MEAN_Z:g}"
)
PATTERN_WORDS = (
    f"the counts of single frames at commit times below {BEYOND_MS:g} ms do not agree with the "
    f"record ({AGREES_WORDS}), and those of the 2 ms mean do, at commit times of {BEYOND_MS:g} ms "
    f"and more"
)
SCAN_WORDS = (
    f"at least {MIN_AGREEING_SHARE:.0%} of the models of the scan show the pattern of M1 and M2"
)
UNMATCHED_WORDS = (
    f"the LSTM passes R2 and R3, and no rival passes both; and its loss on what was held back is "
    f"lower than that of every rival that sees each frame, by more than {MAX_POINT_Z:g} standard "
    f"errors of the difference over the five training sets"
)

#: Counts of the states of single frames and of the 2 ms mean, each of shape (commit times, 3, 3)
Curves = tuple[Estimate, Estimate]


def agrees_only_beyond(model: Curves, reference: Curves, commit_ms: ArrayLike) -> Outcome:
    """Test M1 and M2: whether counts are wrong at short commit times and right at long ones.

    Parameters
    ----------
    model, reference : pair of Estimate of shape (commit times, 3, 3)
        Counts of the states of single frames, and of those of the mean over 2 ms.
    commit_ms : array_like, shape (commit times,)

    Raises
    ------
    ValueError
        If the reference has too few transitions below or beyond 10 ms.
    """
    below, beyond = below_and_beyond(model, reference, commit_ms)
    outcome = combine(
        {"single frames": below, f"2 ms mean from {BEYOND_MS:g} ms": beyond},
        passed=not below.passed and beyond.passed,
    )
    return replace(outcome, power=f"from {BEYOND_MS:g} ms on {beyond.power}")


def below_and_beyond(
    model: Curves, reference: Curves, commit_ms: ArrayLike
) -> tuple[Outcome, Outcome]:
    """Test counts of single frames below 10 ms, and of the mean over 2 ms from 10 ms on."""
    pairs = zip(judged_points(model, commit_ms), judged_points(reference, commit_ms))
    below, beyond = (curves_agree(*pair) for pair in pairs)
    return below, beyond


def judged_points(curves: Curves, commit_ms: ArrayLike) -> Curves:
    """Select the counts of single frames below 10 ms, and of the mean from 10 ms on."""
    late = np.asarray(commit_ms, np.float64) >= BEYOND_MS
    single, mean = curves
    return _at(single, ~late), _at(mean, late)


def scan_agrees_only_beyond(scan: Mapping[str, tuple[Outcome, Outcome]]) -> Outcome:
    """Test M3: whether nearly every model of a scan shows the pattern of M1 and M2.

    Parameters
    ----------
    scan : mapping of str to pair of Outcome
        The result of :func:`below_and_beyond` for each model.

    Returns
    -------
    Outcome
        Its numbers are ``models``, ``pattern``, ``wrong_below`` and ``right_beyond``.

    Raises
    ------
    ValueError
        If the scan is empty.
    """
    if not scan:
        raise ValueError("scan: found no model; give one or more")
    wrong_below = [not below.passed for below, _ in scan.values()]
    right_beyond = [beyond.passed for _, beyond in scan.values()]
    pattern = np.logical_and(wrong_below, right_beyond)
    return Outcome(
        bool(pattern.mean() >= MIN_AGREEING_SHARE),
        f"{pattern.sum()} of {pattern.size} models; {sum(wrong_below)} wrong below, "
        f"{sum(right_beyond)} right beyond",
        numbers={
            "models": pattern.size,
            "pattern": int(pattern.sum()),
            "wrong_below": sum(wrong_below),
            "right_beyond": sum(right_beyond),
        },
    )


def unmatched(
    candidate: str,
    agree: Mapping[str, Sequence[Outcome]],
    losses: Mapping[str, ArrayLike],
) -> Outcome:
    """Test M4: whether one model passes R2 and R3, no other does, and its loss is the lowest.

    Parameters
    ----------
    candidate : str
        The model that is claimed to be unmatched.
    agree : mapping of str to sequence of Outcome
        By model: R2 and R3.
    losses : mapping of str to array_like, shape (training sets,)
        In nats per label, on the held-back part of each training set; only of models that see
        every frame.

    Returns
    -------
    Outcome
        Its numbers are ``loss``, and ``nearest_gap`` and ``nearest_z``: how far the nearest loss
        of another model is above it, in nats and in standard errors.

    Raises
    ------
    KeyError
        If ``candidate`` has no outcome or no loss.
    """
    passes = {name: all(outcome.passed for outcome in agree[name]) for name in agree}
    equals = [name for name in agree if name != candidate and passes[name]]
    own = np.asarray(losses[candidate], np.float64)
    gaps = {
        name: np.asarray(loss, np.float64) - own
        for name, loss in losses.items()
        if name != candidate
    }
    z = {name: gap.mean() / (gap.std(ddof=1) / np.sqrt(gap.size)) for name, gap in gaps.items()}
    nearest = min(gaps, key=lambda name: gaps[name].mean())
    gap = float(gaps[nearest].mean())
    has_lowest_loss = min(z.values()) > MAX_POINT_Z
    loss_words = f"loss {own.mean():.4f} nats, nearest {nearest} {gap:+.4f} ({z[nearest]:+.1f} SE)"
    if passes[candidate]:
        others = ", ".join(equals) if equals else "no others"
        measured = f"R2 and R3: passes, and so do {others}; {loss_words}"
    else:
        measured = f"fails R2 or R3; {loss_words}"
    return Outcome(
        passes[candidate] and not equals and has_lowest_loss,
        measured,
        numbers={
            "loss": float(own.mean()),
            "nearest_gap": gap,
            "nearest_z": float(z[nearest]),
        },
    )


def _at(estimate: Estimate, times: ArrayLike) -> Estimate:
    return Estimate(estimate.value[times], estimate.error[times], estimate.n)
