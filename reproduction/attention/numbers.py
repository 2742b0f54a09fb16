"""What the record answers: one outcome for each claim, with the numbers that decide it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reproduction.attention import criteria
from reproduction.attention.criteria import Differences
from reproduction.attention.processes import BEST_LOSS, LEAVING, LONGEST, SHORTEST
from reproduction.common.numbers import round_for_json
from reproduction.runs.files import load_file

RESOLUTIONS = ("every_3", "every_10", "every_30")  #: X1a
PARTITIONS = ("smoothed", "divided", "bins", "grid")  #: X1b
LSTM_WINDOWS = ("zero", "carried", "continued", "warmed_50", "warmed_200")  #: X1f
TRANSFORMER_WINDOWS = ("transformer_50", "transformer_200")  #: X1f
NETWORKS = ("lstm", "transformer")
OFF = 1.5  # by which one rate is off in the calibrations
LOWER = 0.25  # of the gain of memory, by which one loss is lower in the calibration of X1e

Record = Mapping[str, Any]
Array = NDArray[np.float64]
Columns = dict[str, Array]


def summarise(folder: Path, settings: Record) -> dict[str, Any]:
    """Answer all claims of a finished record."""
    n = settings["trainings"]

    def columns(name: str) -> Columns:
        rows = [load_file(folder / f"{name}-{k}.npz") for k in range(n)]
        names = [key for key in rows[0] if key not in ("format", "settings", "provenance")]
        return {key: np.array([row[key] for row in rows]) for key in names}

    pairs = {system: columns(system) for system in settings["systems"]}
    seen, windows = columns("views"), columns("windows")
    raw = pairs["triangular"]
    base = bias(raw["lstm_rate"], raw["data_rate"])
    return {
        "numbers": {
            "X1a": deciding_answer(base, seen, RESOLUTIONS),
            "X1b": deciding_answer(base, seen, PARTITIONS),
            "X1c": recrossing_answer(base, raw, seen),
            "X1d": fast_answer(base, raw, seen),
            "X1e": comparing_answer(pairs),
            "X1f": window_answer(pairs["semi_markov"], windows),
            "rates": {system: rates_of(folder, system, settings) for system in pairs},
        }
    }


def rates_of(folder: Path, system: str, settings: Record) -> dict[str, Any]:
    """The learning rates that the rule chose, and the losses by which it chose them."""
    found = load_file(folder / f"rates-{system}.npz")
    return {
        name: {
            "chosen": settings[f"{name}_rates"][int(np.argmin(found[name]))],
            "losses": round_for_json(found[name]),
        }
        for name in NETWORKS
    }


def bias(rate: Array, data: Array) -> Array:
    """ln(rate of what a network generated / rate of the labels that it learned)."""
    return np.log(rate / data)


def described(values: Array) -> dict[str, Any]:
    """Describe biases of shape (data sets,) as a factor with its 90 % interval."""
    found = criteria.differences(values[:, None])
    low, ratio, high = (np.exp(x[0]) for x in (found.low, found.mean, found.high))
    spread = values.std(ddof=1)
    return {
        "ratio": round_for_json(ratio),
        "low": round_for_json(low),
        "high": round_for_json(high),
        "spread": round_for_json(spread),
    }


def tested(found: Differences, names: Sequence[str]) -> dict[str, Any]:
    """Return differences of several arms, by their names."""
    return {
        name: {field: round_for_json(column[k]) for field, column in found._asdict().items()}
        for k, name in enumerate(names)
    }


def deciding_answer(base: Array, seen: Columns, names: Sequence[str]) -> dict[str, Any]:
    """X1a and X1b: LSTMs of other labels beside those of the raw labels."""
    biases = {name: bias(seen[f"{name}_rate"], seen[f"{name}_data_rate"]) for name in names}
    values = np.stack([own - base for own in biases.values()], axis=1)
    return {
        **_decided(values, names),
        "bias": {"raw": described(base), **{k: described(v) for k, v in biases.items()}},
    }


def _decided(
    values: Array, names: Sequence[str], margins: ArrayLike = criteria.LOG_MARGIN
) -> dict[str, Any]:
    scatter, n = values.std(axis=0, ddof=1), len(values)
    return {
        "outcome": criteria.decides(values, margins),
        "differences": tested(criteria.differences(values), names),
        "without_effect": criteria.calibrate_decides(scatter, n, margins=margins),
        "one_rate_off": criteria.calibrate_decides(scatter, n, OFF, margins),
    }


def recrossing_answer(base: Array, raw: Columns, seen: Columns) -> dict[str, Any]:
    """X1c: the LSTM and the Markov model, with recrossings and without."""
    removed = seen["removed_data_rate"]
    before = {"lstm": base, "msm": bias(seen["raw_msm_rate"], raw["data_rate"])}
    after = {
        "lstm": bias(seen["removed_rate"], removed),
        "msm": bias(seen["removed_msm_rate"], removed),
    }
    each = {k: criteria.helps(np.abs(before[k]), np.abs(after[k])) for k in before}
    reduction = np.abs(base) - np.abs(after["lstm"])
    scatter, n = float(reduction.std(ddof=1)), len(reduction)
    return {
        "outcome": criteria.recrossings(each["lstm"], each["msm"]),
        "lstm": each["lstm"],
        "msm": each["msm"],
        "reduction": tested(criteria.differences(reduction[:, None]), ("lstm",)),
        "before": {k: described(v) for k, v in before.items()},
        "after": {k: described(v) for k, v in after.items()},
        "removed_over_raw": described(bias(removed, raw["data_rate"])),
        "without_effect": criteria.calibrate_helps(scatter, n),
        "error_smaller": criteria.calibrate_helps(scatter, n, OFF),
    }


def gain_of(pair: Columns) -> float:
    """What memory gains: the loss of a first-order Markov chain minus that of the LSTM."""
    return float((pair["chain_loss"] - pair["lstm_loss"]).mean())


def fast_answer(base: Array, raw: Columns, seen: Columns) -> dict[str, Any]:
    """X1d."""
    losses = (seen["fast_slow_loss"] - raw["lstm_loss"]) / gain_of(raw)
    own = bias(seen["fast_rate"], seen["fast_data_rate"])
    both = np.stack([losses, own - base], axis=1)
    (of_loss, of_bias), n = both.std(axis=0, ddof=1), len(both)
    alone = [criteria.differences(column[:, None]) for column in both.T]
    return {
        "outcome": criteria.fast_label(losses, own - base),
        "loss": tested(alone[0], ("change",))["change"],
        "rate": tested(alone[1], ("change",))["change"],
        "bias": {"raw": described(base), "fast": described(own)},
        "losses": {
            "raw": round_for_json(raw["lstm_loss"].mean()),
            "fast": round_for_json(seen["fast_slow_loss"].mean()),
        },
        "without_effect": criteria.calibrate_fast(of_loss, of_bias, n),
        "rate_off": criteria.calibrate_fast(of_loss, of_bias, n, OFF),
    }


def comparing_answer(pairs: Mapping[str, Columns]) -> dict[str, Any]:
    """X1e."""
    losses, errors, systems = [], [], {}
    for name, pair in pairs.items():
        gain = gain_of(pair)
        biases = {k: bias(pair[f"{k}_rate"], pair["data_rate"]) for k in NETWORKS}
        losses.append((pair["transformer_loss"] - pair["lstm_loss"]) / gain)
        errors.append(np.abs(biases["transformer"]) - np.abs(biases["lstm"]))
        reference = LEAVING if name == "semi_markov" else float(pair["data_rate"].mean())
        systems[name] = {
            "gain": round_for_json(gain),
            "chain_loss": round_for_json(pair["chain_loss"].mean()),
            **{f"{k}_loss": round_for_json(pair[f"{k}_loss"].mean()) for k in NETWORKS},
            **{f"{k}_bias": described(biases[k]) for k in NETWORKS},
            **{
                f"{k}_over_reference": described(np.log(pair[f"{k}_rate"] / reference))
                for k in NETWORKS
            },
        }
    loss, error = np.stack(losses, axis=1), np.stack(errors, axis=1)
    outcome, words, both = criteria.compare(loss, error)
    names = list(pairs)
    table = tested(both, [f"{what} {name}" for what in ("loss", "rate") for name in names])
    scatters = loss.std(axis=0, ddof=1), error.std(axis=0, ddof=1)
    return {
        "outcome": outcome,
        "found": {what: dict(zip(names, each, strict=True)) for what, each in words.items()},
        "differences": table,
        "systems": systems,
        "without_effect": criteria.calibrate_compare(*scatters, len(loss)),
        "one_loss_lower": criteria.calibrate_compare(*scatters, len(loss), LOWER),
    }


def window_answer(pair: Columns, windows: Columns) -> dict[str, Any]:
    """X1f."""
    names = (*LSTM_WINDOWS, *TRANSFORMER_WINDOWS)
    base = {k: bias(pair[f"{k}_rate"], pair["data_rate"]) for k in NETWORKS}
    biases = {k: bias(windows[f"{k}_rate"], pair["data_rate"]) for k in names}
    like = {k: "transformer" if k in TRANSFORMER_WINDOWS else "lstm" for k in names}
    values = [own - base[like[k]] for k, own in biases.items()]
    values += [(windows[f"{k}_loss"] - pair[f"{like[k]}_loss"]) / gain_of(pair) for k in names]
    margins = np.repeat([criteria.LOG_MARGIN, criteria.GAIN_MARGIN], len(names))
    every = {**{k: pair for k in NETWORKS}, **{k: windows for k in names}}
    return {
        **_decided(
            np.stack(values, axis=1),
            [f"{what} {k}" for what in ("rate", "loss") for k in names],
            margins,
        ),
        "bias": {k: described(v) for k, v in {**base, **biases}.items()},
        "excess_loss": {
            k: round_for_json(of[f"{k}_loss"].mean() / BEST_LOSS - 1) for k, of in every.items()
        },
        "possible_stays": {
            k: round_for_json(possible_share(of[f"{k}_stays"])) for k, of in every.items()
        },
        "possible_stays_data": round_for_json(possible_share(pair["data_stays"])),
    }


def possible_share(stays: NDArray) -> float:
    """The share of stays in A whose length is possible; counts of shape (data sets, lengths)."""
    counts = stays.sum(axis=0)
    return float(counts[SHORTEST[0] : LONGEST[0] + 1].sum() / max(counts.sum(), 1))
