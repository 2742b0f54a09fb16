"""Verdicts that are made of several decisions: at two commit times, of two models, of a scan."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from lstm_md.judging.calibrated import LEVEL, ratio_test
from lstm_md.judging.decision import (
    CANNOT_BE_TESTED,
    DOES_NOT_HOLD,
    HOLDS,
    NOT_DIAGNOSTIC,
    UNDECIDED,
    Decision,
    decide,
)
from lstm_md.judging.null_sample import NullSample
from reproduction.common.answers import Answer
from reproduction.common.sets import all_of
from reproduction.common.trainings import min_passing

_OPPOSITE = {HOLDS: DOES_NOT_HOLD, DOES_NOT_HOLD: HOLDS, UNDECIDED: UNDECIDED}


@dataclass(frozen=True)
class Part:
    """A decision, and the same decision if its test had not rejected.

    Attributes
    ----------
    decision, otherwise : Decision
    words : str
        What was measured, where no test could be made; empty otherwise.
    against : str
        What the model is compared with, in words.
    """

    decision: Decision
    otherwise: Decision
    words: str = ""
    against: str = "the data"

    @classmethod
    def untested(cls, words: str) -> Part:
        """What was measured without a test: undecided, however much data there is."""
        decision = Decision(UNDECIDED, 1.0, "", (1.0, 1.0, 1.0), float("inf"))
        return cls(decision, decision, words)

    def deviates(self) -> Part:
        """Answer the opposite question: whether the model deviates from the data.

        It does if the test rejects and a significant deviation is beyond the margin. It does not
        if everything that can be tested is inside the margin.
        """
        found, otherwise = (
            replace(one, outcome=_OPPOSITE[one.outcome]) for one in (self.decision, self.otherwise)
        )
        return replace(self, decision=found, otherwise=otherwise)

    @property
    def measured(self) -> str:
        """The rate that decided, with its interval, in words."""
        if self.words:
            return self.words
        return self.decision.measured(self.against)


def compare(
    model: ArrayLike,
    data: ArrayLike,
    null: NullSample,
    names: Sequence[str],
    rates: ArrayLike,
    *,
    curve: ArrayLike | None = None,
    of_process: bool = False,
) -> Part:
    """Test counts, and decide with the p-value that was found and without a rejection.

    The arguments are those of :func:`lstm_md.judging.calibrated.ratio_test` and
    :func:`lstm_md.judging.decision.decide`.
    """
    test = ratio_test(model, data, null)
    found, otherwise = (
        decide(test, names, rates, curve=curve, of_process=of_process, p_value=p)
        for p in (None, 1.0)
    )
    return Part(found, otherwise, against="the process" if of_process else "the data")


@dataclass(frozen=True)
class Rule:
    """How several decisions make one.

    Attributes
    ----------
    outcome : callable
        Takes the outcomes, and returns one.
    p_value : callable
        Takes the p-values, and returns the one of the rejection that the outcome may need.
    """

    outcome: Callable[[Sequence[str]], str]
    p_value: Callable[[Sequence[float]], float]

    def joint(self, parts: Sequence[Part]) -> tuple[str, str, float]:
        """Return the outcome, the outcome without a rejection, and the p-value."""
        p = self.p_value([part.decision.p_value for part in parts])
        found, otherwise = (
            self.outcome([getattr(part, which).outcome for part in parts])
            for which in ("decision", "otherwise")
        )
        return (found if p <= LEVEL else otherwise), otherwise, p


def _all_the_same(outcomes: Sequence[str]) -> str:
    return outcomes[0] if len(set(outcomes)) == 1 else UNDECIDED


def _most_hold(outcomes: Sequence[str]) -> str:
    needed = min_passing(len(outcomes))
    if outcomes.count(HOLDS) >= needed:
        return HOLDS
    return DOES_NOT_HOLD if outcomes.count(DOES_NOT_HOLD) > len(outcomes) - needed else UNDECIDED


def at_least(n_rejected: int, p_values: Sequence[float]) -> float:
    """Compute p of the statement that so many of some null hypotheses are false.

    The largest p-values, of which one at least must then belong to a false hypothesis, are
    combined by twice their median. This needs no independence (Rüger, Metrika 25, 171, 1978;
    Benjamini and Heller, Biometrics 64, 1215, 2008).

    Examples
    --------
    >>> at_least(2, [0.01, 0.01, 0.01])
    0.02
    >>> at_least(3, [0.01, 0.01, 0.3])
    0.3
    """
    largest = np.sort(np.asarray(p_values, np.float64))[n_rejected - 1 :]
    middle = -(-largest.size // 2)
    return min(1.0, float(largest[middle - 1]) * largest.size / middle)


#: A verdict needs all parts. If they differ, the claim is undecided.
ALIKE = Rule(_all_the_same, max)
#: Every part must hold. One that does not refutes the claim.
EVERY = Rule(all_of, lambda p: min(1.0, len(p) * min(p)))
#: The same for parts that hold by a rejection of their tests.
EVERY_DEVIATES = Rule(all_of, max)
#: Nine parts in ten must hold.
MOST = Rule(_most_hold, lambda p: at_least(len(p) - min_passing(len(p)) + 1, p))
#: The same for parts that hold by a rejection of their tests.
MOST_DEVIATE = Rule(_most_hold, lambda p: at_least(min_passing(len(p)), p))


def answer(
    claim: str,
    method: str,
    rule: Rule,
    parts: Sequence[Part],
    number: str,
    controls: Mapping[str, Sequence[Part]] | None = None,
    **more: Any,
) -> Answer:
    """Make an answer of several decisions.

    Parameters
    ----------
    claim, method : str
    rule : Rule
    parts : sequence of Part
    number : str
        What was measured, in words.
    controls : mapping of str to sequence of Part
        What must not hold by the same rule.
    more
        Other attributes of :class:`~reproduction.common.answers.Answer`, ``records`` among them.
    """
    outcome, otherwise, p = rule.joint(parts)
    found = {name: rule.joint(control)[0] for name, control in (controls or {}).items()}
    untestable = any(CANNOT_BE_TESTED in part.decision.marks for part in parts)
    marks: tuple[str, ...] = (CANNOT_BE_TESTED,) if untestable and outcome == UNDECIDED else ()
    if HOLDS in found.values():
        marks += (NOT_DIAGNOSTIC,)
    return Answer(
        claim,
        method,
        outcome,
        number,
        p_value=None if all(part.words for part in parts) else p,
        if_not_rejected=otherwise,
        more_data=more_data(parts) if outcome == UNDECIDED else 1.0,
        marks=marks,
        controls=found,
        **more,
    )


def more_data(parts: Sequence[Part]) -> float:
    """About how many times as much data decides every part; infinite if all are decided."""
    open_parts = [part.decision for part in parts if part.decision.outcome == UNDECIDED]
    return max((one.more_data for one in open_parts), default=float("inf"))
