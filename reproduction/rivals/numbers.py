"""The numbers that chapters take from a record of Markov models on the riboswitch."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from lstm_md.analysis.uncertainty import Estimate, over_trainings
from lstm_md.judging.criteria import compare_curves
from reproduction.potentials.verdicts import (
    MODEL,
    estimate_to_json,
    round_for_json,
    verdict_to_json,
)
from reproduction.riboswitch.verdicts import RECORD
from reproduction.rivals.counts import steps_at_lag
from reproduction.rivals.criteria import Curves, split
from reproduction.rivals.verdicts import IN_ITS_PLACE, PAPERS, RivalEstimates
from reproduction.runs.records import Record


def numbers(measured: RivalEstimates) -> dict[str, Any]:
    """Every number that a chapter takes from a record, as JSON holds it.

    Returns
    -------
    dict
        ``rivals`` and ``networks``: a row of a table each, by name, see :func:`row_of_rival` and
        :func:`row_of_network`. ``curves``: of the record, the LSTM, and the models that a chapter
        draws, with ``commit_times`` in frames. ``own``: the record and the paper's two models
        where each is read at its lag, with ``steps``. ``autocorrelation`` and ``populations`` of
        the models that are drawn.
    """
    drawn = [rival.name for rival in PAPERS.values()] + list(IN_ITS_PLACE)
    drawn = [name for name in drawn if name in measured.rivals]
    curves = {RECORD: measured.of_record(), MODEL: measured.of_network(measured.settings["lstm"])}
    curves |= {name: measured.of_rival(name) for name in drawn}
    return {
        "rivals": {name: row_of_rival(measured, name) for name in measured.rivals},
        "networks": {name: row_of_network(measured, name) for name in measured.networks},
        "commit_times": measured.commit_times,
        "curves": {name: _plain_curves(of) for name, of in curves.items()},
        "own": {rival.name: _own(measured, rival.name) for rival in PAPERS.values()},
        **{
            what: {
                name: estimate_to_json(over_trainings(measured.parts[name][what])) for name in drawn
            }
            for what in ("populations", "autocorrelation")
        },
    }


def row_of_rival(measured: RivalEstimates, name: str) -> dict[str, Any]:
    """What a table says of a model.

    Returns
    -------
    dict
        ``title``, ``kind``, ``lag_frames``, ``size``; ``held`` and ``own``: ``R2`` and ``R3`` with
        each label held for a lag and at its own lag, see :func:`agreement`; ``below`` and
        ``beyond`` 10 ms, what M3 asks; ``timescales`` in frames, mean of the fits; ``seconds`` of
        a fit, the median; and, where it has a loss, ``loss`` in nats and ``above``, how much that
        is more than the LSTM's on the same labels.
    """
    rival, part = measured.rivals[name], measured.parts[name]
    at_lag = measured.of_record(rival.lag_frames)
    row = {
        **{key: getattr(rival, key) for key in ("title", "kind", "lag_frames", "size", "stride")},
        "held": _agreements(measured.of_rival(name), measured.of_record()),
        "own": _agreements(measured.of_rival(name, own=True), at_lag),
        **_sides(measured, measured.of_rival(name)),
        "timescales": round_for_json(part["timescales"].mean(axis=0)),
        "seconds": round_for_json(np.median(part["seconds"])),
    }
    if "loss" in part:
        losses = measured.losses()
        row["loss"] = estimate_to_json(over_trainings(losses[rival.title]))
        row["above"] = estimate_to_json(over_trainings(losses[rival.title] - losses[MODEL]))
    return row


def row_of_network(measured: RivalEstimates, name: str) -> dict[str, Any]:
    """The same of a network: ``held``, ``below``, ``beyond`` and ``loss``."""
    curves = measured.of_network(name)
    last = [one["validation_loss"][-1] for one in measured.networks[name].histories]
    return {
        "held": _agreements(curves, measured.of_record()),
        **_sides(measured, curves),
        "loss": estimate_to_json(over_trainings(last)),
    }


def agreement(model: Estimate, reference: Estimate) -> dict[str, Any]:
    """What :func:`lstm_md.judging.criteria.compare_curves` finds, as JSON holds it.

    Returns
    -------
    dict
        ``passed``; the ``share`` of points that agree; ``drift``, their mean signed deviation in
        combined standard errors; ``points``, how many are judged.
    """
    found = compare_curves(model, reference)
    return {
        "passed": found.agree,
        "share": round_for_json(found.share),
        "drift": round_for_json(found.drift),
        "points": found.points,
    }


def _agreements(curves: Curves, reference: Curves) -> dict[str, Any]:
    return {claim: agreement(*two) for claim, *two in zip(("R2", "R3"), curves, reference)}


def _sides(measured: RivalEstimates, curves: Curves) -> dict[str, Any]:
    ms = measured.commit_ms()
    both = zip(split(curves, ms), split(measured.of_record(), ms))
    return {side: agreement(*two) for side, two in zip(("below", "beyond"), both)}


def _own(measured: RivalEstimates, name: str) -> dict[str, Any]:
    lag = measured.rivals[name].lag_frames
    return {
        "lag_frames": lag,
        "steps": steps_at_lag(measured.commit_times, lag),
        RECORD: _plain_curves(measured.of_record(lag)),
        name: _plain_curves(measured.of_rival(name, own=True)),
    }


def _plain_curves(curves: Curves) -> dict[str, Any]:
    return {kind: estimate_to_json(one) for kind, one in zip(("single", "mean"), curves)}


def summarise(folder: Path, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The numbers of a record and its verdicts, as JSON holds them."""
    measured = RivalEstimates(Record(folder.name, folder, dict(settings), {}))
    return {
        "numbers": numbers(measured),
        "verdicts": {
            claim: verdict_to_json(measured.verdict(claim)) for claim in settings["claims"]
        },
    }
