"""The answers to X3a–X3j, from the numbers of two records.

Each outcome was decided when a record was made, by the rules of
:mod:`reproduction.less_data.criteria`. Here it is put into words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from lstm_md.judging.decision import HOLDS, MARGIN, UNDECIDED
from reproduction.common.answers import Answer, asked_of_summaries
from reproduction.common.sets import all_of, more_sets
from reproduction.less_data.claims import CLAIMS
from reproduction.less_data.noise import LONG, NOISY, QUIET, SAMPLING, SHORT
from reproduction.less_data.numbers import CHAIN, COUNTS, FOUR, LSTM, SAVED_BY, SHUFFLED

METHOD = "ours"
SYSTEMS = {FOUR: "four states", "dipeptide": "dipeptide"}
NAMES = {
    CHAIN: "Markov chain at one step",
    SHUFFLED: "shuffled labels",
    COUNTS: "counts in a quarter",
    "reservoir": "reservoir",
    "regression": "LSTM that regresses",
    "most_probable": "most probable label",
    "reservoir_noise": "reservoir with noise",
    "regression_noise": "LSTM with noise",
    SAMPLING: "LSTM that samples",
}
NOISE_CLAIMS = ("X3h", "X3i", "X3j")
RECORD_OF = {claim: "noise" if claim in NOISE_CLAIMS else "less_data" for claim in CLAIMS}
Found = Mapping[str, Any]


def answer(claim: str, numbers: Found) -> Answer:
    """Answer one claim.

    Parameters
    ----------
    claim : str
        "X3a" to "X3j".
    numbers : mapping
        The numbers of its record.
    """
    outcome = numbers[claim]["outcome"]
    number, controls, more = WORDS[claim](claim, numbers)
    return Answer(
        claim,
        METHOD,
        outcome,
        number,
        (RECORD_OF[claim],),
        more_data=more if outcome == UNDECIDED else 1.0,
        controls=controls,
    )


def _factor(one: Found) -> str:
    return f"{one['mean']:.2f} ({one['low']:.2f} to {one['high']:.2f})"


def _more(ratios: Iterable[Found], *limits: float) -> float:
    """How many times as many pieces decide where all ratios lie; intervals of logarithms."""
    keys = ("mean", "low", "high")
    logs = [{key: float(np.log(one[key])) for key in keys} for one in ratios]
    return max(more_sets(one, *np.log(limits)) for one in logs)


def _saving(claim: str, numbers: Found) -> tuple[str, dict[str, str], float]:
    model, controls = SAVED_BY[claim], numbers["controls"]
    savings = {system: numbers["savings"][system]["quarter"][model] for system in SYSTEMS}
    words = [f"{SYSTEMS[system]}: {_factor(one)} times" for system, one in savings.items()]
    unsure = {
        s: row["all_data"] for s, row in controls.items() if row["all_data"]["outcome"] != HOLDS
    }
    words += [
        f"but counts in all of the data, which must hold, save {_factor(one)} times for the "
        f"{SYSTEMS[system]}"
        for system, one in unsure.items()
    ]
    power = min(one["power"]["2"][HOLDS] for one in savings.values())
    words.append(f"a true saving of 2 is found in at least {100 * power:.0f} % of simulated runs")
    outcomes = {
        NAMES[name]: all_of([row[name]["outcome"] for row in controls.values()])
        for name in (CHAIN, SHUFFLED)
    }
    return "; ".join(words), outcomes, _more([*savings.values(), *unsure.values()], MARGIN)


def _quarter(claim: str, numbers: Found) -> tuple[str, dict[str, str], float]:
    models = numbers[claim]["models"]
    controls = {NAMES[COUNTS]: models[COUNTS]["outcome"]}
    words = f"squared ratio of errors {_factor(models[LSTM])}; Markov state model with a long lag "
    return words + _factor(models["msm"]), controls, _more([models[LSTM]], 1 / MARGIN)


def _lag(claim: str, numbers: Found) -> tuple[str, dict[str, str], float]:
    """Name the model that comes nearest on each system."""
    rows = numbers[claim]
    best = {s: max(rows[s].items(), key=lambda one: one[1]["low"]) for s in SYSTEMS}
    words = [
        f"{SYSTEMS[system]}: at best {_factor(one)} times, {NAMES_OF_MODELS[model]}"
        for system, (model, one) in best.items()
    ]
    return "; ".join(words), {}, _more([one for _, one in best.values()], MARGIN)


def _slowest(claim: str, numbers: Found) -> tuple[str, dict[str, str], float]:
    rows = {system: numbers[claim][system] for system in SYSTEMS}
    words = "; ".join(f"{SYSTEMS[s]}: {_factor(row[LSTM])} times" for s, row in rows.items())
    controls = {NAMES[CHAIN]: rows[FOUR][CHAIN]["outcome"]}
    every = [row[LSTM] for row in rows.values()]
    return words, controls, _more(every, MARGIN, 1 / MARGIN)


def _rate(model: str, well: Found) -> str:
    mean, low, high = well[model]["rate"]
    return f"{NAMES[model]} {mean:.2g} ({low:.2g} to {high:.2g})"


def _no_noise(claim: str, numbers: Found) -> tuple[str, dict[str, str], float]:
    near, far = (
        ", ".join(_rate(model, numbers["wells"][place]) for model in QUIET)
        for place in (SHORT, LONG)
    )
    sampling = all_of([well[SAMPLING]["makes_none"] for well in numbers["wells"]])
    words = f"rate over that of the simulation, frames close in time: {near}; far apart: {far}"
    return words, {NAMES[SAMPLING]: sampling}, 1.0


def _noise(claim: str, numbers: Found) -> tuple[str, dict[str, str], float]:
    place = SHORT if claim == "X3i" else LONG
    models = NOISY if claim == "X3i" else (SAMPLING, *NOISY)
    well = numbers["wells"][place]
    words = "rate over that of the simulation: " + ", ".join(_rate(m, well) for m in models)
    shapes = ", ".join(f"{well[m]['difference'][0]:.3f}" for m in models)
    keys = ("mean", "low", "high")
    rates = [dict(zip(keys, well[m]["rate"], strict=True)) for m in models]
    return f"{words}; difference of the histograms {shapes}", {}, _more(rates, MARGIN, 1 / MARGIN)


NAMES_OF_MODELS = {LSTM: "LSTM", "hmm": "HMM", "qmsm": "qMSM", "igme": "IGME"}
WORDS = {
    **dict.fromkeys(SAVED_BY, _saving),
    "X3e": _quarter,
    "X3f": _lag,
    "X3g": _slowest,
    "X3h": _no_noise,
    **dict.fromkeys(("X3i", "X3j"), _noise),
}


ANSWERS = asked_of_summaries(RECORD_OF, METHOD, answer)
