"""Record the calibration: one file for each case, and the tables of all of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from reproduction.calibration import table
from reproduction.calibration.cases import CASES
from reproduction.calibration.learned import compare_with_data_and_process
from reproduction.calibration.run import again, calibrate, write
from reproduction.runs.recording import tell

LEARNED = "learned"  #: The name of the semi-Markov chains that learn their data
LEARNED_CASE = "four states, counts"  # its process is a semi-Markov chain


def calibrate_all(names: Sequence[str], repetitions: int, folder: Path, cache: Path) -> None:
    """Calibrate some cases, and write the tables of all that are recorded.

    Parameters
    ----------
    names : sequence of str
        Of cases, or ``LEARNED``.
    repetitions : int
        For a false-alarm rate.
    folder : path
        Of the records.
    cache : path
        Keeps the counts of simulations. They depend on the code of the cases alone.
    """
    where = folder / table.FOLDER
    for name in names:
        tell(f"{name}: {repetitions} repetitions")
        if name == LEARNED:
            n_sets = 20 * max(1, repetitions // 100)
            found = compare_with_data_and_process(CASES[LEARNED_CASE], n_sets, cache)
            write(where / table.LEARNED, found)
        else:
            write(where / table.file_of(name), calibrate(CASES[name], repetitions, cache))
    _write_tables(folder)


def repeat_outside(names: Sequence[str], folder: Path, cache: Path) -> None:
    """Measure the recorded false-alarm rates of some cases again that lie outside the limits.

    The parameters are those of :func:`calibrate_all`.
    """
    for name in names:
        path = folder / table.FOLDER / table.file_of(name)
        if name == LEARNED or not path.is_file():
            continue
        found = json.loads(path.read_text(encoding="utf-8"))
        measured = again(CASES[name], found["false_alarms"], found["repetitions"], cache)
        for trainings, one in measured.items():
            tell(f"{name}, {trainings} trainings: {one['rejects']:.1%}")
        content = {**found, "again": measured}
        order = ["words", "points", "repetitions", "spread", "false_alarms", "again"]
        write(path, {key: content[key] for key in dict.fromkeys([*order, *content])})
    _write_tables(folder)


def _write_tables(folder: Path) -> None:
    text = table.tables(*table.load(folder, CASES))
    (folder / table.FOLDER / table.TABLE).write_text(text, encoding="utf-8")
