"""What the records of fresh data sets answer: do networks of a method follow the process?"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from lstm_md._support.files import whole_or_nothing
from lstm_md.tables import Table
from reproduction.calibration.run import RATE_FACTORS
from reproduction.common.markdown import table_lines
from reproduction.common.numbers import round_for_json
from reproduction.fresh_sets.paired import N_REPETITIONS, Design, Paired
from reproduction.methods.judge import NULLS
from reproduction.methods.questions import QUESTIONS
from reproduction.runs import records
from reproduction.runs.files import load_file, load_summary

COUNTED = ("data", "LSTM")  #: What is counted in
FILE = "fresh_sets.txt"  #: The table of all records, for the page on the criteria
SHOWN = ("false alarms", "all off by 25%")  # shares of known networks that are rejected
#: The records of the paired design, by system, all by the authors' method.
RECORDS = {
    "linear": "fresh_linear",
    "triangular": "fresh_triangular",
    "four states": "fresh_four_state",
    "trap": "fresh_trap",
}


def set_files(settings: Mapping[str, Any]) -> list[str]:
    """Return the names of the files that hold the data sets of a record."""
    return [f"set-{k:02d}.npz" for k in range(settings["trainings"])]


def judge(record: str, question: str, folder: Path | None = None) -> Paired:
    """Compare the networks of a record with the process.

    Parameters
    ----------
    record : str
        One of ``RECORDS``.
    question : str
        One of the questions in its settings, such as "K1", or "K1-adjacent" for the stricter
        definition of the commit time.
    folder : path, optional
        Of the records.
    """
    where = folder or records.default_folder()
    return _judge(where / record, load_summary(where / record)["settings"], question)


def _judge(path: Path, settings: Mapping[str, Any], name: str) -> Paired:
    network = np.array([load_file(path / file)[f"LSTM {name}"] for file in set_files(settings)])
    return design(path.parent, settings, name).compare(network, QUESTIONS[name].case.names)


def design(folder: Path, settings: Mapping[str, Any], name: str) -> Design:
    """Make the design of a question from the settings of a record.

    ``folder`` is that of all records. The null sample of the question has the simulations.
    """
    question = QUESTIONS[name]
    learned = settings["frames"] // question.frames
    blocks = load_file(folder / NULLS / f"{name}.npz")["blocks"]
    rates = np.array(question.case.rates)
    return Design(blocks, rates, settings["trainings"], learned, settings["chains"] * learned)


def _rejections(
    folder: Path, settings: Mapping[str, Any], name: str, spread: float
) -> dict[str, float]:
    """How often the test rejects networks that follow the process, and others, with a spread."""
    made, groups = design(folder, settings, name), np.array(QUESTIONS[name].case.groups)
    few = N_REPETITIONS // 5
    return {
        "false alarms": made.rejections(groups, spread, n=N_REPETITIONS),
        **{
            f"all off by {factor - 1:.0%}": made.rejections(groups, spread, factor, few)
            for factor in RATE_FACTORS
        },
    }


def summarise(folder: Path, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the ratios of each rate, with their intervals and p-values, as JSON holds them."""
    numbers = {}
    for name in settings["questions"]:
        found = _judge(folder, settings, name)
        numbers[name] = {
            "rates": list(found.names),
            "ratio": round_for_json(found.ratio),
            "low": round_for_json(found.low),
            "high": round_for_json(found.high),
            "p": round_for_json(found.p_values),
            "spread": round_for_json(found.spread),
            "outcome": found.decision.outcome,
            "rejections": _rejections(folder.parent, settings, name, found.spread),
        }
    return {"numbers": numbers}


def table(folder: Path | None = None) -> Table:
    """Show, for every record that exists and every question, the outcome and what decides."""
    where = folder or records.default_folder()
    rows = []
    for system, record in records.those_finished(RECORDS, where).items():
        summary = load_summary(where / record)
        for name in summary["settings"]["questions"]:
            decision = judge(record, name, where).decision
            ratio, low, high = decision.ratio
            how_often = summary["numbers"][name]["rejections"]
            rows.append(
                [_words(system, name), decision.outcome, decision.worst,
                 f"{ratio:.2f} ({low:.2f} to {high:.2f})", f"{decision.p_value:.2g}",
                 *(f"{100 * how_often[one]:.1f} %" for one in SHOWN)]
            )  # fmt: skip
    heads = ["compared", "networks follow the process", "rate that decides"]
    return Table([*heads, "network / process", "p", *SHOWN], rows)


def _words(system: str, name: str) -> str:
    """Such as "linear, counts": the system and what is counted, and the stricter definition."""
    question = QUESTIONS[name]
    words = f"{system}, {question.case.name.split(', ')[1]}"
    return f"{words}, both stays committed" if question.adjacent else words


def write(folder: Path) -> None:
    """Write the table as Markdown to ``fresh_sets.txt`` in a folder of records.

    Systems whose record is not finished are named.
    """
    shown = table(folder)
    text = "\n".join(table_lines(shown.columns, shown.rows)) + "\n"
    open_systems = [name for name in RECORDS if name not in records.those_finished(RECORDS, folder)]
    if open_systems:
        text += f"\nNot recorded yet: {', '.join(open_systems)}.\n"
    with whole_or_nothing(folder / FILE) as temporary:
        temporary.write_text(text, encoding="utf-8")
