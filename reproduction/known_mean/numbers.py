"""What the record answers: one outcome for each claim, with the numbers that decide it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lstm_md.analysis.caliber import caliber_weights, effective_sample_size
from lstm_md.analysis.uncertainty import by_segments
from lstm_md.judging.decision import DOES_NOT_HOLD, HOLDS
from reproduction.common.numbers import round_for_json
from reproduction.common.sets import all_of
from reproduction.known_mean import criteria, rates
from reproduction.known_mean.rates import Events
from reproduction.runs.files import load_file

STATE = 0
SEGMENTS = 10  # of the data
OFF = 1.5  # by which one rate is off in the calibration of X2d
Record = Mapping[str, Any]
Array = NDArray[np.float64]


def summarise(folder: Path, settings: Record) -> dict[str, Any]:
    """Answer all claims of a finished record."""
    chain, data, first = (load_file(folder / f"{name}.npz") for name in ("chain", "data", "first"))
    targets = {name: load_file(folder / f"{name}.npz") for name in ("population", "changes")}
    own, false = (load_file(folder / f"{name}.npz") for name in ("own", "false"))
    shorts = [load_file(path) for path in sorted(folder.glob("short-*.npz"))]
    table = short_table(data, shorts, settings["commit_time"])
    return {
        "numbers": {
            "X2a": exact_answer(chain),
            "X2b": retraining_answer(targets),
            "X2c": helps_answer(table),
            "X2d": harmless_answer(first, own),
            "X2e": limits_answer(chain, settings["shifts"]),
            "X2f": rivals_answer(table),
            "X2g": wrong_answer(data, own, false, table),
            "short": {name: round_for_json(values) for name, values in table.items()},
        }
    }


def reference_rates(data: Record) -> Array:
    """The committed rates of the reference simulation."""
    return Events(data["counts"], data["frames"]).rates


def exact_answer(chain: Record) -> dict[str, Any]:
    """X2a."""
    worst = np.array([np.abs(chain[name]).max(axis=1) for name in ("population", "changes")])
    right, *others = worst.max(axis=0)
    fails = min(worst.min(axis=0)[1:]) > criteria.MOST_ERRORS
    outcome = HOLDS if right <= criteria.MOST_ERRORS and fails else DOES_NOT_HOLD
    return {
        "outcome": outcome,
        "largest_deviation": round_for_json(right),
        "without_weights": round_for_json(others[0]),
        "opposite_weights": round_for_json(others[1]),
    }


def retraining_answer(targets: Mapping[str, Record]) -> dict[str, Any]:
    """X2b."""
    outcomes, numbers = [], {}
    for name, found in targets.items():
        target, mean = float(found["target"]), float(found["values"].mean())
        outcomes.append(criteria.reaches_target(found["reached"], target, mean))
        reached = criteria.interval(found["reached"])
        error = found["reached"].std(ddof=1) / np.sqrt(len(found["reached"]))
        numbers[name] = {
            "outcome": outcomes[-1],
            "target": round_for_json(target),
            "unconstrained": round_for_json(mean),
            "chosen": round_for_json(found["chosen"].mean()),
            "reached": round_for_json(reached),
            "standard_errors": round_for_json((reached.mean - target) / error),
            "of_the_shift": round_for_json((reached.mean - mean) / (target - mean)),
            "effective_share": round_for_json(found["size"] / len(found["values"])),
        }
    return {"outcome": all_of(outcomes), **numbers}


def short_table(data: Record, shorts: Sequence[Record], commit_time: int) -> dict[str, Array]:
    """The deviations from the reference rates in each short data set, and what goes with them.

    Returns
    -------
    dict
        Arrays of shape (data sets,). Populations: ``of_data``, ``of_first``, ``of_second``.
        Deviations of the rates: ``first``, ``second``, ``weighted`` (paths of the first),
        ``weighted_false``, ``data``, ``segments`` (of the data), and ``reversible`` and ``tilted``
        (Markov state models). Effective shares: ``share_true``, ``share_false``. The distance of
        the target from the data, in their standard errors: ``errors_true``.
    """
    exact, reference = float(data["population"]), reference_rates(data)
    n_labels = len(reference)
    rows = []
    for labels, found in zip(data["short"], shorts, strict=True):
        first = Events(found["first_counts"], found["first_frames"])
        second = Events(found["second_counts"], found["second_frames"]).pooled()
        values = first.populations[:, STATE]
        weights = caliber_weights(values, exact)
        opposite = 2 * values.mean() - exact
        exists = values.min() < opposite < values.max()
        against = caliber_weights(values, opposite) if exists else None
        own = rates.count_events([labels], commit_time, n_labels).pooled()
        spread = by_segments(_population, labels, SEGMENTS)
        models = {
            "first": first.pooled().rates,
            "second": second.rates,
            "weighted": first.pooled(weights).rates,
            "data": own.rates,
            "reversible": rates.reversible_rates(own, STATE, exact),
            "tilted": rates.tilted_rates(own.rates, STATE, exact),
            "segments": rates.segment_rates(labels, STATE, exact, SEGMENTS, commit_time, n_labels),
        }
        row: dict[str, Any] = {n: rates.distance(k, reference) for n, k in models.items()}
        if against is None:
            row["weighted_false"] = np.nan
        else:
            row["weighted_false"] = rates.distance(first.pooled(against).rates, reference)
        row["share_true"] = effective_sample_size(weights) / len(values)
        size = 1.0 if against is None else effective_sample_size(against)
        row["share_false"] = size / len(values)
        row["errors_true"] = abs(exact - spread.value) / spread.error
        row["of_data"] = own.populations[STATE]
        row["of_first"] = first.pooled().populations[STATE]
        row["of_second"] = second.populations[STATE]
        rows.append(row)
    return {name: np.array([float(row[name]) for row in rows]) for name in rows[0]}


def helps_answer(table: Mapping[str, Array]) -> dict[str, Any]:
    """X2c."""
    outcome, nearer = criteria.helps(table["first"], table["second"])
    return {
        "outcome": outcome,
        "nearer": nearer,
        "of": len(table["first"]),
        "weighted_nearer": criteria.helps(table["first"], table["weighted"])[1],
        **{
            f"deviation_{name}": round_for_json(np.median(table[name]))
            for name in ("first", "second", "weighted", "data")
        },
    }


def harmless_answer(first: Record, own: Record) -> dict[str, Any]:
    """X2d."""
    before = Events(first["counts"], first["frames"]).pooled()
    after = Events(own["counts"], own["frames"])
    logs = np.concatenate(
        [
            np.log(rates.off_diagonal(after.rates) / rates.off_diagonal(before.rates)),
            np.log(after.populations / before.populations),
        ],
        axis=1,
    )
    found, scatter = criteria.interval(logs), logs.std(axis=0, ddof=1)
    return {
        "outcome": criteria.stays_the_same(logs),
        "ratio": round_for_json(np.exp(found.mean)),
        "low": round_for_json(np.exp(found.low)),
        "high": round_for_json(np.exp(found.high)),
        "without_effect": criteria.calibration(scatter, len(logs), 1.0),
        "one_rate_off": criteria.calibration(scatter, len(logs), OFF),
    }


def limits_answer(chain: Record, shifts: list[float]) -> dict[str, Any]:
    """X2e."""
    return {
        "outcome": criteria.errors_are_known(chain["size"], chain["ratio"]),
        "shifts": list(shifts),
        "size": round_for_json(chain["size"]),
        "found": round_for_json(chain["found"]),
        "largest_ratio": round_for_json(chain["ratio"].max(axis=1)),
        "smallest_ratio": round_for_json(chain["ratio"].min(axis=1)),
    }


def rivals_answer(table: Mapping[str, Array]) -> dict[str, Any]:
    """X2f: the second network beside each rival."""
    found = {}
    for name in ("reversible", "tilted", "segments"):
        outcome, nearer = criteria.compare_rival(table["second"], table[name])
        median = round_for_json(np.median(table[name]))
        found[name] = {"outcome": outcome, "nearer": nearer, "deviation": median}
    return found


def wrong_answer(
    data: Record, own: Record, false: Record, table: Mapping[str, Array]
) -> dict[str, Any]:
    """X2g."""
    reference = reference_rates(data)
    far, near = (
        rates.distance(Events(one["counts"], one["frames"]).rates, reference)
        for one in (false, own)
    )
    shares = table["share_false"], table["share_true"]
    outcome, p_value, lower = criteria.wrong_physics(far, near, *shares)
    spread = by_segments(_population, data["labels"], SEGMENTS)
    return {
        "outcome": outcome,
        "p_value": round_for_json(p_value),
        "deviation_false": round_for_json(far.mean()),
        "deviation_own": round_for_json(near.mean()),
        "lower_share": lower,
        "target": round_for_json(false["target"]),
        "share": round_for_json(false["size"] / len(false["values"])),
        "reached": round_for_json(false["reached"].mean()),
        "errors_false": round_for_json(abs(float(false["target"]) - spread.value) / spread.error),
        "median_share_true": round_for_json(np.median(shares[1])),
        "median_share_false": round_for_json(np.median(shares[0])),
        "median_errors_true": round_for_json(np.median(table["errors_true"])),
    }


def _population(labels: Any) -> float:
    return float(np.mean(np.asarray(labels) == STATE))
