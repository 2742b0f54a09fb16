"""The answers to E1–E3: do the distances of the embedding follow the kinetic ones?

There are two readings. The paper scales the times of the embedding (Eqs 20, 21) and those of the
training data (Eq 22) to lie between 0 and 1, and compares them pair by pair (Fig 7). We compare
the times themselves, by their order and their ratios, with those of the reference simulation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from lstm_md.analysis.kinetics import transition_counts
from lstm_md.judging.decision import UNDECIDED
from reproduction.common.answers import RECORDS_OF_POTENTIALS, Answer, Asked
from reproduction.common.estimates import Labels
from reproduction.common.intervals import (
    NO_STRICTER,
    Ruling,
    answered,
    can_be_tested,
    rule_of_share,
)
from reproduction.embedding.criteria import follows, near_when_scaled, upper
from reproduction.embedding.times import transition_times
from reproduction.embedding.verdicts import EmbeddingEstimates
from reproduction.runs import records
from reproduction.runs.records import Record

SCALED, RAW = "scaled as in the paper", "raw times"
UNTRAINED = "untrained network"

Times = NDArray[np.float64]
Test = Callable[[Times], int]  # how many of the times, shape (trainings, N, N), follow


@dataclass(frozen=True)
class Reading:
    """What one reading says of the networks, of a control, and of independent simulations."""

    model: Ruling
    untrained: Ruling
    testable: bool


def counted_times(labels: Labels, record: Record, *, adjacent: bool = False) -> Times:
    """Compute τ of labels (Eq 22), over all commit times of a record, shape (N, N)."""
    counts = transition_counts(
        labels,
        record.settings["commit_times"],
        n_labels=int(record.settings["labels"]),
        adjacent=adjacent,
    )
    return transition_times(counts, labels.size)


def tests(record: Record, *, adjacent: bool = False) -> dict[str, Test]:
    """Make the test of each reading: it counts the trainings whose times follow.

    The paper takes the true times from the training data. For the order of the raw times, they
    come from the reference, because the order of like times is a matter of chance in the data.
    """
    data = counted_times(record.data, record, adjacent=adjacent)
    reference = counted_times(record.reference, record, adjacent=adjacent)

    def near(every: Times) -> int:
        finite = [each for each in every if np.isfinite(upper(each)).any()]
        with np.errstate(invalid="ignore"):  # Infinite times are near nothing.
            return near_when_scaled(finite, data)

    def in_order(every: Times) -> int:
        return sum(follows(each, reference) for each in every)

    return {SCALED: near, RAW: in_order}


def readings(
    record: Record, untrained: Sequence[NDArray[np.float32]], *, adjacent: bool = False
) -> dict[str, Reading]:
    """Apply both readings to the networks of a record, to untrained ones, and to simulations.

    Parameters
    ----------
    record : Record
    untrained : sequence of ndarray, each of shape (N, M)
        The embeddings before the training, one for each training.
    adjacent : bool
        Whether the true times are counted with the stricter definition of the commit time.
    """
    estimates = EmbeddingEstimates(record)
    n_frames = record.data.size
    pieces = record.reference[: record.reference.size // n_frames * n_frames]
    simulated = np.array(
        [counted_times(each, record, adjacent=adjacent) for each in pieces.reshape(-1, n_frames)]
    )
    blank = estimates.times(list(untrained))
    found = {}
    for name, test in tests(record, adjacent=adjacent).items():
        of_simulations = rule_of_share(test(simulated), len(simulated), "follow", "simulations")
        found[name] = Reading(
            rule_of_share(
                test(estimates.each), len(estimates.each), f"{name}:", "trainings follow"
            ),
            rule_of_share(test(blank), len(blank), f"{name}:", "networks follow"),
            can_be_tested([of_simulations]),
        )
    return found


def deciding(found: Mapping[str, Reading], method: str) -> dict[str, Reading]:
    """Choose the readings that decide.

    Under the authors' method it is the paper's. Under every other method all readings decide
    that can be tested: those that independent simulations pass. If none can be, both decide, and
    the answer is marked.
    """
    if method == "authors":
        return {SCALED: found[SCALED]}
    return {name: each for name, each in found.items() if each.testable} or dict(found)


def together(rulings: Sequence[Ruling]) -> Ruling:
    """Combine readings, which must agree: an answer that depends on the scale is none.

    If one reading holds and another does not, the claim is undecided, and no data will help.
    """
    outcomes = {ruling.outcome for ruling in rulings}
    numbers = "; ".join(ruling.number for ruling in rulings)
    p_value = max(ruling.p_value for ruling in rulings)
    if len(outcomes) == 1 and outcomes != {UNDECIDED}:
        return replace(rulings[0], number=numbers, p_value=p_value)
    undecided = [ruling for ruling in rulings if ruling.outcome == UNDECIDED]
    contradict = len(outcomes - {UNDECIDED}) > 1
    more = np.inf if contradict else max(ruling.more_data for ruling in undecided)
    return Ruling(UNDECIDED, numbers, p_value, more, rulings[0].power)


def answer(claim: str, method: str, record: Record, untrained: Record) -> Answer:
    """Answer E1, E2 or E3 for one record.

    Parameters
    ----------
    claim, method : str
    record : Record
        Of the potential of the claim.
    untrained : Record
        Of the same potential, with the embeddings before the training. They are drawn from the
        seed of each network alone, and are the same under each method.
    """
    blank = list(untrained.embeddings["untrained"])
    found = readings(record, blank)
    chosen = deciding(found, method)
    ruling = together([each.model for each in chosen.values()])
    others = [each.model.number for name, each in found.items() if name not in chosen]
    number = "; ".join([ruling.number, *others])
    if cannot := [name for name, each in found.items() if not each.testable]:
        number += f"; independent simulations do not follow: {', '.join(cannot)}"
    stricter = _stricter(record, blank, method)
    if stricter is None:
        number += f"; {NO_STRICTER}"
    return answered(
        claim,
        method,
        replace(ruling, number=number),
        controls={UNTRAINED: together([each.untrained for each in chosen.values()])},
        testable=all(each.testable for each in chosen.values()),
        stricter=stricter,
        records=tuple(dict.fromkeys((record.name, untrained.name))),
    )


def _stricter(record: Record, blank: Sequence[NDArray[np.float32]], method: str) -> Ruling | None:
    """Answer with the stricter commit time; None if it cannot be tested by it.

    This is so where a pair of states has no time, or where independent simulations do not follow.
    """
    if not np.isfinite(upper(counted_times(record.reference, record, adjacent=True))).all():
        return None
    found = deciding(readings(record, blank, adjacent=True), method)
    testable = all(each.testable for each in found.values())
    return together([each.model for each in found.values()]) if testable else None


def _answer_of(claim: str, method: str, name: str, untrained: str) -> Answer:
    return answer(claim, method, records.load(name), records.load(untrained))


def _asked(claim: str, method: str, name: str, untrained: str) -> Asked:
    return Asked((name, untrained), partial(_answer_of, claim, method, name, untrained))


POTENTIAL_OF = {"E1": "linear", "E2": "triangular", "E3": "four_state"}

ANSWERS: dict[tuple[str, str], Asked] = {
    (claim, method): _asked(claim, method, name.format(potential), potential)
    for claim, potential in POTENTIAL_OF.items()
    for method, name in RECORDS_OF_POTENTIALS.items()
}
