"""Do networks follow the process? The paired design answers, for each system and method.

The rules are those of the page *How a claim is judged*, and were fixed before the records were
made. The differences of a data set are the log ratios of its network and the process, for every
rate that can be tested. They are taken from the mean logarithm of simulated networks that inherit
the error of their data.

*Does not hold*: the sign-flip test rejects, and a rate that deviates significantly by itself, after
the correction for the number of rates, is outside the margin on average. *Holds*: otherwise, if the
90 % interval of every rate that can be tested is inside the margin. *Undecided*: neither.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from lstm_md.judging.calibrated import LEVEL
from lstm_md.judging.decision import (
    CANNOT_BE_TESTED,
    CONFIDENCE,
    DOES_NOT_HOLD,
    HOLDS,
    MARGIN,
    UNDECIDED,
    Decision,
    is_testable,
)
from lstm_md.judging.null_sample import HALF, NullSample
from lstm_md.judging.paired import sign_flip_p_values
from lstm_md.tables import Table
from reproduction.calibration.case import drawn_sums
from reproduction.common.numbers import round_for_json
from reproduction.fresh_sets.systems import COUNTS, SYSTEMS, System
from reproduction.optical_trap.verdicts import realisation_files
from reproduction.runs import records
from reproduction.runs.files import load_file, load_summary

REFERENCE = "fresh_references"  #: The record of the long simulations
SURROGATE = "surrogate"  #: The record of ten simulated traps, with a network each
#: The records of the paired design: a system and a method, and the name of the record.
RECORDS = {
    ("linear", "authors"): "fresh_linear_authors",
    ("linear", "ours"): "fresh_linear_ours",
    ("triangular", "authors"): "fresh_triangular_authors",
    ("triangular", "ours"): "fresh_triangular_ours",
    ("trap", "first edition"): SURROGATE,
}
N_DRAWS = 2000  # simulated networks, for the mean logarithm
_SEED = 1

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Comparison:
    """Networks of fresh data sets, compared with the process.

    Attributes
    ----------
    names : tuple of str
        Of the rates that can be tested.
    ratio, low, high : ndarray, shape (rates,)
        Network over process: the geometric mean over the data sets, and the ends of its 90 %
        interval, by Student's t.
    p_values : ndarray, shape (rates,)
        Of each rate by sign flips, corrected for the number of rates.
    decision : Decision
    """

    names: tuple[str, ...]
    ratio: Floats
    low: Floats
    high: Floats
    p_values: Floats
    decision: Decision


def compare(
    network: NDArray[Any],
    pieces: NDArray[Any],
    names: tuple[str, ...],
    rates: NDArray[np.bool_],
    *,
    learned_pieces: int,
    generated_pieces: int,
) -> Comparison:
    """Compare networks of fresh data sets with the process.

    Parameters
    ----------
    network : ndarray, shape (data sets, points)
        Counts in what each network generated.
    pieces : ndarray, shape (pieces, points)
        Counts in the pieces of the reference.
    names : tuple of str
        Of the points.
    rates : ndarray of bool, shape (points,)
        The points that the margin is about.
    learned_pieces, generated_pieces : int
        The length of a data set, and of what its network generated, in pieces.
    """
    scale = learned_pieces / generated_pieces
    random = np.random.default_rng(_SEED)
    data, models = (
        drawn_sums(random, pieces, N_DRAWS, n) for n in (learned_pieces, generated_pieces)
    )
    null = NullSample(data, models, scale)
    mean = np.log(learned_pieces * pieces.mean(axis=0) + HALF)
    # The logarithm of such a network is that of the process, and the errors of its data and of
    # its own finite length.
    centre = null.log_data.mean(axis=0) + np.log(null.scaled + HALF).mean(axis=0) - mean
    rare = tuple(name for name, yes in zip(names, rates & ~is_testable(null.variance)) if yes)
    asked = rates & is_testable(null.variance)
    if not asked.any():
        asked = rates
    differences = (np.log(scale * network + HALF) - centre)[:, asked]
    chosen = tuple(name for name, yes in zip(names, asked) if yes)
    p_values = sign_flip_p_values(differences)
    middle, half = differences.mean(axis=0), _half_width(differences)
    decision = _decide(chosen, middle, half, p_values, rare, len(rare) < rates.sum())
    low, ratio, high = np.exp(middle + half * np.array([[-1], [0], [1]]))
    return Comparison(chosen, ratio, low, high, p_values, decision)


def _half_width(differences: Floats) -> Floats:
    n = len(differences)
    error = differences.std(axis=0, ddof=1) / np.sqrt(n)
    return stats.t.ppf((1 + CONFIDENCE) / 2, n - 1) * error


def _decide(
    names: tuple[str, ...],
    middle: Floats,
    half: Floats,
    p_values: Floats,
    rare: tuple[str, ...],
    testable: bool,
) -> Decision:
    margin, size = np.log(MARGIN), np.abs(middle)
    refuted = (p_values <= LEVEL) & (size > margin)
    inside = size + half < margin
    more = 1.0
    if refuted.any():
        outcome, asked = DOES_NOT_HOLD, refuted
    elif testable and inside.all():
        outcome, asked = HOLDS, inside
    else:
        outcome, asked = UNDECIDED, ~inside if testable else np.ones_like(inside)
        # Until the interval is inside the margin, or excludes an equal rate.
        until = np.where(size < margin, half / np.abs(margin - size), half / size)
        more = float(np.max(until[asked] ** 2))
    at = int(np.argmax(np.where(asked, size + half, -1.0)))
    low, ratio, high = np.exp(middle[at] + half[at] * np.array([-1, 0, 1]))
    marks = () if testable else (CANNOT_BE_TESTED,)
    shown = (float(ratio), float(low), float(high))
    return Decision(outcome, float(p_values.min()), names[at], shown, more, rare, marks)


def set_files(settings: Mapping[str, Any]) -> list[str]:
    """Return the names of the files that hold the data sets of a record."""
    return [f"set-{k:02d}.npz" for k in range(settings["trainings"])]


def reference_files(system: str, parts: int) -> list[str]:
    """Return the names of the files that hold the reference of a system."""
    return [f"{system}-{part:02d}.npz" for part in range(parts)]


def load_reference(folder: Path, parts: int, system: str, what: str) -> NDArray[Any]:
    """Load what was counted in the pieces of a reference, shape (pieces, points)."""
    files = reference_files(system, parts)
    return np.concatenate([load_file(folder / file)[what] for file in files])


def judge(record: str, what: str = COUNTS, folder: Path | None = None) -> Comparison:
    """Compare the networks of a record with the process.

    Parameters
    ----------
    record : str
        One of ``RECORDS``.
    what : {"counts", "stricter counts", "populations"}
        The stricter counts ask that both adjacent stays be long enough. The record of the trap
        does not have them.
    folder : path, optional
        Of the records.
    """
    where = folder or records.default_folder()
    settings = load_summary(where / record)["settings"]
    return _judge(where / record, settings, what)


def _judge(path: Path, settings: Mapping[str, Any], what: str) -> Comparison:
    system = SYSTEMS[settings.get("system", "trap")]
    of_network = _of_trap if system.name == "trap" else _of_sets
    case, reference = system.cases[what], path.parent / REFERENCE
    parts = load_summary(reference)["settings"]["parts"]
    return compare(
        of_network(path, settings, what, system),
        load_reference(reference, parts, system.name, what),
        case.names,
        np.array(case.rates),
        learned_pieces=system.learned_frames // system.piece_frames,
        generated_pieces=system.generated_frames // system.piece_frames,
    )


def _of_sets(path: Path, settings: Mapping[str, Any], what: str, system: System) -> NDArray[Any]:
    return np.array([load_file(path / file)[f"LSTM {what}"] for file in set_files(settings)])


def _of_trap(path: Path, settings: Mapping[str, Any], what: str, system: System) -> NDArray[Any]:
    """Counts of the record of simulated traps, in the form of the other records."""
    rows = []
    kept = [list(settings["commit_times"]).index(time) for time in system.commit_times]
    for file in realisation_files(settings):
        found = load_file(path / file)
        if what == COUNTS:
            counts = found["lstm_counts"].sum(axis=0)[kept]
            rows.append(counts[:, ~np.eye(system.n_states, dtype=bool)].ravel())
        else:
            rows.append(found["lstm_populations"].sum(axis=0) * system.block_frames)
    return np.array(rows)


def summarise(folder: Path, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the ratios of each rate, with their intervals and p-values, as JSON holds them."""
    numbers = {}
    for what in SYSTEMS[settings["system"]].cases:
        found = _judge(folder, settings, what)
        numbers[what] = {
            "rates": list(found.names),
            "ratio": round_for_json(found.ratio),
            "low": round_for_json(found.low),
            "high": round_for_json(found.high),
            "p": round_for_json(found.p_values),
        }
    return {"numbers": numbers}


def table(what: str = COUNTS, folder: Path | None = None) -> Table:
    """Show, for every record that exists, the outcome and the rate that decides."""
    where = folder or records.default_folder()
    rows = []
    for (system, method), record in RECORDS.items():
        recorded = all((where / name / "summary.json").is_file() for name in (record, REFERENCE))
        if not recorded or what not in SYSTEMS[system].cases:
            continue
        decision = judge(record, what, where).decision
        ratio, low, high = decision.ratio
        rows.append(
            [system, method, decision.outcome, decision.worst,
             f"{ratio:.2f} ({low:.2f} to {high:.2f})", f"{decision.p_value:.2g}"]
        )  # fmt: skip
    heads = ["system", "method", "networks follow the process", "rate that decides"]
    return Table([*heads, "network / process", "p"], rows)


def table_of_rates(record: str, what: str = COUNTS, folder: Path | None = None) -> Table:
    """Show the ratio of each rate that can be tested, with its interval and its p-value."""
    found = judge(record, what, folder)
    rows = [
        [name, f"{ratio:.2f} ({low:.2f} to {high:.2f})", f"{p:.2g}"]
        for name, ratio, low, high, p in zip(
            found.names, found.ratio, found.low, found.high, found.p_values
        )
    ]
    return Table(["rate, commit time in frames", "network / process", "p"], rows)
