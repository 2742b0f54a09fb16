"""The answers to T1 and T2: does the loss fall to the entropy rate?

The excess of the loss over the exact loss of the same labels, as a share of the entropy rate, must
lie within the margin of the first edition, 1 %. It is the mean over all trainings and all blocks of
the evaluation trajectory, and its error has a part from either.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
from numpy.typing import ArrayLike

from reproduction.common.answers import Answer, Asked
from reproduction.common.intervals import (
    Limited,
    Number,
    Ruling,
    answered,
    best,
    can_be_tested,
    mean_of,
    rule,
)
from reproduction.path_entropy.criteria import MAX_EXCESS
from reproduction.path_entropy.states import TITLES
from reproduction.path_entropy.verdicts import MARKOV, OTHERS, EntropyEstimates, ProcessLosses
from reproduction.runs import records

PROCESSES = {"T1": (MARKOV,), "T2": OTHERS}
#: What must not hold, and the losses of it. A fitted chain must be too short for the process.
CONTROLS = {
    "T1": {
        "untrained network": "untrained",
        "shuffled labels": "shuffled",
        "populations alone (order 0)": "order_0",
    },
    "T2": {
        "untrained network": "untrained",
        "shuffled labels": "shuffled",
        "first-order Markov chain": "order_1",
    },
}


def excess_words(share: float) -> str:
    """Write an excess as percents of the entropy rate."""
    return f"{100 * share:.3f} %"


def excess(losses: ArrayLike, exact: ArrayLike, rate: float) -> Number:
    """Compute the mean excess of losses over the exact ones, as a share of the entropy rate.

    Parameters
    ----------
    losses : array_like, shape (trainings, blocks)
        In nats per label.
    exact : array_like, shape (blocks,)
        The loss of the process itself on the same blocks.
    rate : float
        The entropy rate.

    Returns
    -------
    Number
        Its variance is that of the mean over trainings, and that of the mean over blocks.
    """
    shares = (np.asarray(losses, np.float64) - np.asarray(exact, np.float64)) / rate
    return mean_of(shares.mean(axis=1)).with_errors(mean_of(shares.mean(axis=0)))


def own_excess(of: ProcessLosses) -> Number:
    """Compute how far the loss of a process on its own labels is from its entropy rate."""
    found = mean_of(of.exact / of.rate - 1)
    return found.with_errors(Number(0.0, (of.rate_error / of.rate) ** 2, np.inf))


def answer(claim: str, method: str, estimates: EntropyEstimates) -> Answer:
    """Answer T1 or T2 from the losses of one record.

    T2 is about three processes, and every one of them must hold. A control must not hold for any
    of them. The claim cannot be tested if a process, on its own labels, is not within the margin
    of its entropy rate.
    """
    losses = {name: estimates.processes[name] for name in PROCESSES[claim]}

    def excesses(which: str) -> list[Limited]:
        return [
            _limited(name, excess(getattr(of, which), of.exact, of.rate))
            for name, of in losses.items()
        ]

    own = [rule([_limited(name, own_excess(of)) for name, of in losses.items()])]
    return answered(
        claim,
        method,
        rule(excesses("losses")),
        controls=_controls(claim, excesses),
        testable=can_be_tested(own),
        records=(estimates.record.name,),
    )


def _controls(claim: str, excesses: Callable[[str], list[Limited]]) -> Mapping[str, Ruling]:
    return {
        name: best(rule([part]) for part in excesses(which))
        for name, which in CONTROLS[claim].items()
    }


def _limited(process: str, number: Number) -> Limited:
    name = f"loss above the path entropy, {TITLES[process]}:"
    return Limited(name, number, -MAX_EXCESS, MAX_EXCESS, excess_words)


def _answer_of(claim: str, method: str, name: str) -> Answer:
    return answer(claim, method, EntropyEstimates(records.load(name)))


#: The first edition began each sequence from a state of zeros, and its learning rate decayed.
#: In the other record, each row of a batch reads on where it stopped.
RECORDS = {"continued": "path_entropy_continued", "first edition": "path_entropy"}

ANSWERS: dict[tuple[str, str], Asked] = {
    (claim, method): Asked((name,), partial(_answer_of, claim, method, name))
    for claim in PROCESSES
    for method, name in RECORDS.items()
}
