"""The tables of the calibration, as Markdown, from what was recorded."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from lstm_md.judging.calibrated import LEVEL
from lstm_md.judging.decision import is_testable
from reproduction.calibration.limits import AGAIN, LIMITS
from reproduction.common.markdown import table_lines

FOLDER = "calibration"  # among the records
TABLE, LEARNED = "tables.txt", "learned.json"


def file_of(case: str) -> str:
    """The name of the file of a case.

    >>> file_of("four states, counts")
    'four_states-counts.json'
    """
    return case.replace(", ", "-").replace(" ", "_") + ".json"


def load(folder: Path, cases: Iterable[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Load what was recorded of the cases, by their names, and of the chains that learned."""
    found = {}
    for case in cases:
        path = folder / FOLDER / file_of(case)
        if path.is_file():
            found[case] = json.loads(path.read_text(encoding="utf-8"))
    learned = folder / FOLDER / LEARNED
    return found, json.loads(learned.read_text(encoding="utf-8")) if learned.is_file() else {}


def tables(cases: Mapping[str, Any], learned: Mapping[str, Any]) -> str:
    """Write all tables."""
    parts = (
        _alarms(cases),
        _outside(cases),
        _power(cases),
        _margin(cases),
        _flips(cases),
        _learned(learned),
    )
    return "\n".join(line for part in parts for line in part)


def _alarms(cases: Mapping[str, Any]) -> list[str]:
    columns = list(next(iter(cases.values()))["false_alarms"])
    spreads = {name: f"{case['spread']:.0%}" for name, case in cases.items()}
    rows = [
        [name, spreads[name], *(_percent(case["false_alarms"][c]) for c in columns)]
        for name, case in cases.items()
    ]
    heads = [f"{c} trainings" if c.isdigit() else c for c in columns]
    text = "False alarms: how often the test rejects a model that is the process itself."
    return _table(text, ["case", "spread between trainings", *heads], rows)


def _outside(cases: Mapping[str, Any]) -> list[str]:
    """Name the false-alarm rates outside the limits, with their errors."""
    found, expected, n_rates = [], 0.0, 0
    for name, case in cases.items():
        n = case["repetitions"]
        low, high = (round(n * limit) for limit in LIMITS)
        n_rates += len(case["false_alarms"])
        outside = stats.binom.cdf(low - 1, n, LEVEL) + stats.binom.sf(high, n, LEVEL)
        expected += outside * len(case["false_alarms"])
        for trainings, share in case["false_alarms"].items():
            if not LIMITS[0] <= share <= LIMITS[1]:
                once = case.get("again", {}).get(trainings)
                more = _with_error(once["rejects"], once["repetitions"]) if once else ""
                found.append([name, trainings, _with_error(share, n), more])
    if not found:
        return []
    text = (
        f"{len(found)} of {n_rates} false-alarm rates lie outside {_percent(LIMITS[0])[:-2]} to "
        f"{_percent(LIMITS[1])}. If all true rates were {100 * LEVEL:g} %, it would be about "
        f"{expected:.0f}. The last column has {AGAIN} times as many repetitions, with other data."
    )
    return _table(text, ["case", "trainings", "false alarms", "again"], found)


def _with_error(share: float, repetitions: int) -> str:
    error = np.sqrt(share * (1 - share) / repetitions)
    return f"{100 * share:.1f} ± {100 * error:.1f} %"


def _power(cases: Mapping[str, Any]) -> list[str]:
    columns = list(dict.fromkeys(c for case in cases.values() for c in case["power"]))
    rows = [
        [name, *(_percent(case["power"].get(c, {}).get("rejects")) for c in columns)]
        for name, case in cases.items()
    ]
    return _table(
        "Power: how often the test rejects, with ten trainings.", ["case", *columns], rows
    )


def _margin(cases: Mapping[str, Any]) -> list[str]:
    columns = list(next(iter(cases.values()))["perfect"])
    rows = []
    for name, case in cases.items():
        cells = [
            f"{_percent(case['perfect'][c]['holds'])} / "
            f"{_percent(case['perfect'][c]['does not hold'])}"
            for c in columns
        ]
        testable = is_testable(np.square(list(case["error_of_data"].values())))
        rows.append([name, f"{testable.sum()} of {testable.size}", *cells])
    text = (
        "How often a model gets *holds* / *does not hold*, if its rates are known. A model that "
        "knows its data has their rates. One that is independent of them has those of the process."
    )
    return _table(text, ["case", "rates that can be tested", *columns], rows)


def _flips(cases: Mapping[str, Any]) -> list[str]:
    flips = {name: case["sign_flips"] for name, case in cases.items() if case["sign_flips"]}
    if not flips:
        return []
    columns = list(next(iter(flips.values())))
    rows = [[name, *(_percent(found[c]) for c in columns)] for name, found in flips.items()]
    text = "Ten fresh data sets, one network each: how often the sign-flip test rejects."
    return _table(text, ["case", *columns], rows)


def _learned(learned: Mapping[str, Any]) -> list[str]:
    if not learned:
        return []
    rows = [
        [rate, f"{correlation:.2f}", f"{slope:.2f}"]
        for rate, correlation, slope in zip(
            learned["rates"], learned["correlation"], learned["slope"]
        )
    ]
    against = "; ".join(
        f"{which}, the test rejects {_percent(shares['rejects'])}, and the verdict is *holds* in "
        f"{_percent(shares['holds'])} and *does not hold* in {_percent(shares['does not hold'])}"
        for which, shares in learned.items()
        if which.startswith("against")
    )
    text = (
        f"Does a model inherit the errors of its data? ({learned['words']}.) The table compares "
        f"the log rates of the models with those of their data: the correlation, and the slope. "
        f"{against[0].upper()}{against[1:]}."
    )
    return _table(text, ["rate, commit time in frames", "correlation", "slope"], rows)


def _table(text: str, heads: list[str], rows: list[list[str]]) -> list[str]:
    return [text, "", *table_lines(heads, rows), ""]


def _percent(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.1f} %"
