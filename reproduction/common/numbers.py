"""Numbers, estimates and verdicts as the JSON of a record's summary holds them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from lstm_md.analysis.uncertainty import Estimate
from lstm_md.judging.verdict import Verdict


def round_for_json(values: ArrayLike) -> Any:
    """Round to ten digits, since the last ones differ between machines; None for nan and inf."""
    array = np.asarray(values, np.float64)
    if array.ndim == 0:
        return float(f"{float(array):.10g}") if np.isfinite(array) else None
    return [round_for_json(part) for part in array]


def estimate_to_json(estimate: Estimate) -> dict[str, Any]:
    """An estimate as ``value``, ``error`` and ``n``."""
    value, error = round_for_json(estimate.value), round_for_json(estimate.error)
    return {"value": value, "error": error, "n": estimate.n}


def verdict_to_json(verdict: Verdict) -> dict[str, Any]:
    """A verdict as ``outcome``, ``power`` and its ``tests``."""
    tests = {
        name: {"passed": test.passed, "measured": test.measured}
        for name, test in verdict.tests.items()
    }
    return {"outcome": verdict.outcome, "power": verdict.model.power, "tests": tests}
