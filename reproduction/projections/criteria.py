"""The criteria of O1: the answer along one direction of the plane, and along all of them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from lstm_md.analysis.uncertainty import Estimate
from lstm_md.judging.criteria import (
    MAX_POPULATION_Z,
    MIN_EVENTS,
    Z_FOR_90_PERCENT_POWER,
    Outcome,
    deviation,
    has_enough_events,
)


def same_as_in_the_plane(model: Estimate, plane: Estimate) -> Outcome:
    """Test whether committed counts are those of the plane.

    Parameters
    ----------
    model, plane : Estimate of shape (N, N)
        Committed counts in segments of equal length: along a direction, and of the simulation in
        the plane. ``plane.n`` is the number of its segments.

    Returns
    -------
    Outcome
        Its numbers are ``furthest_z``, the largest deviation in combined standard errors with
        its sign, and ``committed_detectable``.

    Raises
    ------
    ValueError
        If no pair has enough transitions in the plane.
    """
    judged = has_enough_events(plane)
    if not judged.any():
        raise ValueError(f"plane: no pair with {MIN_EVENTS} transitions; give a longer trajectory")
    z: NDArray = np.asarray(model.deviation_from(plane))[judged]
    furthest = float(z[np.argmax(np.abs(z))])
    combined = np.hypot(model.error, plane.error)[judged]
    limit = MAX_POPULATION_Z + Z_FOR_90_PERCENT_POWER
    detectable = float(np.max(limit * combined / np.asarray(plane.value)[judged]))
    return Outcome(
        abs(furthest) <= MAX_POPULATION_Z,
        f"committed {deviation(furthest, MAX_POPULATION_Z)} SE from the plane",
        f"committed counts off by {detectable:.0%}",
        {"furthest_z": furthest, "committed_detectable": detectable},
    )


def agrees_along(curves: Outcome, model: Estimate, plane: Estimate) -> Outcome:
    """Test O1 along one direction: the count curves of the data, the committed counts of the plane.

    Parameters
    ----------
    curves : Outcome
        Of :func:`lstm_md.judging.criteria.curves_agree` along the direction.
    model, plane : Estimate of shape (N, N)
        As in :func:`same_as_in_the_plane`.
    """
    same = same_as_in_the_plane(model, plane)
    return Outcome(
        curves.passed and same.passed,
        f"{curves.measured}; {same.measured}",
        f"{curves.power}; {same.power}",
        {**curves.numbers, **same.numbers},
    )


def agrees_along_all(outcomes: Mapping[str, Outcome]) -> Outcome:
    """Test O1: along every direction.

    Parameters
    ----------
    outcomes : mapping of str to Outcome
        From :func:`agrees_along`, by the name of the record.
    """
    if len(outcomes) == 1:
        return next(iter(outcomes.values()))
    failed = [name for name, outcome in outcomes.items() if not outcome.passed]
    passing = len(outcomes) - len(failed)
    measured = f"{passing} of {len(outcomes)} axes pass"
    if failed and len(failed) <= len(outcomes) / 2:
        measured += "; not " + ", ".join(f"{name} ({outcomes[name].measured})" for name in failed)
    detectable = {name: outcome.numbers for name, outcome in outcomes.items()}
    power = "; ".join(
        f"{name}: curves {of['detectable']:.1%}, {of['committed_detectable']:.0%}"
        for name, of in detectable.items()
    )
    return Outcome(not failed, measured, power, {"passing": passing, "axes": len(outcomes)})
