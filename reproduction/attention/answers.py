"""The answers to X1a–X1f, from the numbers of the record.

Each outcome was decided when the record was made, by the rules of
:mod:`reproduction.attention.criteria`. Here it is put into words.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from lstm_md.judging.decision import HOLDS, UNDECIDED
from reproduction.attention.claims import CLAIMS
from reproduction.attention.criteria import BETTER, GAIN_MARGIN, LEVEL, LOG_MARGIN, WORSE
from reproduction.attention.numbers import OFF
from reproduction.common.answers import Answer, asked_of_summaries
from reproduction.common.sets import more_sets

RECORD = "attention"
METHOD = "ours"
CONTROL = "Markov model at a lag of one frame"
#: The ways of X1a, X1b and X1f, in words.
ARMS = {
    "every_3": "every 3rd frame",
    "every_10": "every 10th frame",
    "every_30": "every 30th frame",
    "smoothed": "running mean",
    "divided": "the authors' filter",
    "bins": "20 bins",
    "grid": "6 × 6 bins",
    "zero": "LSTM from a zero state",
    "carried": "LSTM with a carried state",
    "continued": "LSTM with a continued state",
    "warmed_50": "LSTM, 50 frames",
    "warmed_200": "LSTM, 200 frames",
    "transformer_50": "transformer, 50 frames",
    "transformer_200": "transformer, 200 frames",
}
SYSTEMS = {
    "triangular": "triangular potential",
    "linear": "linear potential",
    "dipeptide": "dipeptide",
    "trap": "simulated trap",
    "semi_markov": "semi-Markov chain",
}
Found = Mapping[str, Any]


def answer(claim: str, numbers: Found) -> Answer:
    """Answer one claim.

    Parameters
    ----------
    claim : str
        "X1a" to "X1f".
    numbers : mapping
        The numbers of the record, by claim.
    """
    found = numbers[claim]
    outcome = found["outcome"]
    return Answer(
        claim,
        METHOD,
        outcome,
        WORDS[claim](found),
        (RECORD,),
        more_data=_more(claim, found) if outcome == UNDECIDED else 1.0,
        controls={CONTROL: found["msm"]} if claim == "X1c" else {},
    )


def _difference(name: str, one: Found) -> str:
    """Say one difference: of a rate as a factor, of a loss in units of the gain of memory."""
    what, _, arm = name.rpartition(" ")
    values = [one[key] for key in ("mean", "low", "high")]
    if what == "loss":
        mean, low, high = (100 * value for value in values)
        return f"{ARMS[arm]}: loss {mean:+.0f} % of the gain of memory ({low:+.0f} to {high:+.0f})"
    mean, low, high = np.exp(values)
    return f"{ARMS[arm]}: rate × {mean:.2f} ({low:.2f} to {high:.2f})"


def _margin(name: str) -> float:
    return GAIN_MARGIN if name.startswith("loss") else LOG_MARGIN


def _deciding(found: Found) -> str:
    """List the arms that decide; if there are none, the one with the largest difference."""
    every = found["differences"]
    sizes = {name: abs(one["mean"]) / _margin(name) for name, one in every.items()}
    named = [n for n, one in every.items() if one["p_values"] <= LEVEL and sizes[n] > 1]
    words = "; ".join(
        _difference(n, every[n]) for n in named or [max(sizes, key=sizes.__getitem__)]
    )
    rate = 100 * found["one_rate_off"][HOLDS]
    return (
        f"{words if named else f'largest difference – {words}'}; a factor of {OFF:g} in one of "
        f"them is found in {rate:.0f} % of simulated runs"
    )


def _recrossings(found: Found) -> str:
    before, after = (found[when]["lstm"] for when in ("before", "after"))
    one = found["reduction"]["lstm"]
    return (
        f"rate over that of the data: {before['ratio']:.2f} with recrossings, "
        f"{after['ratio']:.2f} without; the error of ln(rate) falls by {one['mean']:.2f} "
        f"({one['low']:.2f} to {one['high']:.2f})"
    )


def _fast(found: Found) -> str:
    loss, rate = found["loss"], np.exp([found["rate"][key] for key in ("mean", "low", "high")])
    return (
        f"loss {100 * loss['mean']:+.0f} % of the gain of memory ({100 * loss['low']:+.0f} to "
        f"{100 * loss['high']:+.0f}); rate × {rate[0]:.2f} ({rate[1]:.2f} to {rate[2]:.2f})"
    )


def _comparing(found: Found) -> str:
    """Say where the transformer is better or worse, and the range of all differences."""
    where = {
        word: [
            f"{what} on the {SYSTEMS[system]}"
            for what, each in found["found"].items()
            for system, one in each.items()
            if one == word
        ]
        for word in (BETTER, WORSE)
    }
    losses = [100 * one["mean"] for n, one in found["differences"].items() if n[:4] == "loss"]
    said = [f"{word}: {', '.join(places) or 'nowhere'}" for word, places in where.items()]
    return (
        f"{'; '.join(said)}; its loss differs by {min(losses):+.0f} to {max(losses):+.0f} % of "
        "the gain of memory"
    )


WORDS = {
    "X1a": _deciding,
    "X1b": _deciding,
    "X1c": _recrossings,
    "X1d": _fast,
    "X1e": _comparing,
    "X1f": _deciding,
}


def _more(claim: str, found: Found) -> float:
    """About how many times as many data sets would decide an undecided claim.

    One difference beyond its margin is enough. If there is none, all must lie within it.
    """
    if claim == "X1c":
        return more_sets(found["reduction"]["lstm"], LOG_MARGIN)
    if claim == "X1d":
        loss, rate = found["loss"], found["rate"]
        both = more_sets(loss, GAIN_MARGIN, -GAIN_MARGIN), more_sets(rate, LOG_MARGIN, -LOG_MARGIN)
        return max(both)
    within: list[float] = []
    beyond: list[float] = []
    for name, one in found["differences"].items():
        margin = _margin(name)
        # Of X1e, only a transformer that is better refutes the claim.
        limits = (-margin,) if claim == "X1e" else (margin, -margin)
        is_beyond = one["mean"] < -margin or (one["mean"] > margin and claim != "X1e")
        (beyond if is_beyond else within).append(more_sets(one, *limits))
    return min(beyond) if beyond else max(within)


ANSWERS = asked_of_summaries(dict.fromkeys(CLAIMS, RECORD), METHOD, answer)
