"""The numbers that chapters take from a record of Markov models on the riboswitch."""

from __future__ import annotations

from typing import Any

import numpy as np

from lstm_md.analysis.uncertainty import Estimate, over_trainings
from lstm_md.judging.criteria import compare_curves
from reproduction.common.estimates import MODEL, RECORD, summarise_with
from reproduction.common.numbers import estimate_to_json, round_for_json
from reproduction.rivals.counts import steps_at_lag
from reproduction.rivals.criteria import Curves, judged_points
from reproduction.rivals.verdicts import M4_CONTROLS, PAPER_MODELS, RivalEstimates


def numbers(estimates: RivalEstimates) -> dict[str, Any]:
    """Return every number that a chapter takes from a record, as JSON holds it.

    Returns
    -------
    dict
        ``rivals`` and ``networks``: a table row for each, by name; see :func:`row_of_rival` and
        :func:`row_of_network`. ``commit_times`` in frames. ``curves``: of the record, the LSTM,
        and the models that a chapter draws. ``own``: the record and the paper's two models, each
        read at the lag of the model, with ``steps``. ``autocorrelation`` and ``populations`` of
        the models that are drawn.
    """
    drawn = [rival.name for rival in PAPER_MODELS.values()] + list(M4_CONTROLS)
    drawn = [name for name in drawn if name in estimates.rivals]
    curves = {
        RECORD: estimates.counts_of_record(),
        MODEL: estimates.counts_of_network(estimates.settings["lstm"]),
        **{name: estimates.counts_of_rival(name) for name in drawn},
    }
    statistics = {
        statistic: {
            name: estimate_to_json(over_trainings(estimates.files[name][statistic]))
            for name in drawn
        }
        for statistic in ("populations", "autocorrelation")
    }
    return {
        "rivals": {name: row_of_rival(estimates, name) for name in estimates.rivals},
        "networks": {name: row_of_network(estimates, name) for name in estimates.networks},
        "commit_times": estimates.commit_times,
        "curves": {name: _curves_to_json(of) for name, of in curves.items()},
        "own": {rival.name: _at_lag(estimates, rival.name) for rival in PAPER_MODELS.values()},
        **statistics,
    }


def row_of_rival(estimates: RivalEstimates, name: str) -> dict[str, Any]:
    """Return the table row of a Markov model.

    Returns
    -------
    dict
        ``title``, ``kind``, ``lag_frames``, ``size``, ``stride``. ``held`` and ``own``: R2 and R3
        with each label repeated for a lag, and at the model's lag; see :func:`agreement`.
        ``below`` and ``beyond`` 10 ms: the tests of M3. ``timescales`` in frames, the mean of the
        fits. ``seconds`` per fit, the median. For a model that is compared by its loss also
        ``loss`` in nats per label, and ``above``: how much that is above the LSTM's loss on the
        same labels.
    """
    rival, file = estimates.rivals[name], estimates.files[name]
    record_at_lag = estimates.counts_of_record(rival.lag_frames)
    row = {
        **{key: getattr(rival, key) for key in ("title", "kind", "lag_frames", "size", "stride")},
        "held": _agreements(estimates.counts_of_rival(name), estimates.counts_of_record()),
        "own": _agreements(estimates.counts_of_rival(name, at_lag=True), record_at_lag),
        **_below_and_beyond(estimates, estimates.counts_of_rival(name)),
        "timescales": round_for_json(file["timescales"].mean(axis=0)),
        "seconds": round_for_json(np.median(file["seconds"])),
    }
    if "loss" in file:
        losses = estimates.losses()
        row["loss"] = estimate_to_json(over_trainings(losses[rival.title]))
        row["above"] = estimate_to_json(over_trainings(losses[rival.title] - losses[MODEL]))
    return row


def row_of_network(estimates: RivalEstimates, name: str) -> dict[str, Any]:
    """Return the table row of a network: ``held``, ``below``, ``beyond`` and ``loss``."""
    curves = estimates.counts_of_network(name)
    last = [history["validation_loss"][-1] for history in estimates.networks[name].histories]
    return {
        "held": _agreements(curves, estimates.counts_of_record()),
        **_below_and_beyond(estimates, curves),
        "loss": estimate_to_json(over_trainings(last)),
    }


def agreement(model: Estimate, reference: Estimate) -> dict[str, Any]:
    """Return the result of :func:`lstm_md.judging.criteria.compare_curves`, as JSON holds it.

    Returns
    -------
    dict
        ``passed``; ``share``, the share of points that agree; ``drift``, their mean signed
        deviation in combined standard errors; ``points``, how many are judged.
    """
    comparison = compare_curves(model, reference)
    return {
        "passed": comparison.agree,
        "share": round_for_json(comparison.share),
        "drift": round_for_json(comparison.drift),
        "points": comparison.points,
    }


def _agreements(curves: Curves, reference: Curves) -> dict[str, Any]:
    return {claim: agreement(*pair) for claim, *pair in zip(("R2", "R3"), curves, reference)}


def _below_and_beyond(estimates: RivalEstimates, curves: Curves) -> dict[str, Any]:
    ms = estimates.commit_ms()
    pairs = zip(judged_points(curves, ms), judged_points(estimates.counts_of_record(), ms))
    return {side: agreement(*pair) for side, pair in zip(("below", "beyond"), pairs)}


def _at_lag(estimates: RivalEstimates, name: str) -> dict[str, Any]:
    lag = estimates.rivals[name].lag_frames
    return {
        "lag_frames": lag,
        "steps": steps_at_lag(estimates.commit_times, lag),
        RECORD: _curves_to_json(estimates.counts_of_record(lag)),
        name: _curves_to_json(estimates.counts_of_rival(name, at_lag=True)),
    }


def _curves_to_json(curves: Curves) -> dict[str, Any]:
    return {kind: estimate_to_json(of) for kind, of in zip(("single", "mean"), curves)}


summarise = summarise_with(RivalEstimates, numbers)
