"""The map of all Markov models of the riboswitch: their lag times, and their hidden states."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from lstm_md.analysis.uncertainty import Estimate
from lstm_md.diagrams import Diagram
from lstm_md.interactive import agreement_map
from lstm_md.judging.criteria import CurveComparison
from reproduction.riboswitch.states import MS

# Where the row of a model has its comparisons, by the way of comparing and by the counts.
# All points of single frames lie below 10 ms.
WAYS: dict[str, dict[str, tuple[str, ...]]] = {
    "each label lasts one lag time": {
        "single frames": ("held", "R2"),
        "mean over 2 ms": ("held", "R3"),
        "mean over 2 ms, from 10 ms on": ("beyond",),
    },
    "the record is sampled once per lag time": {
        "single frames": ("own", "R2"),
        "mean over 2 ms": ("own", "R3"),
    },
}
KINDS = ("msm", "hmm", "higher_order", "semi_markov", "mean")
HEADING = (
    "Points within two standard errors of the record, in per cent, by the criteria of the first "
    "edition. ✓ means that at least 90 % agree, and that the mean deviation is at most one "
    "standard error."
)
CAPTION = (
    "Each cell is a model, fitted to the same five training sets. A stronger colour means that "
    "more points agree. Stride 1: for this model all pairs of frames were counted, although they "
    "overlap."
)


def lag_map(numbers: Mapping[str, Any]) -> Diagram:
    """Show all models by lag time and number of hidden states, in both ways of comparing.

    Parameters
    ----------
    numbers : mapping
        The result of :func:`reproduction.rivals.numbers.numbers`.
    """
    rows = sorted(
        numbers["rivals"].values(),
        key=lambda row: (KINDS.index(row["kind"]), row["size"], row["stride"] == 1),
    )
    ways = {
        way: {counts: [_comparison(row, path) for row in rows] for counts, path in each.items()}
        for way, each in WAYS.items()
    }
    return agreement_map(
        [_name(row) for row in rows],
        [round(row["lag_frames"] * MS, 6) for row in rows],
        ways,
        unit="ms",
        heading=HEADING,
        notes=[_loss(row) for row in rows],
        caption=CAPTION,
    )


def _name(row: Mapping[str, Any]) -> str:
    size = row["size"]
    return {
        "msm": "MSM",
        "hmm": f"HMM, {size} states" + (", stride 1" if row["stride"] == 1 else ""),
        "higher_order": f"chain of order {size}",
        "semi_markov": "semi-Markov chain",
        "mean": f"chain with a mean over {size * MS:g} ms",
    }[row["kind"]]


def _comparison(row: Mapping[str, Any], path: tuple[str, ...]) -> CurveComparison:
    found = row
    for name in path:
        found = found[name]
    return CurveComparison(found["share"], found["drift"], found["points"], math.nan)


def _loss(row: Mapping[str, Any]) -> str:
    if "loss" not in row:
        return ""
    loss = Estimate(row["loss"]["value"], row["loss"]["error"])
    return f"Its validation loss is {loss:.4f} nats per label."
