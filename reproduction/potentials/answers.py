"""The answers to K3, K4, K6 and K7: which states exchange often, and as often both ways."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from lstm_md.judging.criteria import MAX_RARE_RATIO, MAX_SIMILAR_RATIO
from lstm_md.judging.decision import MARGIN
from reproduction.common.answers import RECORDS_OF_POTENTIALS, Answer, Asked
from reproduction.common.intervals import (
    NO_STRICTER,
    Limited,
    Ruling,
    answered,
    can_be_tested,
    rule,
)
from reproduction.potentials.controls import diffusion_along_x, driven_cycle
from reproduction.potentials.pairs import (
    FORMER_SIMILAR_RATIO,
    Compared,
    PairCounts,
    both_ways_are_equal,
    pair_is_rare,
    pairs_are_alike,
    pairs_are_as_distal,
    pieces,
)
from reproduction.potentials.verdicts import CYCLE
from reproduction.runs import records
from reproduction.runs.records import Record

NO_PAIR = "no pair of states can be tested"
OTHER = "simulation of the other three-state potential"
DIFFUSION = "diffusion along x on the same free energy"
DRIVEN = "cycle that is driven"

Controls = Mapping[str, Callable[[PairCounts, Sequence[Compared]], list[Limited]]]


@dataclass(frozen=True)
class Rule:
    """The rule of one claim on pairs of states.

    Attributes
    ----------
    ratios : callable
        Lists the ratios and their limits.
    limit : str
        The limits in words.
    controls : mapping of str to callable
        What must not hold beside the standard controls.
    only_testable : bool
        Whether the rule is about the pairs that can be tested. If not, it is about all pairs.
    """

    ratios: Callable[[], list[Compared]]
    limit: str
    controls: Controls
    only_testable: bool = False


def _other(counts: PairCounts, ratios: Sequence[Compared]) -> list[Limited]:
    return counts.of_other(ratios, counts.record.controls["other"])


def _diffusion(counts: PairCounts, ratios: Sequence[Compared]) -> list[Limited]:
    return counts.limited(ratios, counts.count(diffusion_along_x(counts.record.settings)))


def _driven(counts: PairCounts, ratios: Sequence[Compared]) -> list[Limited]:
    record = counts.record
    labels = driven_cycle(
        record.data,
        counts.n_labels,
        record.reference.size,
        cycle=CYCLE,
        seed=int(record.settings["seed"]),
    )
    return counts.limited(ratios, counts.count(pieces(labels, record.data)))


_DISTAL = Rule(
    pairs_are_as_distal,
    f"limits {MAX_RARE_RATIO:.2f} for a rare pair and {MAX_SIMILAR_RATIO:g} for two like ones",
    {DIFFUSION: _diffusion},
)
RULES = {
    "K3": Rule(pair_is_rare, f"limit {MAX_RARE_RATIO:.2f}", {OTHER: _other}),
    "K4": Rule(
        pairs_are_alike,
        f"limits {1 / MAX_SIMILAR_RATIO:.2f} and {MAX_SIMILAR_RATIO:g}",
        {OTHER: _other},
    ),
    "K6": _DISTAL,
    "K6*": _DISTAL,
    "K6**": _DISTAL,
    "K7": Rule(
        both_ways_are_equal,
        f"limits {1 / MARGIN:g} and {MARGIN:g}",
        {DRIVEN: _driven},
        only_testable=True,
    ),
}


def answer(claim: str, method: str, record: Record) -> Answer:
    """Answer K3, K4, K6 or K7 for one record.

    The claim cannot be tested if fewer than half of the independent simulations, as long as the
    data, hold by the same rule.

    Raises
    ------
    KeyError
        If there is no rule for this claim.
    """
    asked = RULES[claim]
    counts = PairCounts(record)
    every = asked.ratios()
    ratios = counts.testable(every) if asked.only_testable else every
    ruling = _ruling(counts, ratios)
    if not ratios:
        ruling = replace(ruling, more_data=counts.until_testable(every))
    rare = [each.name for each in every if each not in ratios]
    words = [ruling.number, asked.limit, *_with_former_limit(claim, counts)]
    if rare:
        words.append(f"too rare to test: {', '.join(rare)}")
    controls = {
        name: rule(counts.limited(ratios, copies)) for name, copies in counts.controls.items()
    }
    controls |= {name: rule(made(counts, ratios)) for name, made in asked.controls.items()}
    simulations = [rule(counts.limited(ratios, each)) for each in counts.simulations]
    stricter = _stricter(asked, record)
    if stricter is None:
        words.append(NO_STRICTER)
    return answered(
        claim,
        method,
        replace(ruling, number="; ".join(words)),
        controls=controls,
        testable=bool(ratios) and can_be_tested(simulations),
        stricter=stricter,
        records=(record.name,),
    )


def _stricter(asked: Rule, record: Record) -> Ruling | None:
    """Answer with the stricter commit time; None if independent simulations fail by it."""
    counts = PairCounts(record, adjacent=True)
    ratios = counts.testable(asked.ratios()) if asked.only_testable else asked.ratios()
    simulations = [rule(counts.limited(ratios, each)) for each in counts.simulations]
    return _ruling(counts, ratios) if can_be_tested(simulations) else None


def _ruling(counts: PairCounts, ratios: Sequence[Compared]) -> Ruling:
    return rule(counts.limited(ratios, counts.model), NO_PAIR)


def _with_former_limit(claim: str, counts: PairCounts) -> list[str]:
    """Say what K4 would be by the limit that it had before the counts had been seen."""
    if claim != "K4":
        return []
    former = rule(counts.limited(pairs_are_alike(FORMER_SIMILAR_RATIO), counts.model))
    ratios = [each.number(counts.reference).value for each in pairs_are_alike()]
    largest = float(np.exp(np.abs(ratios).max()))
    return [
        f"by the former limit of {FORMER_SIMILAR_RATIO:g}: {former.outcome} "
        f"(reference simulation: {largest:.2f})"
    ]


def _asked(claim: str, method: str, name: str) -> Asked:
    make: Callable[[], Any] = partial(_answer_of, claim, method, name)
    return Asked((name,), make)


def _answer_of(claim: str, method: str, name: str) -> Answer:
    return answer(claim, method, records.load(name))


POTENTIAL_OF = {"K3": "linear", "K4": "triangular", "K6": "four_state", "K7": "four_state"}

ANSWERS: dict[tuple[str, str], Asked] = {
    (claim, method): _asked(claim, method, name.format(potential))
    for claim, potential in POTENTIAL_OF.items()
    for method, name in RECORDS_OF_POTENTIALS.items()
} | {
    (claim, "first edition"): _asked(claim, "first edition", name)
    for claim, name in (("K6*", "four_state_smoothed"), ("K6**", "four_state_raw"))
}
