"""The cases of the simulated optical trap, with the zero of an instrument that drifts or not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from reproduction.calibration.case import (
    FIRST_SEED,
    Case,
    Floats,
    Labels,
    curve_points,
    frames_with,
    of_labels,
    off_diagonal,
)
from reproduction.common.commit_times import logarithmic_commit_times
from reproduction.common.families import COMMIT_FRAMES
from reproduction.optical_trap.simulation import ADD_RIBOSWITCH, simulate
from reproduction.riboswitch.states import (
    MEAN_FRAMES,
    MS,
    N_LABELS,
    N_TENTHS,
    STATES,
    labels_of,
)
from reproduction.riboswitch.statistics import count_transitions
from reproduction.rivals.counts import steps_at_lag, window_at_lag
from reproduction.rivals.criteria import BEYOND_MS

RIBOSWITCH_TIMES = logarithmic_commit_times(1000)[::3]
RECORD_FRAMES = 400_000  # of the riboswitch's record
# With this standard deviation between tenths, the labels of the simulated trap scatter from tenth
# to tenth as those of the record do. The zero of the instrument drifts.
ZERO_NM = 0.55
PAPER_LAGS = (1, 5, 30)  # frames: of every frame, and of the paper's two Markov models


def simulate_tenths(seed: int, zero_nm: float = ZERO_NM, n_frames: int = RECORD_FRAMES) -> Labels:
    """Labels of the trap, whose zero differs from tenth to tenth, shape (10, frames / 10)."""
    extension = simulate(ADD_RIBOSWITCH, n_frames, seed=seed).extension_nm
    tenths = extension.reshape(N_TENTHS, -1)
    zero = zero_nm * np.random.default_rng(seed).standard_normal((N_TENTHS, 1))
    return labels_of(tenths + zero)


def trap(zero_nm: float) -> tuple[Case, ...]:
    """Make the cases of the trap: counts, populations of 34 labels, counts of the 2 ms mean."""
    times = RIBOSWITCH_TIMES
    names, groups, rates = curve_points(times, COMMIT_FRAMES["riboswitch"], STATES)

    def simulated(k: int) -> Labels:
        return simulate_tenths(FIRST_SEED + k, zero_nm)

    def counted(window: int = 1, adjacent: bool = False) -> Callable[[Labels], Floats]:
        return lambda labels: off_diagonal(
            count_transitions(labels, times, window, adjacent=adjacent)
        )

    name = "riboswitch" if zero_nm else "optical trap"
    drift = f", whose zero differs by {zero_nm} nm from tenth to tenth" if zero_nm else ""
    counts = Case(
        f"{name}, counts",
        f"U, P3 and P2P3 in single frames, 40 s; as long from each training; the simulated "
        f"trap{drift}",
        simulated,
        200,
        counted(),
        names,
        groups,
        rates,
        data_blocks=N_TENTHS,
        model_blocks=N_TENTHS,
        spread=0.1,
        n_labels=N_LABELS,
        stricter=counted(adjacent=True),
    )
    words = counts.words.replace("U, P3 and P2P3 in single frames", "34 labels")
    labels = [f"label {k}" for k in range(N_LABELS)]
    occupied = of_labels(counts, f"{name}, populations", frames_with(N_LABELS), labels)
    means = replace(
        counts,
        name=f"{name}, counts of the 2 ms mean",
        words=counts.words.replace("in single frames", "in a mean over 2 ms"),
        count=counted(MEAN_FRAMES),
        stricter=counted(MEAN_FRAMES, adjacent=True),
    )
    return counts, replace(occupied, words=words), means


def below_and_beyond(lag_frames: int) -> tuple[list[int], list[int]]:
    """Return commit times in steps of a lag: those below 10 ms, and those from 10 ms on."""
    steps = steps_at_lag(RIBOSWITCH_TIMES, lag_frames)
    below = [n for n in steps if n * lag_frames * MS < BEYOND_MS]
    return below, [n for n in steps if n not in below]


def at_lag(lag_frames: int, beyond: bool, zero_nm: float = ZERO_NM) -> Case:
    """Counts of the trap, read once per lag: below 10 ms in single frames, beyond in a 2 ms mean.

    The counts of the data are the mean over all frames at which the reading can begin. A model at
    a lag has one trajectory of such readings. With ``zero_nm`` of 0, the process is the simulated
    trap, and the data are ten times as long as what a model generates.
    """
    times = below_and_beyond(lag_frames)[beyond]
    window = window_at_lag(lag_frames) if beyond else 1
    names, groups, _ = curve_points(tuple(times), tuple(times), STATES)

    def shifted(k: int, n_shifts: int) -> Labels:
        """Labels read once per lag, shape (tenths, shifts, steps)."""
        labels = simulate_tenths(FIRST_SEED + k, zero_nm)
        n_steps = labels.shape[1] // lag_frames
        read = labels[:, : n_steps * lag_frames].reshape(N_TENTHS, n_steps, lag_frames)
        return read.transpose(0, 2, 1)[:, :n_shifts]

    def count(read: Labels) -> Floats:
        each = [off_diagonal(count_transitions(labels, times, window)) for labels in read]
        return np.mean(each, axis=0)

    system, data_blocks = ("riboswitch", N_TENTHS) if zero_nm else ("trap", 10 * N_TENTHS)
    reading = f" every {lag_frames * MS:g} ms" if lag_frames > 1 else ""
    side = f"beyond {BEYOND_MS:g} ms" if beyond else f"below {BEYOND_MS:g} ms"
    what = "a mean over 2 ms" if window > 1 else "single frames"
    return Case(
        f"{system}{reading}, {side}",
        f"U, P3 and P2P3 in {what}{reading}, at commit times {side}; the simulated trap",
        lambda k: shifted(k, lag_frames),
        200,
        count,
        names,
        groups,
        (True,) * len(names),
        data_blocks=data_blocks,
        model_blocks=N_TENTHS,
        spread=0.1,
        simulate_model=(lambda k: shifted(200 + k, 1)) if lag_frames > 1 else None,
        scale=data_blocks / N_TENTHS,
        reference=data_blocks > N_TENTHS,
    )
