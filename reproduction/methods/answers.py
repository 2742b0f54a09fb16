"""The answers to the claims about populations and transition counts, under each method."""

from __future__ import annotations

from functools import partial

from reproduction.calibration import table
from reproduction.common.answers import RECORDS_OF_POTENTIALS, Answer, Asked, of_decision
from reproduction.methods.controls import judge_controls
from reproduction.methods.judge import NULLS, compare, has_reference, judge
from reproduction.methods.questions import QUESTIONS
from reproduction.runs import records

_OF_RIBOSWITCH = {
    "authors": "riboswitch_authors",
    "ours": "riboswitch_64_ours",
    "continued": "riboswitch_64_continued",
    "first edition": "riboswitch",
}
_SYSTEMS = {
    "linear": ("B1", "K1"),
    "triangular": ("B2", "K2"),
    "four_state": ("B3", "K5"),
}
#: The record that answers each claim under each method
RECORDS = {
    **{
        (claim, method): name.format(system)
        for system, claims in _SYSTEMS.items()
        for claim in claims
        for method, name in RECORDS_OF_POTENTIALS.items()
    },
    **{
        (claim, method): name
        for claim in ("R1", "R2", "R3")
        for method, name in _OF_RIBOSWITCH.items()
    },
}
#: Records of the same method with another size of the network: a second look
OTHERS = {
    "riboswitch_authors": ("riboswitch_64_authors",),
    "riboswitch_64_continued": ("riboswitch_continued",),
    "riboswitch": ("riboswitch_256", "riboswitch_64"),
}
#: The case of the calibration that has the false alarms and the power of the test of each claim
CALIBRATIONS = {
    "B1": "linear, populations",
    "B2": "triangular, populations",
    "B3": "four states, populations",
    "K1": "linear, counts",
    "K2": "triangular, counts",
    "K5": "four states, counts",
    "R1": "riboswitch, populations",
    "R2": "riboswitch, counts",
    "R3": "riboswitch, counts of the 2 ms mean",
}


def answer(claim: str, method: str, name: str) -> Answer:
    """Answer a claim under one method, from one record.

    Parameters
    ----------
    claim, method : str
    name : str
        Of the record.
    """
    record = records.load(name)
    found = compare(claim, record)
    controls = judge_controls(claim, record)
    has_stricter = any(q.adjacent for q in QUESTIONS.values() if q.claim == claim)
    return of_decision(
        claim,
        method,
        found.decide(controls=controls),
        found.decide(p_value=1.0).outcome,
        records=(name, NULLS),
        controls={control: decision.outcome for control, decision in controls.items()},
        stricter=judge(claim, record, adjacent=True).outcome if has_stricter else "",
        calibration=_calibrated(CALIBRATIONS[claim]),
        process=judge(claim, record, of_process=True).outcome if has_reference(record) else "",
        others={
            other: judge(claim, records.load(other)).outcome
            for other in records.those_finished({other: other for other in OTHERS.get(name, ())})
        },
    )


def _calibrated(case: str) -> str:
    """Return the name of a case of the calibration if it is recorded."""
    recorded, _ = table.load(records.default_folder(), [case])
    return case if recorded else ""


ANSWERS = {
    (claim, method): Asked((name, NULLS), partial(answer, claim, method, name))
    for (claim, method), name in RECORDS.items()
}
