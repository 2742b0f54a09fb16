"""The answers to X2a–X2g, from the numbers of the record.

Each outcome was decided when the record was made, by the rules of
:mod:`reproduction.known_mean.criteria`. Here it is put into words. X2f compares the network with
three rivals: it holds if the network is better than all of them, and does not hold if it is worse
than one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from lstm_md.judging.decision import DOES_NOT_HOLD, HOLDS, MARGIN, UNDECIDED
from reproduction.common.answers import Answer, asked_of_summaries
from reproduction.common.sets import more_sets
from reproduction.known_mean.claims import CLAIMS
from reproduction.known_mean.criteria import BETTER, MOST_ERRORS, WORSE

RECORD = "known_mean"
METHOD = "ours"
RIVALS = {
    "reversible": "Markov state model in detailed balance",
    "tilted": "tilted Markov state model",
    "segments": "weighted segments",
}
Found = Mapping[str, Any]


def answer(claim: str, numbers: Found) -> Answer:
    """Answer one claim.

    Parameters
    ----------
    claim : str
        "X2a" to "X2g".
    numbers : mapping
        The numbers of the record, by claim.
    """
    found = numbers[claim]
    outcome = _beside_rivals(found) if claim == "X2f" else found["outcome"]
    return Answer(
        claim,
        METHOD,
        outcome,
        WORDS[claim](found),
        (RECORD,),
        more_data=_more_networks(found) if (claim, outcome) == ("X2d", UNDECIDED) else 1.0,
        controls=_controls(found) if claim == "X2a" else {},
    )


def _controls(found: Found) -> dict[str, str]:
    """Return what the rule of X2a says of the paths with wrong weights."""
    wrong = {"paths without weights": "without_weights", "opposite weights": "opposite_weights"}
    return {
        name: HOLDS if found[key] <= MOST_ERRORS else DOES_NOT_HOLD for name, key in wrong.items()
    }


def _beside_rivals(found: Found) -> str:
    outcomes = [found[name]["outcome"] for name in RIVALS]
    if WORSE in outcomes:
        return DOES_NOT_HOLD
    return HOLDS if set(outcomes) == {BETTER} else UNDECIDED


def _more_networks(found: Found) -> float:
    """How many times as many networks X2d needs; no number helps a mean beyond the margin."""
    limit = float(np.log(MARGIN))
    logs = zip(*(np.log(found[name]) for name in ("ratio", "low", "high")), strict=True)
    each = [dict(zip(("mean", "low", "high"), one, strict=True)) for one in logs]
    if any(abs(one["mean"]) >= limit for one in each):
        return float("inf")
    return max(more_sets(one, limit, -limit) for one in each)


def _exact(found: Found) -> str:
    return f"largest deviation {found['largest_deviation']:.1f} standard errors"


def _retraining(found: Found) -> str:
    names = {"population": "population", "changes": "label changes per frame"}
    return "; ".join(
        f"{words} {reached[0]:.3g} ({reached[1]:.3g} to {reached[2]:.3g}), "
        f"target {found[name]['target']:.3g}"
        for name, words in names.items()
        for reached in [found[name]["reached"]]
    )


def _helps(found: Found) -> str:
    return (
        f"nearer in {found['nearer']} of {found['of']}; median deviation of ln(rate) "
        f"{found['deviation_second']:.2f} after {found['deviation_first']:.2f}"
    )


def _harmless(found: Found) -> str:
    rejected = found["one_rate_off"][DOES_NOT_HOLD]
    return (
        f"the intervals reach from {min(found['low']):.2f} to {max(found['high']):.2f}; a rate "
        f"that is off by a factor of 1.5 is found in {100 * rejected:.0f} % of simulated runs"
    )


def _limits(found: Found) -> str:
    return "; ".join(
        f"effective size {size:.0f}: error up to {ratio:.2f} times the computed one"
        for size, ratio in zip(found["size"], found["largest_ratio"], strict=True)
    )


def _rivals(found: Found) -> str:
    return "; ".join(
        f"nearer than the {words} in {found[name]['nearer']} of 10"
        for name, words in RIVALS.items()
    )


def _wrong(found: Found) -> str:
    return (
        f"deviation of ln(rate) {found['deviation_false']:.2f} instead of "
        f"{found['deviation_own']:.2f} (p = {found['p_value']:.2g}); the effective size is lower "
        f"in {found['lower_share']} of 10 data sets"
    )


WORDS = {
    "X2a": _exact,
    "X2b": _retraining,
    "X2c": _helps,
    "X2d": _harmless,
    "X2e": _limits,
    "X2f": _rivals,
    "X2g": _wrong,
}


ANSWERS = asked_of_summaries(dict.fromkeys(CLAIMS, RECORD), METHOD, answer)
