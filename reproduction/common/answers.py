"""What one method answers to one claim of the paper, by the criteria of the second edition.

A study lists in ``ANSWERS`` which records answer a claim under each method. The functions of the
list make an :class:`Answer` of them. :mod:`reproduction.answers` collects all of them, corrects
their p-values, and writes them to one file, from which the pages are built.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from statistics import NormalDist
from typing import Any

from lstm_md.judging.calibrated import LEVEL
from lstm_md.judging.decision import Decision
from reproduction.runs.files import load_summary
from reproduction.runs.records import default_folder

#: The methods, in the order in which they are shown. The first is the paper's own.
METHODS = ("authors", "ours", "continued", "first edition")
#: The name of a record of a model potential under each method.
RECORDS_OF_POTENTIALS = dict(zip(METHODS, ("{}_authors", "{}_ours", "{}_continued", "{}")))


@dataclass(frozen=True)
class Answer:
    """The answer to one claim under one method.

    Attributes
    ----------
    claim : str
        Of the paper, such as "K1".
    method : str
        One of ``METHODS``.
    outcome : {"holds", "does not hold", "undecided"}
    number : str
        The measured number that decided, with its interval, in words.
    records : tuple of str
        The records that it was computed from.
    p_value : float, optional
        Of the test that model and data agree; None if the answer needs no such test.
    if_not_rejected : str
        The outcome if that test does not reject after the correction for many claims.
    more_data : float
        Of an undecided claim: about so many times as much data would decide. It is infinite if
        no amount does.
    marks : tuple of str
        ``NOT_DIAGNOSTIC``, ``CANNOT_BE_TESTED``, or nothing, of :mod:`lstm_md.judging.decision`.
    controls : mapping of str to str
        The outcome of each control under the same rule, by its name.
    stricter : str
        The outcome under the stricter definition of the commit time; empty where it has no part.
    calibration : str
        The case of :mod:`reproduction.calibration` that has the false alarms and the power of
        the test; empty if there is none.
    power : str
        Where no case has it: what the test finds nine times in ten, in words.
    process : str
        The outcome of the comparison with the process, and not with the training data; empty
        where no long simulation of the process is recorded.
    others : mapping of str to str
        The outcome for other records of the same method, such as another size of the network, by
        the name of the record.
    p_deciding : float, optional
        Of the same test at the points that can refute the claim: those at the committed commit
        time and longer ones. It stands beside the other and is not corrected. None where all
        points can.
    """

    claim: str
    method: str
    outcome: str
    number: str
    records: tuple[str, ...]
    p_value: float | None = None
    if_not_rejected: str = ""
    more_data: float = 1.0
    marks: tuple[str, ...] = ()
    controls: Mapping[str, str] = field(default_factory=dict)
    stricter: str = ""
    calibration: str = ""
    power: str = ""
    process: str = ""
    others: Mapping[str, str] = field(default_factory=dict)
    p_deciding: float | None = None

    def corrected(self, p_value: float) -> Answer:
        """Return the answer after the correction of its p-value for many claims."""
        if p_value > LEVEL and self.if_not_rejected not in ("", self.outcome):
            # With so many times as much data, the same deviation would bear the correction.
            needed, found = (-NormalDist().inv_cdf(p) for p in (LEVEL, min(p_value, 0.5)))
            more = (needed / found) ** 2 if found else float("inf")
            return replace(self, outcome=self.if_not_rejected, p_value=p_value, more_data=more)
        return replace(self, p_value=p_value)

    def to_json(self) -> dict[str, Any]:
        """Return what JSON can hold; an infinite number becomes None."""
        held = asdict(self)
        held["more_data"] = None if self.more_data == float("inf") else round(self.more_data, 2)
        for name in ("p_value", "p_deciding"):
            held[name] = None if held[name] is None else round(held[name], 5)
        return held


def of_decision(claim: str, method: str, decision: Decision, otherwise: str, **more: Any) -> Answer:
    """Make an answer of a decision of the calibrated test.

    Parameters
    ----------
    claim, method : str
    decision : Decision
    otherwise : str
        The outcome of the same decision with ``p_value=1``.
    more
        Other attributes of :class:`Answer`, ``records`` among them.
    """
    return Answer(
        claim,
        method,
        decision.outcome,
        decision.measured(),
        p_value=decision.p_value,
        p_deciding=decision.p_deciding,
        if_not_rejected=otherwise,
        more_data=decision.more_data,
        marks=decision.marks,
        **more,
    )


@dataclass(frozen=True)
class Asked:
    """How a claim is answered under one method.

    Attributes
    ----------
    records : tuple of str
        What must be recorded before.
    make : callable
        ``make()`` loads the records and returns the answer, within seconds.
    """

    records: tuple[str, ...]
    make: Callable[[], Answer]


def asked_of_summaries(
    record_of: Mapping[str, str], method: str, answer: Callable[[str, Mapping[str, Any]], Answer]
) -> dict[tuple[str, str], Asked]:
    """List how claims are answered whose outcomes stand in the summary of a record.

    Parameters
    ----------
    record_of : mapping of str to str
        The record of each claim.
    method : str
        One of ``METHODS``.
    answer : callable
        ``answer(claim, numbers)`` returns the answer from the numbers of the record.
    """

    def made(claim: str) -> Answer:
        return answer(claim, load_summary(default_folder() / record_of[claim])["numbers"])

    return {
        (claim, method): Asked((record,), partial(made, claim))
        for claim, record in record_of.items()
    }
