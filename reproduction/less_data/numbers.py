"""What the record of less data answers: one outcome for each claim, with its numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lstm_md.judging.decision import DOES_NOT_HOLD, MARGIN
from lstm_md.judging.paired import sign_flip_p_value
from reproduction.common.numbers import round_for_json
from reproduction.common.sets import all_of
from reproduction.less_data import criteria
from reproduction.less_data.criteria import MEMORY_MODELS, Interval, ratio_interval
from reproduction.less_data.systems import probabilities
from reproduction.runs.files import load_file

#: All predictions of T(t). The counts are those of the piece itself.
MODELS = ("counts", "chain", "msm", "hmm", "qmsm", "igme", "lstm", "shuffled")
COUNTS, CHAIN, MSM, LSTM, SHUFFLED = "counts", "chain", "msm", "lstm", "shuffled"
FOUR, DIPEPTIDE = "four_state", "dipeptide"  #: The systems
SLOW = 1  # The place of the time at which the time scales are compared
LEAST_EIGENVALUE = 1e-3  # of a T(t) in which no slow process can be seen
SAVED_BY = {"X3a": "lstm", "X3b": "hmm", "X3c": "qmsm", "X3d": "igme"}

Array = NDArray[np.float64]
Record = Mapping[str, Any]
#: By length: of each model, one number for each piece, shape (pieces,).
Table = Mapping[str, Mapping[str, Array]]


def summarise(folder: Path, settings: Record) -> dict[str, Any]:
    """Answer the claims X3a to X3g of a finished record."""
    found = {FOUR: four_states(folder, settings), DIPEPTIDE: dipeptide(folder, settings)}
    errors = {system: tables[0] for system, tables in found.items()}
    scales = {system: tables[1] for system, tables in found.items()}
    saving = {name: savings(one) for name, one in errors.items()}
    controls = {name: control_outcomes(one) for name, one in errors.items()}
    return {
        "numbers": {
            **{code: saves(model, saving, controls) for code, model in SAVED_BY.items()},
            "X3e": quarter_is_enough(errors[FOUR]),
            "X3f": memory_answer(errors),
            "X3g": time_scale_answer(scales),
            "controls": controls,
            "errors": {
                name: {
                    part: {model: round_for_json(rms(one)) for model, one in row.items()}
                    for part, row in table.items()
                }
                for name, table in errors.items()
            },
            "savings": saving,
        }
    }


def rms(values: ArrayLike) -> float:
    """Root mean square over pieces."""
    return float(np.sqrt(np.square(values).mean()))


def error_of(predicted: ArrayLike, counts: ArrayLike) -> float:
    """Root mean square deviation of T(t) from that of reference counts, shape (times, N, N).

    Over all times and pairs. Row i has the weight of its population in the reference.
    """
    reference = np.asarray(counts, np.float64)
    populations = reference.sum(axis=2) / reference.sum(axis=(1, 2))[:, None]
    square = np.square(np.asarray(predicted) - probabilities(reference)).mean(axis=2)
    return float(np.sqrt((populations * square).sum(axis=1).mean()))


def time_scale(matrix: ArrayLike, time: float) -> float:
    """−t / ln λ₂ of one T(t), in the unit of the time."""
    values = np.sort(np.linalg.eigvals(np.asarray(matrix)).real)
    second = np.clip(values[-2], LEAST_EIGENVALUE, 1 - 1e-6)
    return float(-time / np.log(second))


def _row(piece: Record, part: str, rest: Array, times: Sequence[int]) -> tuple[Any, Any]:
    """The errors and the relative time scales of all models in one piece."""
    slow = time_scale(probabilities(rest)[SLOW], times[SLOW])
    errors = {model: error_of(piece[f"{part}_{model}"], rest) for model in MODELS}
    scales = {
        model: time_scale(piece[f"{part}_{model}"][SLOW], times[SLOW]) / slow for model in MODELS
    }
    return errors, scales


def _tables(rows: Mapping[str, Sequence[tuple[Any, Any]]]) -> tuple[Table, Table]:
    first, second = (
        {
            part: {model: np.array([row[k][model] for row in many]) for model in MODELS}
            for part, many in rows.items()
        }
        for k in range(2)
    )
    return first, second


def four_states(folder: Path, settings: Record) -> tuple[Table, Table]:
    """The errors and the time scales of four states, over those of all other data."""
    sets = [load_file(path) for path in sorted(folder.glob("four-*.npz"))]
    others = [load_file(path)["counts"] for path in sorted(folder.glob("reference-*.npz"))]
    total = sum(others) + sum(one["all_count"] for one in sets)
    times = settings["times"]
    rows = {
        part: [_row(one, part, total - one[f"{part}_count"], times) for one in sets]
        for part in ("tenth", "quarter", "all")
    }
    return _tables(rows)


def dipeptide(folder: Path, settings: Record) -> tuple[Table, Table]:
    """The errors and the time scales of the dipeptide, over those of all other data."""
    wholes = [load_file(path) for path in sorted(folder.glob("dipeptide-all-*.npz"))]
    quarters = [load_file(path) for path in sorted(folder.glob("dipeptide-[0-9]*.npz"))]
    total, times = sum(one["all_count"] for one in wholes), settings["dipeptide_times"]

    def row(one: Record, part: str) -> tuple[Any, Any]:
        return _row(one, part, total - one[f"{part}_count"], times)

    return _tables(
        {
            "tenth": [row(one, f"tenth{k}") for one in quarters for k in range(2)],
            "quarter": [row(one, "quarter") for one in quarters],
            "all": [row(one, "all") for one in wholes],
        }
    )


def saving_of(errors: Mapping[str, Array], model: str, rival: str = COUNTS) -> Array:
    """The squared ratio of the errors in each piece: rival over model, shape (pieces,)."""
    return np.square(errors[rival] / errors[model])


def _shown(found: Interval) -> dict[str, Any]:
    return {name: round_for_json(value) for name, value in found._asdict().items()}


def savings(errors: Table) -> dict[str, Any]:
    """The savings of each model, with a tenth and a quarter of the data."""
    table: dict[str, Any] = {}
    for part in ("tenth", "quarter"):
        table[part] = {}
        for model in MODELS[1:]:
            values = saving_of(errors[part], model)
            logs, found = np.log(values), ratio_interval(values)
            table[part][model] = {
                **_shown(found),
                "outcome": criteria.above(found, MARGIN),
                "p_value": round_for_json(_p_value(logs)),
                "better": int((logs > 0).sum()),
                "of": len(logs),
                "power": criteria.power(float(logs.std(ddof=1)), len(logs)),
            }
    return table


def _p_value(logs: Array) -> float:
    return sign_flip_p_value(logs[:, None]) if 6 <= len(logs) <= 16 else float("nan")


def all_counts(errors: Table) -> Array:
    """The error of the counts in all of the data, once for each piece of a quarter."""
    whole = errors["all"][COUNTS]
    return np.repeat(whole, len(errors["quarter"][COUNTS]) // len(whole))


def control_outcomes(errors: Table) -> dict[str, Any]:
    """The controls of X3a to X3d: what must hold, and what must not."""
    quarter = errors["quarter"]
    more = ratio_interval(np.square(quarter[COUNTS] / all_counts(errors)))
    chain, shuffled = (ratio_interval(saving_of(quarter, one)) for one in (CHAIN, SHUFFLED))
    return {
        "all_data": {**_shown(more), "outcome": criteria.above(more, MARGIN)},
        CHAIN: {**_shown(chain), "outcome": criteria.above(chain, MARGIN)},
        SHUFFLED: {**_shown(shuffled), "outcome": criteria.above(shuffled, MARGIN)},
    }


def saves(model: str, saving: Record, controls: Record) -> dict[str, Any]:
    """X3a to X3d."""
    outcomes = {}
    for system, control in controls.items():
        must_not = [control[one]["outcome"] for one in (CHAIN, SHUFFLED)]
        outcomes[system] = criteria.controlled(
            saving[system]["quarter"][model]["outcome"],
            [control["all_data"]["outcome"]],
            must_not,
        )
    return {"outcome": all_of(list(outcomes.values())), **outcomes}


def quarter_is_enough(errors: Table) -> dict[str, Any]:
    """X3e."""
    limit = 1 / MARGIN
    found = {
        model: ratio_interval(np.square(all_counts(errors) / errors["quarter"][model]))
        for model in MODELS
    }
    rows = {
        model: {**_shown(one), "outcome": criteria.above(one, limit)}
        for model, one in found.items()
    }
    outcome = criteria.controlled(rows[LSTM]["outcome"], [], [rows[COUNTS]["outcome"]])
    return {"outcome": outcome, "models": rows}


def memory_answer(errors: Mapping[str, Table]) -> dict[str, Any]:
    """X3f."""
    found = {
        system: {
            model: ratio_interval(
                saving_of(table["quarter"], model, MSM), confidence=criteria.STRICTER
            )
            for model in MEMORY_MODELS
        }
        for system, table in errors.items()
    }
    shown = {name: {m: _shown(one) for m, one in row.items()} for name, row in found.items()}
    return {"outcome": criteria.memory_helps(found), **shown}


def time_scale_answer(scales: Mapping[str, Table]) -> dict[str, Any]:
    """X3g."""
    rows: dict[str, Any] = {}
    for system, table in scales.items():
        rows[system] = {}
        for model in MODELS[:-1]:  # Shuffled labels have none.
            found = ratio_interval(table["quarter"][model])
            rows[system][model] = {**_shown(found), "outcome": criteria.within_margin(found)}
    outcome = all_of([row[LSTM]["outcome"] for row in rows.values()])
    control = [rows[FOUR][CHAIN]["outcome"]]
    if outcome != DOES_NOT_HOLD:
        outcome = criteria.controlled(outcome, [], control)
    return {"outcome": outcome, **rows}
