"""The answers to C1–C3: how the cost of a training grows, and how it compares.

All of them look at ratios of times within a round of measurements, so that other work on the
machine does not decide. The rounds are the independent repetitions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reproduction.common.answers import Answer, Asked
from reproduction.common.intervals import Limited, Ruling, answered, mean_of, rule
from reproduction.costs.criteria import (
    MAX_COST_RATIO,
    MAX_EFFORT_RATIO,
    MAX_EXPONENT_DEVIATION,
    far_pair,
)
from reproduction.costs.verdicts import CostEstimates
from reproduction.runs import records

METHOD = "first edition"  # by which all costs were measured
RECORD = "costs"
LSTM, OURS, OURS_LAG_1 = "LSTM, L 1024", "HMM", "HMM, lag 1"
PAPERS = "HMM, PyEMMA"  #: The hidden Markov model of the paper's sentence, if it was timed
MARKOV_STATE_MODEL = "MSM"

Found = tuple[Ruling, dict[str, Ruling], bool]  # with the controls, and whether it can be tested


def exponent(sizes: ArrayLike, seconds: ArrayLike) -> list[Limited]:
    """Compute the exponent e of seconds ∝ size^e (C1), which must be within 0.15 of 1.

    Parameters
    ----------
    sizes : array_like, shape (sizes,)
    seconds : array_like, shape (rounds, sizes)
    """
    slopes = np.polyfit(np.log(np.asarray(sizes, np.float64)), np.log(_times(seconds)).T, 1)[0]
    low, high = 1 - MAX_EXPONENT_DEVIATION, 1 + MAX_EXPONENT_DEVIATION
    return [Limited("exponent", mean_of(slopes), low, high, "{:.2f}".format)]


def growth(sizes: ArrayLike, seconds: Mapping[str, ArrayLike]) -> list[Limited]:
    """Compute by which factor the time grows while a size grows 33-fold (C2), at most 2.

    Parameters
    ----------
    sizes : array_like, shape (sizes,)
    seconds : mapping of str to array_like, shape (rounds, sizes)
        By the name of the case, such as a network.
    """
    size = np.asarray(sizes, np.float64)
    low, high = far_pair(size)
    found = []
    for case, of_case in seconds.items():
        logs = np.log(_times(of_case))
        name = f"from {size[low]:,.0f} to {size[high]:,.0f} ({case}):"
        number = mean_of(logs[:, high] - logs[:, low])
        found.append(Limited(name, number, high=float(np.log(MAX_COST_RATIO))))
    return found


def efforts(
    seconds: ArrayLike, others: ArrayLike, frames: Sequence[int], name: str
) -> list[Limited]:
    """Compute the ratio of two times for each size of the training set (C3), within 10-fold.

    Parameters
    ----------
    seconds, others : array_like, shape (rounds, sizes)
    frames : sequence of int
    name : str
        Which times are divided.
    """
    logs = np.log(_times(seconds)) - np.log(_times(others))
    limit = float(np.log(MAX_EFFORT_RATIO))
    return [
        Limited(f"{name}, {n:,} frames:", mean_of(each), -limit, limit)
        for n, each in zip(frames, logs.T, strict=True)
    ]


def answer(claim: str, estimates: CostEstimates) -> Answer:
    """Answer C1, C2 or C3 from the times of one record."""
    made = {"C1": _grows_linearly, "C2": _grows_weakly, "C3": _like_the_papers_model}[claim]
    ruling, controls, testable = made(estimates)
    return answered(
        claim,
        METHOD,
        ruling,
        controls=controls,
        testable=testable,
        records=(estimates.record.name,),
    )


def _grows_linearly(estimates: CostEstimates) -> Found:
    frames, units = estimates.measured["frames"], estimates.measured["units"]
    labels = estimates.seconds_of_labels()["L 64"]
    controls = {
        "labels, not frames": exponent(estimates.n_labels, labels),
        "units, not frames": exponent(units["units"], units["seconds"]),
    }
    return rule(exponent(frames["frames"], frames["seconds"])), _ruled(controls), True


def _grows_weakly(estimates: CostEstimates) -> Found:
    frames, units = estimates.measured["frames"], estimates.measured["units"]
    controls = {
        "frames, not labels": growth(frames["frames"], {"L 64": frames["seconds"]}),
        "units, not labels": growth(units["units"], {"M 8": units["seconds"]}),
    }
    return rule(growth(estimates.n_labels, estimates.seconds_of_labels())), _ruled(controls), True


def _like_the_papers_model(estimates: CostEstimates) -> Found:
    """Compare the LSTM with the hidden Markov model that the paper means, or with ours.

    The paper fits its hidden Markov model with PyEMMA. Where that program was not timed, only a
    variant can be compared, ours, and the claim cannot be tested here.
    """
    measured = estimates.measured["models"]
    seconds, frames = measured["seconds"], measured["frames"]
    testable = PAPERS in seconds
    compared = PAPERS if testable else OURS
    whose = "PyEMMA's" if testable else "our"
    words = f"time of the LSTM divided by that of {whose} HMM"
    ruling = rule(efforts(seconds[LSTM], seconds[compared], frames, words))
    words = "over that of our HMM at lag 1"
    beside = efforts(seconds[LSTM], seconds[OURS_LAG_1], frames, words)[-1]
    number = f"{ruling.number}; {beside}"
    if not testable:
        number += "; the paper's program for the HMM was not timed"
    controls = {
        "Markov state model": efforts(
            seconds[MARKOV_STATE_MODEL], seconds[compared], frames, "MSM / HMM"
        )
    }
    return replace(ruling, number=number), _ruled(controls), testable


def _ruled(controls: Mapping[str, Sequence[Limited]]) -> dict[str, Ruling]:
    return {name: rule(parts) for name, parts in controls.items()}


def _times(seconds: ArrayLike) -> NDArray[np.float64]:
    return np.asarray(seconds, np.float64)


def _answer_of(claim: str) -> Answer:
    return answer(claim, CostEstimates(records.load(RECORD)))


ANSWERS: dict[tuple[str, str], Asked] = {
    (claim, METHOD): Asked((RECORD,), partial(_answer_of, claim)) for claim in ("C1", "C2", "C3")
}
