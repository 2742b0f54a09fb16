"""The numbers that chapters take from a record of Markov models on the riboswitch."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from lstm_md.analysis.uncertainty import Estimate, over_trainings
from lstm_md.judging.criteria import beside
from reproduction.potentials.verdicts import MODEL, digits, plain_estimate, plain_verdict
from reproduction.riboswitch.verdicts import RECORD
from reproduction.rivals.counts import own_steps
from reproduction.rivals.criteria import Curves, split
from reproduction.rivals.verdicts import IN_ITS_PLACE, PAPERS, RivalsMeasured
from reproduction.runs.records import Record


def numbers(measured: RivalsMeasured) -> dict[str, Any]:
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
                name: plain_estimate(over_trainings(measured.parts[name][what])) for name in drawn
            }
            for what in ("populations", "autocorrelation")
        },
    }


def row_of_rival(measured: RivalsMeasured, name: str) -> dict[str, Any]:
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
        "timescales": digits(part["timescales"].mean(axis=0)),
        "seconds": digits(np.median(part["seconds"])),
    }
    if "loss" in part:
        losses = measured.losses()
        row["loss"] = plain_estimate(over_trainings(losses[rival.title]))
        row["above"] = plain_estimate(over_trainings(losses[rival.title] - losses[MODEL]))
    return row


def row_of_network(measured: RivalsMeasured, name: str) -> dict[str, Any]:
    """The same of a network: ``held``, ``below``, ``beyond`` and ``loss``."""
    curves = measured.of_network(name)
    last = [one["validation_loss"][-1] for one in measured.networks[name].histories]
    return {
        "held": _agreements(curves, measured.of_record()),
        **_sides(measured, curves),
        "loss": plain_estimate(over_trainings(last)),
    }


def agreement(model: Estimate, reference: Estimate) -> dict[str, Any]:
    """What :func:`lstm_md.judging.criteria.beside` finds, as JSON holds it.

    Returns
    -------
    dict
        ``passed``; the ``share`` of points that agree; ``drift``, their mean signed deviation in
        combined standard errors; ``points``, how many are judged.
    """
    found = beside(model, reference)
    return {
        "passed": found.agree,
        "share": digits(found.share),
        "drift": digits(found.drift),
        "points": found.points,
    }


def _agreements(curves: Curves, reference: Curves) -> dict[str, Any]:
    return {claim: agreement(*two) for claim, *two in zip(("R2", "R3"), curves, reference)}


def _sides(measured: RivalsMeasured, curves: Curves) -> dict[str, Any]:
    ms = measured.commit_ms()
    both = zip(split(curves, ms), split(measured.of_record(), ms))
    return {side: agreement(*two) for side, two in zip(("below", "beyond"), both)}


def _own(measured: RivalsMeasured, name: str) -> dict[str, Any]:
    lag = measured.rivals[name].lag_frames
    return {
        "lag_frames": lag,
        "steps": own_steps(measured.commit_times, lag),
        RECORD: _plain_curves(measured.of_record(lag)),
        name: _plain_curves(measured.of_rival(name, own=True)),
    }


def _plain_curves(curves: Curves) -> dict[str, Any]:
    return {kind: plain_estimate(one) for kind, one in zip(("single", "mean"), curves)}


def summarise(folder: Path, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The numbers of a record and its verdicts, as JSON holds them."""
    measured = RivalsMeasured(Record(folder.name, folder, dict(settings), {}))
    return {
        "numbers": numbers(measured),
        "verdicts": {claim: plain_verdict(measured.verdict(claim)) for claim in settings["claims"]},
    }
