"""The answers about Markov models: three plain questions in place of each of M1, M2, M3 and S2.

The rules were written before any number was looked at:

- a. *Does the Markov model deviate from the data at commit times below 10 ms?* The counts of
  single frames at all these commit times are tested. It does if the test rejects and one of them
  deviates significantly by more than the margin. It does not if all counts that can be tested are
  inside the margin. The two halves of the record must not deviate from each other.
- b. *Does it agree from 10 ms on?* The margin is asked at the shortest of these commit times and
  at all longer ones, in a mean over 2 ms: single frames have no transition between stays of 10 ms.
  Shuffled labels, a first-order Markov chain and an untrained network must not agree.
- c. *Does the LSTM agree at every commit time?* Its counts of single frames are judged as in R2,
  and those of the mean from 10 ms on as in b. Both must hold.

M1 is the Markov state model with a lag of 0.5 ms, M2 the hidden Markov model with three hidden
states and a lag of 3 ms, and M3 is about all other lags and numbers of hidden states: nine models
in ten must have the property, as in the first edition. S2 asks the same of a simulated trap. There
the models are compared with the process, and both of its Markov models must have the property.

A Markov model with a lag makes one label per lag. The paper does not say how these labels were
compared with those of every frame. Under "authors" each label stands for a whole lag. Under
"ours" the record, too, is read once per lag, which asks a model only for what it describes. The
files hold counts by the first definition of the commit time only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache, partial

from lstm_md.judging.calibrated import LEVEL
from lstm_md.judging.decision import DOES_NOT_HOLD, HOLDS, UNDECIDED
from reproduction.common.answers import Answer, Asked
from reproduction.methods.judge import NULLS as NULLS_OF_R2
from reproduction.methods.markov_counts import Network, Rivals, Trap
from reproduction.methods.markov_questions import NULLS, TRAP, Side, why_no_single_frames
from reproduction.methods.questions import QUESTIONS
from reproduction.methods.several import (
    EVERY,
    EVERY_DEVIATES,
    MOST,
    MOST_DEVIATE,
    Part,
    answer,
)
from reproduction.rivals.verdicts import PAPER_MODELS
from reproduction.runs import records

RIVALS, LEARNED, SURROGATE = "riboswitch_rivals", "riboswitch", "surrogate"  #: Names of records
HALVES, SIMULATED = "the two halves of the record", "the ten simulated records"
#: The records of the LSTM, by method. Under "ours" it has 64 units, otherwise 1,024.
NETWORKS = {
    "authors": "riboswitch_authors",
    "ours": "riboswitch_64_ours_rule",
    "continued": "riboswitch_continued",
    "first edition": "riboswitch",
}
PAPER_LAG = max(rival.lag_frames for rival in PAPER_MODELS.values())
BETTER = "better than the paper says"
NONE_FOUND = "the test finds no deviation"


def answer_below(claim: str, method: str, of: str) -> Answer:
    """Answer M1a or M2a: whether a model of the paper deviates below 10 ms."""
    rivals = _rivals(method)
    side = rivals.side(PAPER_MODELS[of], beyond=False)
    part = rivals.tested(PAPER_MODELS[of], beyond=False).deviates()
    controls = {HALVES: [rivals.halves(side).deviates()]}
    return _say_if_better(
        answer(claim, method, EVERY_DEVIATES, [part], part.measured, controls, **_sources(side))
    )


def answer_beyond(claim: str, method: str, of: str) -> Answer:
    """Answer M1b or M2b: whether a model of the paper agrees from 10 ms on."""
    rivals = _rivals(method)
    side = rivals.side(PAPER_MODELS[of], beyond=True)
    part = rivals.tested(PAPER_MODELS[of], beyond=True)
    controls = {name: [control] for name, control in rivals.controls(side).items()}
    why = f"{why_no_single_frames(rivals.learned.data)}; " if rivals.held else ""
    number = why + part.measured
    return answer(claim, method, EVERY, [part], number, controls, **_sources(side))


def answer_others_below(claim: str, method: str) -> Answer:
    """Answer M3a: whether nine in ten of the other models deviate below 10 ms."""
    rivals = _rivals(method)
    others = rivals.others(beyond=False)
    found = {title: rivals.tested(rival, False).deviates() for title, rival in others.items()}
    sides = _sides(rivals, beyond=False)
    controls = {HALVES: [rivals.halves(side).deviates() for side in sides]}
    number = _counted(found, "deviate", "agree")
    one_step = [
        title for title, rival in others.items() if len(rivals.side(rival, False).steps) < 2
    ]
    trivial = [title for title in one_step if found[title].decision.outcome == DOES_NOT_HOLD]
    if trivial:
        number += (
            f"; {len(trivial)} of these are tested at a single step of their lag time, to which "
            f"they were fitted"
        )
    sources = _sources(Side(1 if rivals.held else PAPER_LAG))
    # What agrees only because its one step was fitted is not better than the paper says.
    made = answer(claim, method, MOST_DEVIATE, list(found.values()), number, controls, **sources)
    agreeing = [part for part in found.values() if part.decision.outcome == DOES_NOT_HOLD]
    return made if len(trivial) == len(agreeing) > 0 else _say_if_better(made)


def answer_others_beyond(claim: str, method: str) -> Answer:
    """Answer M3b: whether nine in ten of the other models agree from 10 ms on."""
    rivals = _rivals(method)
    others = rivals.others(beyond=True)
    found = {title: rivals.tested(rival, True) for title, rival in others.items()}
    each = [rivals.controls(side) for side in _sides(rivals, beyond=True)]
    controls = {name: [of_side[name] for of_side in each] for name in each[0]}
    number = _counted(found, "agree", "deviate")
    sources = _sources(Side(1 if rivals.held else PAPER_LAG, True))
    return answer(claim, method, MOST, list(found.values()), number, controls, **sources)


def answer_lstm(claim: str, method: str, name: str) -> Answer:
    """Answer M1c, M2c or M3c: whether the LSTM agrees at every commit time."""
    parts, controls = _tested_network(name)
    return answer(
        claim,
        method,
        EVERY,
        parts,
        f"single frames, {parts[0].measured}; 2 ms mean, {parts[1].measured}",
        controls,
        records=(name, NULLS_OF_R2, NULLS),
        calibration=QUESTIONS["R2"].case.name,
    )


def answer_trap(claim: str, method: str, models: Mapping[str, str]) -> Answer:
    """Answer S2a, S2b or S2c from ten simulated records.

    Parameters
    ----------
    claim, method : str
    models : mapping of str to str
        What the names of a model's arrays begin with, by the name of the model.
    """
    trap, deviate = Trap(records.load(SURROGATE)), claim.endswith("a")
    sides = {"a": [False], "b": [True], "c": [False, True]}[claim[-1]]

    def tested(key: str) -> list[Part]:
        found = [trap.tested(Side(1, beyond, TRAP), key) for beyond in sides]
        return [part.deviates() for part in found] if deviate else found

    each = {name: tested(key) for name, key in models.items()}
    number = "; ".join(f"{name}, {part.measured}" for name, parts in each.items() for part in parts)
    against = (
        {SIMULATED: "record"}
        if deviate
        else {"first-order Markov chain": "chain", "shuffled labels": "shuffled"}
    )
    controls = {name: tested(key) for name, key in against.items()}
    rule = EVERY_DEVIATES if deviate else EVERY
    parts = [part for of_model in each.values() for part in of_model]
    calibration = Side(1, sides[0], TRAP).calibration
    found = answer(
        claim, method, rule, parts, number, controls, records=(SURROGATE, NULLS),
        calibration=calibration,
    )  # fmt: skip
    return _say_if_better(found) if deviate else found


@cache
def _tested_network(name: str) -> tuple[list[Part], Mapping[str, list[Part]]]:
    """Test the LSTM of a record and its controls, once for all three claims."""
    network = Network(records.load(name))
    return network.tested(network.record.generated), network.controls()


@cache
def _rivals(method: str) -> Rivals:
    return Rivals(records.load(RIVALS), held=method == "authors")


def _sides(rivals: Rivals, beyond: bool) -> list[Side]:
    """The readings in which the other models are compared, each once."""
    return list(dict.fromkeys(rivals.side(one, beyond) for one in rivals.others(beyond).values()))


def _sources(side: Side) -> dict[str, object]:
    return {"records": (RIVALS, LEARNED, NULLS), "calibration": side.calibration}


def _counted(found: Mapping[str, Part], holds: str, does_not: str) -> str:
    """Count the models that have the property, and name those that have the opposite."""
    outcomes = {title: part.decision.outcome for title, part in found.items()}
    having = list(outcomes.values()).count(HOLDS)
    words = f"{having} of {len(outcomes)} models {holds}"
    opposite = [title for title, outcome in outcomes.items() if outcome == DOES_NOT_HOLD]
    if not opposite:
        return f"{words}, none {does_not}s"
    named = opposite if len(opposite) <= _NAMED else [*opposite[:_NAMED], "…"]
    return f"{words}, {len(opposite)} {does_not}: {'; '.join(named)}"


_NAMED = 3  # models that a sentence names


def _say_if_better(found: Answer) -> Answer:
    """Say in words that a Markov model is better than the paper says, or that it may be."""
    if found.outcome == DOES_NOT_HOLD:
        return replace(found, number=f"{BETTER}: {found.number}")
    if found.outcome == UNDECIDED and found.p_value is not None and found.p_value > LEVEL:
        return replace(found, number=f"{NONE_FOUND}: {found.number}")
    return found


_TRAP_MODELS = {"Markov state model": "msm", "hidden Markov model": "hmm"}
_OF_RIVALS = (RIVALS, LEARNED, NULLS)

#: What is asked, by claim and method.
ANSWERS: dict[tuple[str, str], Asked] = {
    **{
        (claim + letter, method): Asked(_OF_RIVALS, partial(make, claim + letter, method, claim))
        for claim in PAPER_MODELS
        for letter, make in (("a", answer_below), ("b", answer_beyond))
        for method in ("authors", "ours")
    },
    **{
        (claim, method): Asked(_OF_RIVALS, partial(make, claim, method))
        for claim, make in (("M3a", answer_others_below), ("M3b", answer_others_beyond))
        for method in ("authors", "ours")
    },
    **{
        (claim, method): Asked(
            (name, NULLS_OF_R2, NULLS), partial(answer_lstm, claim, method, name)
        )
        for claim in ("M1c", "M2c", "M3c")
        for method, name in NETWORKS.items()
    },
    **{
        (claim, "authors"): Asked(
            (SURROGATE, NULLS), partial(answer_trap, claim, "authors", _TRAP_MODELS)
        )
        for claim in ("S2a", "S2b")
    },
    ("S2c", "first edition"): Asked(
        (SURROGATE, NULLS), partial(answer_trap, "S2c", "first edition", {"LSTM": "lstm"})
    ),
}
